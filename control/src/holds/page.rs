//! One hold, with everything that is known about it: what was asked, every decision on it and how
//! far each got, and the why, where its session was shipped.

use machinaut_chain::approval::{RequiredAuthority, ResolutionKind};
use machinaut_chain::canonical::Hash;
use machinaut_chain::why::{Why, why as why_of};
use sea_orm::QueryOrder as _;
use sea_orm::entity::prelude::*;
use serde::Serialize;

use super::decide::obstacle;
use super::delivery::{Delivery, delivery};
use super::row::{HoldRow, kind, rows, times};
use super::table::{decision, hold};
use crate::clock::Moment;
use crate::ids::{DecisionId, HoldId, OrgId};
use crate::sessions::{self, SessionRow, counted};
use crate::{Control, Error, Result, Scope};

/// One hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HoldPage {
    /// As lists show it.
    pub row: HoldRow,
    /// Its session, once shipped.
    pub session: Option<SessionRow>,
    /// Who should decide, as the guard asks for it. Lodestar does not check it.
    pub required_authority: RequiredAuthority,
    /// When it was asked, as the guard wrote it.
    pub requested_at: Option<String>,
    /// Until when a decision counts, as the guard wrote it.
    pub deadline: Option<String>,
    /// Whether a decision would count now.
    pub decidable: Decidable,
    /// Whether the guard's log says that it refused a signature for this hold.
    pub refused_in_log_at: Option<Moment>,
    /// Every decision on it, the newest first.
    pub decisions: Vec<DecisionView>,
}

/// Whether a decision would count now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "why", rename_all = "snake_case")]
pub enum Decidable {
    /// It would, if the guard has the key pinned.
    Yes,
    /// It would not, and why, in a sentence or two.
    No(&'static str),
}

/// One signed decision, and how far it got.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecisionView {
    /// Its id.
    pub id: DecisionId,
    /// What was decided; none where a kept word cannot be read.
    pub kind: Option<ResolutionKind>,
    /// Who decided.
    pub approver_id: String,
    /// The key that the signature was verified with, as PEM.
    pub public_key: String,
    /// Why.
    pub reason: Option<String>,
    /// When, as it was signed.
    pub at: String,
    /// What was signed, as canonical JSON.
    pub document: String,
    /// The SHA-256 of the document in hex: the 64 characters that the signature is over.
    pub message: String,
    /// The signature, base64.
    pub signature: String,
    /// Whether it is the decision in force.
    pub in_force: bool,
    /// How far it got.
    pub delivery: Delivery,
    /// How often the guard got it.
    pub serves: u64,
    /// The event that confirms it: `seq` and id.
    pub confirmed_by: Option<(u64, String)>,
}

/// One hold with everything that is known about it. The address of a hold that turned out to be
/// another one shows that one.
///
/// # Errors
/// [`Error::NotFound`], also for a hold of another organisation.
pub async fn get(scope: &Scope, control: &Control, id: HoldId) -> Result<HoldPage> {
    let org = scope.org();
    let hold = find(control, org, id).await?;
    let now = control.now();
    let session = match hold.session {
        Some(session) => Some(sessions::row_of(
            sessions::find(control, org, session).await?,
        )?),
        None => None,
    };
    let decisions = decision::Entity::find()
        .filter(decision::Column::OrgId.eq(org))
        .filter(decision::Column::Hold.eq(hold.id))
        .order_by_desc(decision::Column::Ordinal)
        .all(control.read())
        .await?;
    let row = rows(control, org, vec![hold.clone()])
        .await?
        .pop()
        .ok_or(Error::Broken("a hold has its row"))?;
    Ok(HoldPage {
        row,
        session,
        required_authority: authority(&hold),
        decidable: obstacle(&hold, now).map_or(Decidable::Yes, Decidable::No),
        refused_in_log_at: hold.log_rejected_at,
        decisions: decisions
            .into_iter()
            .map(|decision| {
                let in_force = hold.decision == Some(decision.id);
                decision_view(&hold, decision, in_force, now)
            })
            .collect(),
        requested_at: hold.requested_at,
        deadline: hold.deadline,
    })
}

/// Everything behind the held action; none where its session was not shipped, or does not show the
/// action.
///
/// # Errors
/// [`Error::NotFound`], also for a hold of another organisation.
pub async fn why(scope: &Scope, control: &Control, id: HoldId) -> Result<Option<Why>> {
    let org = scope.org();
    let hold = find(control, org, id).await?;
    let (Some(session), Some(action)) = (hold.session, hold.action_id) else {
        return Ok(None);
    };
    let session = sessions::read_in(control, org, session).await?;
    tokio::task::spawn_blocking(move || why_of(&session, &action))
        .await
        .map_err(|_| Error::Broken("reading a why ends"))
}

async fn find(control: &Control, org: OrgId, id: HoldId) -> Result<hold::Model> {
    let mut id = id;
    loop {
        let hold = hold::Entity::find_by_id(id)
            .filter(hold::Column::OrgId.eq(org))
            .one(control.read())
            .await?
            .ok_or(Error::NotFound("hold"))?;
        match hold.merged {
            Some(into) => id = into,
            None => return Ok(hold),
        }
    }
}

fn authority(hold: &hold::Model) -> RequiredAuthority {
    hold.required_authority
        .as_deref()
        .and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default()
}

/// What pages show of a stored decision.
pub(super) fn decision_view(
    hold: &hold::Model,
    decision: decision::Model,
    in_force: bool,
    now: Moment,
) -> DecisionView {
    DecisionView {
        kind: kind(&decision).ok(),
        message: Hash::of(decision.document.as_bytes()).to_string(),
        delivery: delivery(&times(&decision, hold), now),
        confirmed_by: decision
            .confirmed_seq
            .map(|seq| (counted(seq), decision.confirmed_event.unwrap_or_default())),
        id: decision.id,
        approver_id: decision.approver_id,
        public_key: decision.public_key,
        reason: decision.reason,
        at: decision.at,
        document: decision.document,
        signature: decision.signature,
        in_force,
        serves: counted(decision.serves),
    }
}

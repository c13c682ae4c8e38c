//! What every test of holds starts from: an organisation with a guard's token and an approver's
//! key, and a held action whose log can be shipped.

use std::time::Duration;

use ed25519_dalek::{Signer as _, SigningKey};
use machinaut_chain::approval::{Document, Resolution, ResolutionKind};
use machinaut_chain::sample::{Hold, Story};
use machinaut_chain::session::Sensitivity;
use machinaut_chain::signature::{PublicKey, Signature};
use machinaut_chain::timestamp::Instant;

use crate::clock::Moment;
use crate::holds::weigh::weigh;
use crate::holds::{DecisionView, HoldPage, HoldRow, Inbox};
use crate::ids::HoldId;
use crate::ingest::{self, Receipt};
use crate::keys::{self, ApproverKey, NewKey};
use crate::trial::{NOON, Trial};
use crate::{Credential, Result, Scope, holds};

pub(super) const PROJECT: &str = "infra-tools";
pub(super) const REQUEST: &str = "request-1";
pub(super) const ACTION: &str = "action-1";
pub(crate) const APPROVER: &str = "alice@phone";

/// A key pair of an approver, whose private half only the test knows.
pub(crate) struct Approver {
    pub(super) id: &'static str,
    pub(super) secret: SigningKey,
}

impl Approver {
    pub(crate) fn new(id: &'static str, seed: u8) -> Self {
        Self {
            id,
            secret: SigningKey::from_bytes(&[seed; 32]),
        }
    }

    pub(super) fn pem(&self) -> String {
        PublicKey::from_bytes(self.secret.verifying_key().as_bytes())
            .unwrap()
            .to_pem()
    }

    pub(crate) async fn register(&self, trial: &Trial, scope: &Scope) -> ApproverKey {
        let new = NewKey {
            approver_id: self.id.parse().unwrap(),
            label: "phone".to_owned(),
            public_key: self.pem(),
        };
        keys::register(scope, &trial.control, new).await.unwrap()
    }

    /// Signs what the document says, whoever it names.
    pub(crate) fn sign(&self, document: &Document) -> Resolution {
        let bytes = self.secret.sign(&document.signing_message()).to_bytes();
        Resolution {
            request_id: document.request_id.clone(),
            action_id: document.action_id.clone(),
            kind: document.kind,
            approver_id: document.approver_id.clone(),
            reason: document.reason.clone(),
            at: document.at.as_str().unwrap().parse().unwrap(),
            signature: Some(Signature::of(document, &bytes)),
        }
    }

    /// A decision on the hold of the bench, at `at`.
    pub(super) fn decides(&self, kind: ResolutionKind, at: Moment) -> Resolution {
        self.sign(&self.document(kind, at))
    }

    pub(crate) fn document(&self, kind: ResolutionKind, at: Moment) -> Document {
        Document {
            request_id: REQUEST.into(),
            action_id: ACTION.into(),
            kind,
            approver_id: self.id.into(),
            reason: None,
            at: at.to_rfc3339().into(),
        }
    }
}

/// An organisation with a guard, an approver and a held action.
pub(super) struct Bench<'a> {
    pub(super) trial: &'a Trial,
    pub(super) scope: Scope,
    pub(super) guard: Credential,
    pub(super) alice: Approver,
    pub(super) log: Hold,
}

impl<'a> Bench<'a> {
    pub(super) async fn set_up(trial: &'a Trial) -> Self {
        let scope = trial.organisation("acme").await;
        let guard = trial.machine(&scope).await;
        let alice = Approver::new(APPROVER, 7);
        alice.register(trial, &scope).await;
        Self {
            trial,
            scope,
            guard,
            alice,
            log: Hold::push_to_main(story()),
        }
    }

    /// As [`Bench::set_up`], and the guard has announced the hold and asked once.
    pub(super) async fn held(trial: &'a Trial) -> (Self, HoldId) {
        let bench = Self::set_up(trial).await;
        let id = bench.announce().await;
        assert_eq!(bench.ask().await, None);
        (bench, id)
    }

    pub(super) fn now(&self) -> Moment {
        self.trial.control.now()
    }

    pub(super) fn pass(&self, span: Duration) {
        self.trial.clock.advance(span);
    }

    pub(super) async fn announce(&self) -> HoldId {
        let body = self.log.request().to_json();
        holds::announce(&self.guard, &self.trial.control, body.as_bytes())
            .await
            .unwrap()
    }

    /// The guard asks, and does not wait.
    pub(super) async fn ask(&self) -> Option<String> {
        holds::fetch(
            &self.guard,
            &self.trial.control,
            PROJECT,
            REQUEST,
            Duration::ZERO,
        )
        .await
        .unwrap()
    }

    pub(super) async fn consume(&self) {
        holds::consume(&self.guard, &self.trial.control, PROJECT, REQUEST)
            .await
            .unwrap();
    }

    pub(super) async fn ship(&self, ceiling: Sensitivity) -> Receipt {
        self.ship_body(self.log.log().ship_body(ceiling))
            .await
            .unwrap()
    }

    /// Ships, and weighs what was shipped.
    pub(super) async fn ship_body(&self, body: Vec<u8>) -> Result<Receipt> {
        let receipt = self.ship_unweighed(body).await?;
        while weigh(&self.trial.control).await? {}
        Ok(receipt)
    }

    pub(super) async fn ship_unweighed(&self, body: Vec<u8>) -> Result<Receipt> {
        // No two ships at the same moment, so that the last one is the last one.
        self.trial.clock.advance(Duration::from_millis(1));
        let length = u64::try_from(body.len()).ok();
        let pieces = futures::stream::iter([Ok(body.into())]);
        ingest::receive(
            &self.guard,
            &self.trial.control,
            pieces,
            length,
            ingest::Encoding::Identity,
        )
        .await
    }

    pub(super) async fn decide(&self, id: HoldId, resolution: &Resolution) -> Result<DecisionView> {
        holds::decide(&self.scope, &self.trial.control, id, resolution).await
    }

    pub(super) async fn grant(&self, id: HoldId) -> (Resolution, DecisionView) {
        let resolution = self.alice.decides(ResolutionKind::Granted, self.now());
        let view = self.decide(id, &resolution).await.unwrap();
        (resolution, view)
    }

    pub(super) async fn page(&self, id: HoldId) -> HoldPage {
        holds::get(&self.scope, &self.trial.control, id)
            .await
            .unwrap()
    }

    pub(super) async fn inbox(&self) -> Inbox {
        holds::inbox(&self.scope, &self.trial.control)
            .await
            .unwrap()
    }

    /// The only hold there is.
    pub(super) async fn only_hold(&self) -> HoldRow {
        let inbox = self.inbox().await;
        let mut all: Vec<HoldRow> = inbox
            .waiting
            .into_iter()
            .chain(inbox.past)
            .chain(inbox.ended)
            .collect();
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }
}

pub(super) fn story() -> Story {
    Story {
        project: PROJECT.parse().unwrap(),
        session: "rehearsal-1".parse().unwrap(),
        agent: "agent:fixer".parse().unwrap(),
        first_seq: 40,
        request_id: REQUEST.to_owned(),
        action_id: ACTION.to_owned(),
        held_at: Instant::from_millis(NOON.millis()),
        deadline: Some(Instant::from_millis(
            (NOON + Duration::from_mins(5)).millis(),
        )),
    }
}

pub(super) fn instant(moment: Moment) -> Instant {
    Instant::from_millis(moment.millis())
}

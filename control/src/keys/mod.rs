//! Approver keys. An approver signs with a private key that stays in the approver's browser or
//! device; this room knows the public half, and under which approver id the guard has pinned it.
//!
//! A revoked key stays on record, and its approver id is not given away again: what it signed
//! before must be readable for ever as what it was.

mod entity;
mod public_key;
#[cfg(test)]
mod tests;

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, ConnectionTrait, IntoActiveModel, QueryOrder};
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::ids::{ApproverId, KeyId, MemberId, OrgId};
use crate::live::Topic;
use crate::{Control, Error, Result, Scope, names};

/// Who holds the private half.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The approver alone: it never leaves the approver's device.
    #[sea_orm(string_value = "customer_held")]
    CustomerHeld,
}

/// A key to be registered.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The approver id under which guards pin it: one for each device.
    pub approver_id: ApproverId,
    /// What its owner calls the device.
    pub label: String,
    /// The public half: SPKI, as PEM or base64.
    pub public_key: String,
}

/// A registered key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApproverKey {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub member: MemberId,
    /// The approver id under which guards pin it.
    pub approver_id: ApproverId,
    /// What its owner calls the device.
    pub label: String,
    /// The public half, SPKI in PEM.
    pub public_key: String,
    /// What people compare keys by: `SHA256:` and the base64 of the hash of the SPKI bytes.
    pub fingerprint: String,
    /// Who holds the private half.
    pub tier: Tier,
    /// When it was registered.
    pub created_at: Moment,
    /// When it was revoked: nothing that it signs is relayed since.
    pub revoked_at: Option<Moment>,
}

/// Registers the public half of a key of the member who asks.
///
/// # Errors
/// [`Error::Invalid`] for anything but an Ed25519 public key (a private key is named as such and
/// never repeated), [`Error::Conflict`] where the approver id or the key is registered already.
pub async fn register(scope: &Scope, control: &Control, new: NewKey) -> Result<ApproverKey> {
    let label = names::parse("label", &new.label)?;
    let public_key = public_key::read(&new.public_key)?;
    let row = entity::Model {
        id: KeyId::mint(control),
        org_id: scope.org(),
        member_id: scope.member(),
        approver_id: new.approver_id,
        label,
        public_key: public_key.to_pem(),
        fingerprint: public_key.fingerprint().to_string(),
        tier: Tier::CustomerHeld,
        created_at: control.now(),
        revoked_at: None,
    };
    let mut write = control.begin().await?;
    if approver(&*write, scope.org(), &row.approver_id)
        .await?
        .is_some()
    {
        return Err(approver_id_taken());
    }
    entity::Entity::insert(row.clone().into_active_model().reset_all())
        .exec_without_returning(&*write)
        .await
        .map_err(|error| {
            if Error::is_duplicate(&error) {
                key_taken()
            } else {
                error.into()
            }
        })?;
    write.tell(scope.org(), Topic::Keys);
    write.commit().await?;
    Ok(row.into())
}

/// The keys of the organisation, the newest first, revoked ones included.
///
/// # Errors
/// [`Error::Database`].
pub async fn list(scope: &Scope, control: &Control) -> Result<Vec<ApproverKey>> {
    let rows = entity::Entity::find()
        .filter(entity::Column::OrgId.eq(scope.org()))
        .order_by_desc(entity::Column::Id)
        .all(control.read())
        .await?;
    Ok(rows.into_iter().map(ApproverKey::from).collect())
}

/// Revokes a key: nothing that it signs is relayed from now on. Guards know nothing of it: the
/// operator has to take it out of their `authorized_keys` too. Revoking it again changes nothing.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn revoke(scope: &Scope, control: &Control, id: KeyId) -> Result<()> {
    let mut write = control.begin().await?;
    let row = in_org(&*write, scope.org(), id).await?;
    if row.revoked_at.is_some() {
        return Ok(());
    }
    entity::Entity::update_many()
        .set(entity::ActiveModel {
            revoked_at: Set(Some(control.now())),
            ..Default::default()
        })
        .filter(entity::Column::Id.eq(id))
        .filter(entity::Column::OrgId.eq(scope.org()))
        .exec(&*write)
        .await?;
    write.tell(scope.org(), Topic::Keys);
    write.commit().await
}

/// What the operator pastes into Lodestar's configuration to pin the key.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn authorized_keys_snippet(
    scope: &Scope,
    control: &Control,
    id: KeyId,
) -> Result<String> {
    #[derive(Serialize)]
    struct Pinned<'a> {
        actor_id: &'a ApproverId,
        public_key: &'a str,
    }
    let row = in_org(control.read(), scope.org(), id).await?;
    let pinned = [Pinned {
        actor_id: &row.approver_id,
        public_key: &row.public_key,
    }];
    let list = serde_json::to_string_pretty(&pinned)
        .map_err(|_| Error::Broken("a key can be written as JSON"))?;
    Ok(format!("\"authorized_keys\": {list}"))
}

/// The key of an approver, revoked or not.
pub(crate) async fn approver(
    db: &impl ConnectionTrait,
    org: OrgId,
    approver_id: &ApproverId,
) -> Result<Option<ApproverKey>> {
    let found = entity::Entity::find()
        .filter(entity::Column::OrgId.eq(org))
        .filter(entity::Column::ApproverId.eq(approver_id.clone()))
        .one(db)
        .await?;
    Ok(found.map(ApproverKey::from))
}

/// The keys of those approvers, revoked or not.
pub(crate) async fn approvers(
    db: &impl ConnectionTrait,
    org: OrgId,
    approver_ids: impl IntoIterator<Item = ApproverId>,
) -> Result<Vec<ApproverKey>> {
    let found = entity::Entity::find()
        .filter(entity::Column::OrgId.eq(org))
        .filter(entity::Column::ApproverId.is_in(approver_ids))
        .all(db)
        .await?;
    Ok(found.into_iter().map(ApproverKey::from).collect())
}

async fn in_org(db: &impl ConnectionTrait, org: OrgId, id: KeyId) -> Result<entity::Model> {
    entity::Entity::find_by_id(id)
        .filter(entity::Column::OrgId.eq(org))
        .one(db)
        .await?
        .ok_or(Error::NotFound("key"))
}

fn approver_id_taken() -> Error {
    Error::Conflict(
        "This approver id already has a key. Every device needs an approver id of its own, and \
         the id of a revoked key is not given away again."
            .to_owned(),
    )
}

fn key_taken() -> Error {
    Error::Conflict("This public key is registered already.".to_owned())
}

impl From<entity::Model> for ApproverKey {
    fn from(row: entity::Model) -> Self {
        Self {
            id: row.id,
            member: row.member_id,
            approver_id: row.approver_id,
            label: row.label,
            public_key: row.public_key,
            fingerprint: row.fingerprint,
            tier: row.tier,
            created_at: row.created_at,
            revoked_at: row.revoked_at,
        }
    }
}

//! Machine tokens: how a guard or a shipper shows whose it is. A token is shown once, when it is
//! made; what is kept recognises it and cannot be turned back into it.

mod credential;
mod entity;
mod grants;
#[cfg(test)]
mod tests;

use std::time::Duration;

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, Condition, IntoActiveModel, QueryOrder};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::clock::Moment;
use crate::ids::{OrgId, ProjectId, TokenId};
use crate::live::Topic;
use crate::{Control, Error, LocalOperator, Result, Scope, names, orgs, secrets};

pub use credential::Credential;
pub use grants::Grant;

/// How exactly the last use is known: a guard polls many times a second.
const LAST_USE_PRECISION: Duration = Duration::from_mins(1);

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What its people call it.
    pub name: String,
    /// What it may be used for: at least one thing.
    pub grants: Vec<Grant>,
    /// The only project that it is good for; none: every one.
    pub project: Option<ProjectId>,
}

/// A token, as it is shown: never with its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// What its people call it.
    pub name: String,
    /// What it may be used for.
    pub grants: Vec<Grant>,
    /// The only project that it is good for; none: every one.
    pub project: Option<ProjectId>,
    /// How it begins, to tell it from others: `mnt_` and twelve hex digits.
    pub begins: String,
    /// When it was made.
    pub created_at: Moment,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Moment>,
    /// When it was revoked; it is good for nothing since.
    pub revoked_at: Option<Moment>,
}

/// Makes a token. The secret is in no other place than this answer.
///
/// # Errors
/// [`Error::Invalid`] for a name that cannot be shown and for a token without a grant.
pub async fn create(
    scope: &Scope,
    control: &Control,
    new: NewToken,
) -> Result<(Token, SecretString)> {
    insert(control, scope.org(), new).await
}

/// Makes a token for an organisation, at the console.
///
/// # Errors
/// As [`create`], and [`Error::NotFound`] where there is no organisation of that name.
pub async fn create_at_the_console(
    _: LocalOperator,
    control: &Control,
    organisation: &str,
    new: NewToken,
) -> Result<(Token, SecretString)> {
    let org = orgs::by_name(control.read(), organisation).await?;
    insert(control, org.id, new).await
}

/// The tokens of the organisation, the newest first, revoked ones included.
///
/// # Errors
/// [`Error::Database`].
pub async fn list(scope: &Scope, control: &Control) -> Result<Vec<Token>> {
    let rows = entity::Entity::find()
        .filter(entity::Column::OrgId.eq(scope.org()))
        .order_by_desc(entity::Column::Id)
        .all(control.read())
        .await?;
    Ok(rows.into_iter().map(Token::from).collect())
}

/// Revokes a token: the next request with it is refused. Revoking it again changes nothing.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn revoke(scope: &Scope, control: &Control, id: TokenId) -> Result<()> {
    let mut write = control.begin().await?;
    let row = entity::Entity::find_by_id(id)
        .filter(entity::Column::OrgId.eq(scope.org()))
        .one(&*write)
        .await?
        .ok_or(Error::NotFound("token"))?;
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
    write.tell(scope.org(), Topic::Tokens);
    write.commit().await
}

/// Recognises a token.
///
/// # Errors
/// [`Error::Unauthenticated`], whatever is wrong with it.
pub async fn authenticate(control: &Control, token: &SecretString) -> Result<Credential> {
    let prefix = prefix_of(token.expose_secret()).ok_or(Error::Unauthenticated)?;
    let row = entity::Entity::find()
        .filter(entity::Column::Prefix.eq(prefix))
        .one(control.read())
        .await?
        .ok_or(Error::Unauthenticated)?;
    let same: bool = secrets::hash(token.expose_secret())
        .ct_eq(&row.token_hash)
        .into();
    if !same || row.revoked_at.is_some() {
        return Err(Error::Unauthenticated);
    }
    note_use(control, &row).await?;
    let grants = row.grants();
    Ok(Credential::new(row.org_id, row.id, grants, row.project_id))
}

async fn insert(control: &Control, org: OrgId, new: NewToken) -> Result<(Token, SecretString)> {
    let name = names::parse("name of the token", &new.name)?;
    if new.grants.is_empty() {
        return Err(Error::invalid("token", "must have at least one grant"));
    }
    let prefix = secrets::random_hex::<6>(control.random());
    let secret = secrets::fresh(control.random());
    let token = SecretString::from(format!("mnt_{prefix}_{}", secret.expose_secret()));
    let row = entity::Model {
        id: TokenId::mint(control),
        org_id: org,
        name,
        project_id: new.project,
        grant_ship: new.grants.contains(&Grant::Ship),
        grant_approvals: new.grants.contains(&Grant::Approvals),
        prefix,
        token_hash: secrets::hash(token.expose_secret()),
        created_at: control.now(),
        last_used_at: None,
        revoked_at: None,
    };
    let mut write = control.begin().await?;
    entity::Entity::insert(row.clone().into_active_model().reset_all())
        .exec_without_returning(&*write)
        .await?;
    write.tell(org, Topic::Tokens);
    write.commit().await?;
    Ok((row.into(), token))
}

async fn note_use(control: &Control, row: &entity::Model) -> Result<()> {
    let stale = control.now().before(LAST_USE_PRECISION);
    if row.last_used_at.is_some_and(|last| last > stale) {
        return Ok(());
    }
    let write = control.begin().await?;
    entity::Entity::update_many()
        .set(entity::ActiveModel {
            last_used_at: Set(Some(control.now())),
            ..Default::default()
        })
        .filter(entity::Column::Id.eq(row.id))
        .filter(
            Condition::any()
                .add(entity::Column::LastUsedAt.is_null())
                .add(entity::Column::LastUsedAt.lte(stale)),
        )
        .exec(&*write)
        .await?;
    write.commit().await
}

/// The part of a token that finds its row, where it has the shape of a token at all.
fn prefix_of(token: &str) -> Option<&str> {
    let (prefix, secret) = token.strip_prefix("mnt_")?.split_once('_')?;
    let hex = |text: &str| {
        text.bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    (prefix.len() == 12 && secret.len() == 64 && hex(prefix) && hex(secret)).then_some(prefix)
}

impl entity::Model {
    fn grants(&self) -> Vec<Grant> {
        let has = |grant: &Grant| match grant {
            Grant::Ship => self.grant_ship,
            Grant::Approvals => self.grant_approvals,
        };
        Grant::ALL.into_iter().filter(has).collect()
    }
}

impl From<entity::Model> for Token {
    fn from(row: entity::Model) -> Self {
        Self {
            grants: row.grants(),
            id: row.id,
            name: row.name,
            project: row.project_id,
            begins: format!("mnt_{}", row.prefix),
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        }
    }
}

//! What the server remembers between two requests of one browser, for its session store. The data
//! is the server's own; here it is text with an end. Ids are secrets: only their hashes are kept.

use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use secrecy::{ExposeSecret, SecretString};

use super::web_sessions_table::{ActiveModel, Column, Entity, Model};
use super::{failures, sign_ins};
use crate::clock::Moment;
use crate::{Control, Error, Result, secrets};

/// A web session as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSession {
    /// What the server put into it.
    pub data: String,
    /// When it ends.
    pub expires_at: Moment,
}

/// Starts a session under a new id. `false` where the id is taken, and nothing was changed.
///
/// # Errors
/// [`Error::Database`].
pub async fn create(control: &Control, id: &SecretString, session: WebSession) -> Result<bool> {
    let write = control.begin().await?;
    match Entity::insert(row(id, session).reset_all())
        .exec_without_returning(&*write)
        .await
    {
        Ok(_) => {}
        Err(error) if Error::is_duplicate(&error) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    write.commit().await?;
    Ok(true)
}

/// Keeps a session, new or changed.
///
/// # Errors
/// [`Error::Database`].
pub async fn save(control: &Control, id: &SecretString, session: WebSession) -> Result<()> {
    let write = control.begin().await?;
    let replace = OnConflict::column(Column::IdHash)
        .update_columns([Column::Data, Column::ExpiresAt])
        .to_owned();
    Entity::insert(row(id, session).reset_all())
        .on_conflict(replace)
        .exec_without_returning(&*write)
        .await?;
    write.commit().await
}

/// The session of that id, where it has not ended.
///
/// # Errors
/// [`Error::Database`].
pub async fn load(control: &Control, id: &SecretString) -> Result<Option<WebSession>> {
    let found = Entity::find_by_id(hash(id))
        .filter(Column::ExpiresAt.gt(control.now()))
        .one(control.read())
        .await?;
    Ok(found.map(|row| WebSession {
        data: row.data,
        expires_at: row.expires_at,
    }))
}

/// Forgets a session.
///
/// # Errors
/// [`Error::Database`].
pub async fn delete(control: &Control, id: &SecretString) -> Result<()> {
    let write = control.begin().await?;
    Entity::delete_by_id(hash(id)).exec(&*write).await?;
    write.commit().await
}

/// Forgets what has ended: web sessions, sign-ins, and counters of failed tries. To be called now
/// and then.
///
/// # Errors
/// [`Error::Database`].
pub async fn delete_expired(control: &Control) -> Result<()> {
    let now = control.now();
    let write = control.begin().await?;
    Entity::delete_many()
        .filter(Column::ExpiresAt.lte(now))
        .exec(&*write)
        .await?;
    sign_ins::Entity::delete_many()
        .filter(sign_ins::Column::ExpiresAt.lte(now))
        .exec(&*write)
        .await?;
    failures::delete_over(&write, now).await?;
    write.commit().await
}

fn row(id: &SecretString, session: WebSession) -> ActiveModel {
    Model {
        id_hash: hash(id),
        data: session.data,
        expires_at: session.expires_at,
    }
    .into_active_model()
}

fn hash(id: &SecretString) -> Vec<u8> {
    secrets::hash(id.expose_secret())
}

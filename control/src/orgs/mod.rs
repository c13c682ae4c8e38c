//! Organisations: the tenants. Everything that is kept belongs to exactly one of them.

mod entity;

use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, IntoActiveModel, PaginatorTrait};

use crate::clock::Moment;
use crate::database::Write;
use crate::ids::OrgId;
use crate::{Control, Error, LocalOperator, Result, Scope, names};

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrgId,
    /// Its name, unique on this server.
    pub name: String,
    /// When it was founded.
    pub created_at: Moment,
}

/// The organisation of the one who asks.
///
/// # Errors
/// [`Error::Database`].
pub async fn current(scope: &Scope, control: &Control) -> Result<Organisation> {
    get(control.read(), scope.org()).await
}

/// Founds an organisation, without a member yet: a setup link brings its owner in.
///
/// # Errors
/// [`Error::Invalid`] for a name that cannot be shown, [`Error::Conflict`] where it is taken.
pub async fn create(_: LocalOperator, control: &Control, name: &str) -> Result<Organisation> {
    let name = parse_name(name)?;
    let write = control.begin().await?;
    let organisation = insert(&write, control, &name).await?;
    write.commit().await?;
    Ok(organisation)
}

/// A name that an organisation can have.
pub(crate) fn parse_name(text: &str) -> Result<String> {
    names::parse("name of the organisation", text)
}

/// Whether there is an organisation at all.
pub(crate) async fn any(db: &impl ConnectionTrait) -> Result<bool> {
    Ok(entity::Entity::find().count(db).await? > 0)
}

pub(crate) async fn get(db: &impl ConnectionTrait, id: OrgId) -> Result<Organisation> {
    let found = entity::Entity::find_by_id(id).one(db).await?;
    found
        .map(Organisation::from)
        .ok_or(Error::NotFound("organisation"))
}

pub(crate) async fn by_name(db: &impl ConnectionTrait, name: &str) -> Result<Organisation> {
    let found = entity::Entity::find()
        .filter(entity::Column::Name.eq(name.trim()))
        .one(db)
        .await?;
    found
        .map(Organisation::from)
        .ok_or(Error::NotFound("organisation"))
}

pub(crate) async fn insert(write: &Write, control: &Control, name: &str) -> Result<Organisation> {
    let row = entity::Model {
        id: OrgId::mint(control),
        name: name.to_owned(),
        created_at: control.now(),
    };
    entity::Entity::insert(row.clone().into_active_model().reset_all())
        .exec_without_returning(&**write)
        .await
        .map_err(|error| {
            if Error::is_duplicate(&error) {
                Error::Conflict("There is already an organisation of that name.".to_owned())
            } else {
                error.into()
            }
        })?;
    Ok(row.into())
}

impl From<entity::Model> for Organisation {
    fn from(row: entity::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            created_at: row.created_at,
        }
    }
}

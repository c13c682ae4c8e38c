//! Members: the people of an organisation.

mod email;
mod entity;

use machinaut_chain::session::Sensitivity;
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, ConnectionTrait, IntoActiveModel, QueryOrder};

use crate::database::Write;
use crate::identity::Role;
use crate::ids::{MemberId, OrgId};
use crate::{Control, Error, LocalOperator, Result, Scope};

pub(crate) use email::Email;
pub(crate) use entity::Model as MemberRow;

/// A member, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The member's id.
    pub id: MemberId,
    /// What the person is called.
    pub name: String,
    /// What the person signs in with, in lower case.
    pub email: String,
    /// What the person may do.
    pub role: Role,
}

/// The member who asks.
///
/// # Errors
/// [`Error::Unauthenticated`] where the member is gone.
pub async fn current(scope: &Scope, control: &Control) -> Result<Member> {
    let row = in_org(control.read(), scope.org(), scope.member()).await?;
    row.map(Member::from).ok_or(Error::Unauthenticated)
}

/// Says up to which sensitivity a member is shown what search finds. It holds from the member's
/// next request on.
///
/// # Errors
/// [`Error::NotFound`] where nobody signs in with that email.
pub async fn set_clearance(
    _: LocalOperator,
    control: &Control,
    email: &str,
    clearance: Sensitivity,
) -> Result<()> {
    let email = Email::parse(email)?;
    let write = control.begin().await?;
    let changed = entity::Entity::update_many()
        .set(entity::ActiveModel {
            clearance: Set(clearance.as_str().to_owned()),
            ..Default::default()
        })
        .filter(entity::Column::Email.eq(email.as_str()))
        .exec(&*write)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Error::NotFound("member"));
    }
    write.commit().await
}

pub(crate) fn clearance_of(member: &MemberRow) -> Result<Sensitivity> {
    let clearance = member.clearance.parse();
    clearance.map_err(|_| Error::Broken("a kept clearance is one"))
}

/// An owner to be, checked.
pub(crate) struct NewOwner {
    pub(crate) name: String,
    pub(crate) email: Email,
    /// A PHC string.
    pub(crate) password: String,
}

pub(crate) async fn in_org(
    db: &impl ConnectionTrait,
    org: OrgId,
    member: MemberId,
) -> Result<Option<MemberRow>> {
    Ok(entity::Entity::find_by_id(member)
        .filter(entity::Column::OrgId.eq(org))
        .one(db)
        .await?)
}

/// Who signs in with that email, in whichever organisation: for signing in only.
pub(crate) async fn by_email(
    db: &impl ConnectionTrait,
    email: &Email,
) -> Result<Option<MemberRow>> {
    let with_email = entity::Column::Email.eq(email.as_str());
    Ok(entity::Entity::find().filter(with_email).one(db).await?)
}

/// The first owner of an organisation.
pub(crate) async fn owner_of(db: &impl ConnectionTrait, org: OrgId) -> Result<Option<MemberRow>> {
    Ok(entity::Entity::find()
        .filter(entity::Column::OrgId.eq(org))
        .filter(entity::Column::Role.eq(Role::Owner))
        .order_by_asc(entity::Column::Id)
        .one(db)
        .await?)
}

pub(crate) async fn insert_owner(
    write: &Write,
    control: &Control,
    org: OrgId,
    owner: NewOwner,
) -> Result<MemberId> {
    let row = entity::Model {
        id: MemberId::mint(control),
        org_id: org,
        name: owner.name,
        email: owner.email.as_str().to_owned(),
        password: owner.password,
        role: Role::Owner,
        clearance: Sensitivity::Secret.as_str().to_owned(),
        created_at: control.now(),
    };
    let id = row.id;
    entity::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(&**write)
        .await
        .map_err(email_taken)?;
    Ok(id)
}

/// Gives a member a new name, email and password.
pub(crate) async fn renew(write: &Write, member: MemberId, owner: NewOwner) -> Result<()> {
    entity::Entity::update_many()
        .set(entity::ActiveModel {
            name: Set(owner.name),
            email: Set(owner.email.as_str().to_owned()),
            password: Set(owner.password),
            ..Default::default()
        })
        .filter(entity::Column::Id.eq(member))
        .exec(&**write)
        .await
        .map_err(email_taken)?;
    Ok(())
}

fn email_taken(error: DbErr) -> Error {
    if Error::is_duplicate(&error) {
        Error::Conflict("That email already belongs to an account on this server.".to_owned())
    } else {
        error.into()
    }
}

impl From<MemberRow> for Member {
    fn from(row: MemberRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            email: row.email,
            role: row.role,
        }
    }
}

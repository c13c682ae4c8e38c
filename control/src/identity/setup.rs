//! How the first person comes in, and how an owner who lost the password comes back: a one-time
//! link that whoever runs the server prints. It founds an organisation where it was issued for
//! none; otherwise it lets the organisation's owner choose a name, an email and a password.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use secrecy::{ExposeSecret, SecretString};

use super::setup_links::{ActiveModel, Column, Entity, Model};
use super::sign_in::{begin_sign_in, end_all};
use super::{LocalOperator, SignedIn};
use crate::clock::Moment;
use crate::database::Write;
use crate::ids::{MemberId, OrgId, SetupLinkId};
use crate::members::{self, Email, NewOwner};
use crate::orgs;
use crate::{Control, Error, Result, names, secrets};

/// A fresh one-time link. Only this value knows its secret.
#[derive(Debug)]
pub struct SetupLink {
    /// The secret part of the link's address.
    pub secret: SecretString,
    /// When it can be used no longer.
    pub expires_at: Moment,
}

/// What a setup link is for: enough to draw its page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The organisation that it leads into; none: it founds one.
    pub organisation: Option<String>,
    /// The name and email of the owner, where there is one already.
    pub owner: Option<(String, String)>,
}

/// What is filled in on the page of a setup link.
pub struct SetUp {
    /// The name of the organisation. Needed where the link founds one, ignored otherwise.
    pub organisation: Option<String>,
    /// The name of the owner.
    pub name: String,
    /// The owner's email.
    pub email: String,
    /// The owner's new password.
    pub password: SecretString,
}

/// A link for the very first start, where there is no organisation yet; nothing otherwise. Earlier
/// ones keep working until one of them is used: other servers on the same database print theirs.
///
/// # Errors
/// [`Error::Database`].
pub async fn first_start(control: &Control) -> Result<Option<SetupLink>> {
    if orgs::any(control.read()).await? {
        return Ok(None);
    }
    issue(control, None).await.map(Some)
}

/// A link into an organisation, for its owner. Earlier unused ones are worth nothing from now on.
///
/// # Errors
/// [`Error::NotFound`] where there is no organisation of that name.
pub async fn issue_setup_link(
    _: LocalOperator,
    control: &Control,
    organisation: &str,
) -> Result<SetupLink> {
    let org = orgs::by_name(control.read(), organisation).await?;
    issue(control, Some(org.id)).await
}

/// What the link is for.
///
/// # Errors
/// [`Error::SetupLinkSpent`].
pub async fn invitation(control: &Control, secret: &SecretString) -> Result<Invitation> {
    let link = usable(control, secret).await?;
    let Some(org) = link.org_id else {
        return Ok(Invitation {
            organisation: None,
            owner: None,
        });
    };
    let organisation = orgs::get(control.read(), org).await?;
    let owner = members::owner_of(control.read(), org).await?;
    Ok(Invitation {
        organisation: Some(organisation.name),
        owner: owner.map(|owner| (owner.name, owner.email)),
    })
}

/// Uses the link: founds the organisation where it has to, makes or renews its owner, and signs
/// the owner in. Whoever was signed in as that owner before is not any more.
///
/// # Errors
/// [`Error::SetupLinkSpent`]; [`Error::Invalid`] for what was filled in, and [`Error::Conflict`]
/// where the name or the email is taken. The link can still be used then.
pub async fn setup(control: &Control, secret: &SecretString, with: SetUp) -> Result<SignedIn> {
    let link = usable(control, secret).await?;
    let found = match link.org_id {
        None => Some(orgs::parse_name(
            with.organisation.as_deref().unwrap_or_default(),
        )?),
        Some(_) => None,
    };
    let name = names::parse("name", &with.name)?;
    let email = Email::parse(&with.email)?;
    let password = control
        .password_work()
        .hash(&with.password, control.random())
        .await?;
    let owner = NewOwner {
        name,
        email,
        password,
    };

    let write = control.begin().await?;
    spend(&write, control.now(), &link).await?;
    let (org, member) = match (found, link.org_id) {
        (Some(name), _) => found_organisation(&write, control, &name, owner).await?,
        (None, Some(org)) => (org, renew_owner(&write, control, org, owner).await?),
        (None, None) => {
            return Err(Error::Broken(
                "a link founds an organisation or leads to one",
            ));
        }
    };
    let signed_in = begin_sign_in(&write, control, org, member).await?;
    write.commit().await?;
    Ok(signed_in)
}

async fn found_organisation(
    write: &Write,
    control: &Control,
    name: &str,
    owner: NewOwner,
) -> Result<(OrgId, MemberId)> {
    if orgs::any(&**write).await? {
        // Another link has founded one in the meantime.
        return Err(Error::SetupLinkSpent);
    }
    let org = orgs::insert(write, control, name).await?.id;
    let member = members::insert_owner(write, control, org, owner).await?;
    Ok((org, member))
}

async fn renew_owner(
    write: &Write,
    control: &Control,
    org: OrgId,
    owner: NewOwner,
) -> Result<MemberId> {
    match members::owner_of(&**write, org).await? {
        None => members::insert_owner(write, control, org, owner).await,
        Some(present) => {
            members::renew(write, present.id, owner).await?;
            end_all(write, control.now(), present.id).await?;
            Ok(present.id)
        }
    }
}

/// Marks the link as used, and every other one that does the same.
async fn spend(write: &Write, now: Moment, link: &Model) -> Result<()> {
    let same_purpose = match link.org_id {
        Some(org) => Column::OrgId.eq(org),
        None => Column::OrgId.is_null(),
    };
    let used = || ActiveModel {
        used_at: Set(Some(now)),
        ..Default::default()
    };
    let spent = Entity::update_many()
        .set(used())
        .filter(Column::Id.eq(link.id))
        .filter(Column::UsedAt.is_null())
        .exec(&**write)
        .await?;
    if spent.rows_affected == 0 {
        return Err(Error::SetupLinkSpent);
    }
    Entity::update_many()
        .set(used())
        .filter(same_purpose)
        .filter(Column::UsedAt.is_null())
        .exec(&**write)
        .await?;
    Ok(())
}

async fn issue(control: &Control, org: Option<OrgId>) -> Result<SetupLink> {
    let secret = secrets::fresh(control.random());
    let now = control.now();
    let row = Model {
        id: SetupLinkId::mint(control),
        org_id: org,
        secret_hash: secrets::hash(secret.expose_secret()),
        created_at: now,
        expires_at: now + control.limits().setup_link_lifetime,
        used_at: None,
    };
    let expires_at = row.expires_at;
    let write = control.begin().await?;
    if let Some(org) = org {
        Entity::update_many()
            .set(ActiveModel {
                used_at: Set(Some(now)),
                ..Default::default()
            })
            .filter(Column::OrgId.eq(org))
            .filter(Column::UsedAt.is_null())
            .exec(&*write)
            .await?;
    }
    Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(&*write)
        .await?;
    write.commit().await?;
    Ok(SetupLink { secret, expires_at })
}

async fn usable(control: &Control, secret: &SecretString) -> Result<Model> {
    Entity::find()
        .filter(Column::SecretHash.eq(secrets::hash(secret.expose_secret())))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(control.now()))
        .one(control.read())
        .await?
        .ok_or(Error::SetupLinkSpent)
}

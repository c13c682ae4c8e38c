//! Signing in, staying signed in, signing out.

use std::net::IpAddr;

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use secrecy::SecretString;

use super::{Scope, failures, sign_ins};
use crate::clock::Moment;
use crate::database::Write;
use crate::ids::{MemberId, OrgId, SignInId};
use crate::members::{self, Email};
use crate::{Control, Error, Result};

/// What somebody signs in with.
pub struct SignIn {
    /// The email, as it was typed.
    pub email: String,
    /// The password.
    pub password: SecretString,
    /// The network address that the request came from, where it is known.
    pub address: Option<IpAddr>,
}

/// Somebody signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// What a web session keeps: [`scope_for`] makes a [`Scope`] of it at every request.
    pub sign_in: SignInId,
    /// The organisation.
    pub org: OrgId,
    /// The member.
    pub member: MemberId,
    /// When it ends by itself.
    pub expires_at: Moment,
}

/// Signs a member in.
///
/// # Errors
/// [`Error::SignInRefused`], after the same time whichever of the two was wrong, and
/// [`Error::TooManyAttempts`].
pub async fn sign_in(control: &Control, with: SignIn) -> Result<SignedIn> {
    let email = Email::parse(&with.email).map_err(|_| Error::SignInRefused)?;
    failures::count(control, email.as_str(), with.address).await?;
    let member = members::by_email(control.read(), &email).await?;
    let hash = member.as_ref().map(|member| member.password.clone());
    let known = control
        .password_work()
        .verify(&with.password, hash, control.random())
        .await?;
    let Some(member) = member.filter(|_| known) else {
        return Err(Error::SignInRefused);
    };
    let write = control.begin().await?;
    failures::forgive(control, &write, email.as_str(), with.address).await?;
    let signed_in = begin_sign_in(&write, control, member.org_id, member.id).await?;
    write.commit().await?;
    Ok(signed_in)
}

/// The scope of a sign-in, as the database has it now. To be asked at every request.
///
/// # Errors
/// [`Error::Unauthenticated`] where the sign-in is unknown, over or ended.
pub async fn scope_for(control: &Control, id: SignInId) -> Result<Scope> {
    let sign_in = sign_ins::Entity::find_by_id(id)
        .filter(sign_ins::Column::EndedAt.is_null())
        .filter(sign_ins::Column::ExpiresAt.gt(control.now()))
        .one(control.read())
        .await?
        .ok_or(Error::Unauthenticated)?;
    let member = members::in_org(control.read(), sign_in.org_id, sign_in.member_id)
        .await?
        .ok_or(Error::Unauthenticated)?;
    Ok(Scope::new(
        member.org_id,
        member.id,
        member.role,
        members::clearance_of(&member)?,
        sign_in.id,
    ))
}

/// Ends this sign-in, for good: its cookie is worth nothing afterwards, wherever it is kept.
///
/// # Errors
/// [`Error::Database`].
pub async fn sign_out(scope: &Scope, control: &Control) -> Result<()> {
    let write = control.begin().await?;
    sign_ins::Entity::update_many()
        .col_expr(sign_ins::Column::EndedAt, Expr::value(control.now()))
        .filter(sign_ins::Column::Id.eq(scope.sign_in()))
        .filter(sign_ins::Column::OrgId.eq(scope.org()))
        .filter(sign_ins::Column::EndedAt.is_null())
        .exec(&*write)
        .await?;
    write.commit().await
}

/// Starts a sign-in of somebody whose right to it was just established.
pub(super) async fn begin_sign_in(
    write: &Write,
    control: &Control,
    org: OrgId,
    member: MemberId,
) -> Result<SignedIn> {
    let row = sign_ins::Model {
        id: SignInId::mint(control),
        org_id: org,
        member_id: member,
        created_at: control.now(),
        expires_at: control.now() + control.limits().sign_in_lifetime,
        ended_at: None,
    };
    let signed_in = SignedIn {
        sign_in: row.id,
        org,
        member,
        expires_at: row.expires_at,
    };
    sign_ins::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(&**write)
        .await?;
    Ok(signed_in)
}

/// Ends every sign-in of a member.
pub(super) async fn end_all(write: &Write, now: Moment, member: MemberId) -> Result<()> {
    sign_ins::Entity::update_many()
        .set(sign_ins::ActiveModel {
            ended_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(sign_ins::Column::MemberId.eq(member))
        .filter(sign_ins::Column::EndedAt.is_null())
        .exec(&**write)
        .await?;
    Ok(())
}

//! Who acts, in which organisation, with which role.

use machinaut_chain::session::Sensitivity;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

use crate::ids::{MemberId, OrgId, SignInId};

/// What a member may do.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything that can be done in an organisation.
    #[sea_orm(string_value = "owner")]
    Owner,
}

/// A signed-in member. It can be had only by signing in, and is made anew for every request, so
/// that a sign-out or a change of role holds from the next request on.
#[derive(Clone, Debug)]
pub struct Scope {
    org: OrgId,
    member: MemberId,
    role: Role,
    clearance: Sensitivity,
    sign_in: SignInId,
}

impl Scope {
    pub(super) fn new(
        org: OrgId,
        member: MemberId,
        role: Role,
        clearance: Sensitivity,
        sign_in: SignInId,
    ) -> Self {
        Self {
            org,
            member,
            role,
            clearance,
            sign_in,
        }
    }

    /// The organisation that the member belongs to.
    pub fn org(&self) -> OrgId {
        self.org
    }

    /// The member.
    pub fn member(&self) -> MemberId {
        self.member
    }

    /// What the member may do.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Up to which sensitivity the member is shown what search finds.
    pub fn clearance(&self) -> Sensitivity {
        self.clearance
    }

    /// The sign-in that this is part of.
    pub fn sign_in(&self) -> SignInId {
        self.sign_in
    }
}

/// Whoever runs the server, at its console: whoever can read its database anyway. Made only by the
/// command line, never on behalf of a request.
#[derive(Clone, Copy, Debug)]
pub struct LocalOperator(());

impl LocalOperator {
    /// To be called by a command that somebody typed on the machine itself.
    pub fn at_the_console() -> Self {
        Self(())
    }
}

//! What a machine may do, once its token was recognised.

use super::Grant;
use crate::ids::{OrgId, ProjectId, TokenId};
use crate::{Error, Result};

/// A recognised machine. It can be had only by [`authenticate`](super::authenticate), and is made
/// anew for every request, so that a revocation holds from the next request on.
#[derive(Clone, Debug)]
pub struct Credential {
    org: OrgId,
    token: TokenId,
    grants: Vec<Grant>,
    project: Option<ProjectId>,
}

impl Credential {
    pub(super) fn new(
        org: OrgId,
        token: TokenId,
        grants: Vec<Grant>,
        project: Option<ProjectId>,
    ) -> Self {
        Self {
            org,
            token,
            grants,
            project,
        }
    }

    /// The organisation that the token belongs to.
    pub fn org(&self) -> OrgId {
        self.org
    }

    /// The token.
    pub fn token(&self) -> TokenId {
        self.token
    }

    /// The only project that the token is good for; none: every one.
    pub fn project(&self) -> Option<&ProjectId> {
        self.project.as_ref()
    }

    /// Insists on a grant.
    ///
    /// # Errors
    /// [`Error::MissingGrant`].
    pub fn require(&self, grant: Grant) -> Result<()> {
        if self.grants.contains(&grant) {
            Ok(())
        } else {
            Err(Error::MissingGrant(grant))
        }
    }

    /// Insists that the token is good for a project.
    ///
    /// # Errors
    /// [`Error::ProjectNotGranted`].
    pub fn require_project(&self, project: &ProjectId) -> Result<()> {
        match &self.project {
            Some(only) if only != project => Err(Error::ProjectNotGranted),
            _ => Ok(()),
        }
    }
}

//! `machinaut admin`: what only whoever runs the server may do, at its console.

use std::io::Write;

use clap::{Subcommand, ValueEnum};
use machinaut_chain::session::Sensitivity;
use machinaut_control::identity;
use machinaut_control::ids::ProjectId;
use machinaut_control::tokens::{self, NewToken};
use machinaut_control::{LocalOperator, members, orgs};
use secrecy::ExposeSecret;

use super::Failure;
use super::serve::{open, setup_address};
use crate::settings::Settings;

/// What there is to do.
#[derive(Debug, Subcommand)]
pub(super) enum Admin {
    /// Create an organisation.
    CreateOrg {
        /// Its name, as people will read it.
        name: String,
    },
    /// Create a machine token and print it alone on the last line. It is shown once.
    CreateToken {
        /// The organisation it belongs to.
        #[arg(long)]
        org: String,
        /// What it may do; give the option twice for both.
        #[arg(long = "grant", required = true, value_name = "GRANT")]
        grants: Vec<Grant>,
        /// Bind it to one project.
        #[arg(long)]
        project: Option<String>,
        /// What to call it, so that it is recognised later.
        #[arg(long)]
        name: String,
    },
    /// Say up to which sensitivity a member is shown what search finds.
    SetClearance {
        /// The email that the member signs in with.
        #[arg(long)]
        email: String,
        /// public, internal, confidential or secret.
        #[arg(long)]
        clearance: Sensitivity,
    },
    /// Print a fresh one-time link that signs the owner of an organisation in and sets a new password. Links
    /// printed before stop working.
    SetupLink {
        /// The organisation.
        #[arg(long)]
        org: String,
    },
}

/// What a machine token may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Grant {
    /// Ship sessions: POST /v1/events.
    Ship,
    /// Use the approval channel: /v1/approvals.
    Approvals,
}

impl From<Grant> for tokens::Grant {
    fn from(grant: Grant) -> Self {
        match grant {
            Grant::Ship => Self::Ship,
            Grant::Approvals => Self::Approvals,
        }
    }
}

impl Admin {
    pub(super) async fn run(self, settings: &Settings, out: &mut dyn Write) -> Result<(), Failure> {
        let control = open(settings).await?;
        control.migrate().await?;
        let operator = LocalOperator::at_the_console();
        match self {
            Self::CreateOrg { name } => {
                let organisation = orgs::create(operator, &control, &name).await?;
                writeln!(out, "Created the organisation {}.", organisation.name)?;
                writeln!(
                    out,
                    "Next: machinaut admin setup-link --org '{}'",
                    organisation.name
                )?;
            }
            Self::CreateToken {
                org,
                grants,
                project,
                name,
            } => {
                let mut grants: Vec<tokens::Grant> =
                    grants.into_iter().map(tokens::Grant::from).collect();
                grants.sort_unstable();
                grants.dedup();
                let project = project
                    .as_deref()
                    .map(str::parse::<ProjectId>)
                    .transpose()?;
                let new = NewToken {
                    name,
                    grants,
                    project,
                };
                let (token, secret) =
                    tokens::create_at_the_console(operator, &control, &org, new).await?;
                writeln!(
                    out,
                    "Created the token {}. It is shown only now:",
                    token.name
                )?;
                writeln!(out, "{}", secret.expose_secret())?;
            }
            Self::SetClearance { email, clearance } => {
                members::set_clearance(operator, &control, &email, clearance).await?;
                writeln!(
                    out,
                    "From now on this member is shown what search finds up to {clearance}."
                )?;
            }
            Self::SetupLink { org } => {
                let link = identity::issue_setup_link(operator, &control, &org).await?;
                let address = setup_address(&settings.public_url(settings.listen), &link);
                writeln!(
                    out,
                    "Open {address} to sign in. The link works once, for a day."
                )?;
            }
        }
        control.close().await?;
        Ok(())
    }
}

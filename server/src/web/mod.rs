//! Everything that is answered over HTTP, put together: the table of routes, and what every request passes
//! through on its way to one of them.

mod access;
mod headers;
mod health;
mod live;
mod origin;
mod pages;
mod records;
mod routes;
mod sign_in;
pub mod site;
mod trace;
mod waiting;
mod web_sessions;

use std::time::Duration;

use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use machinaut_control::Control;
use tokio_util::sync::CancellationToken;

use crate::settings::{Limits, PublicUrl, Settings};

pub use access::{Entry, Who};
pub use routes::{router, table};
pub use waiting::Waiting;

/// What every handler can reach.
#[derive(Clone)]
pub struct AppState {
    /// The control plane.
    pub control: Control,
    /// How people and guards reach this server.
    pub public_url: PublicUrl,
    /// Bounds on what strangers may send.
    pub limits: Limits,
    /// How long a fetch is held open by default.
    pub approvals_wait: Duration,
    /// How long a browser stays signed in without being used.
    pub session_idle: Duration,
    /// Cancelled when the server begins to stop: whoever waits then answers.
    pub stopping: CancellationToken,
    /// Guards that wait for a decision.
    pub waiting: Waiting,
    leptos: LeptosOptions,
}

impl AppState {
    /// The state of a server that is reached at `public_url`.
    pub fn new(settings: &Settings, control: Control, public_url: PublicUrl) -> Self {
        Self {
            control,
            public_url,
            limits: settings.limits.clone(),
            approvals_wait: settings.approvals_wait,
            session_idle: settings.session_idle,
            stopping: CancellationToken::new(),
            waiting: Waiting::default(),
            leptos: LeptosOptions::builder().output_name("machinaut").build(),
        }
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(app: &AppState) -> Self {
        app.leptos.clone()
    }
}

impl FromRef<AppState> for PublicUrl {
    fn from_ref(app: &AppState) -> Self {
        app.public_url.clone()
    }
}

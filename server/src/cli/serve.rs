//! `machinaut serve` and `machinaut migrate`.

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use machinaut_control::identity::{self, SetupLink, web_sessions};
use machinaut_control::{Control, Options, holds, search};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Failure;
use super::listen::listen;
use crate::figures::Figures;
use crate::settings::{PublicUrl, Settings};
use crate::web::{self, AppState, Waiting};

/// How often what has ended is swept away.
const SWEEP: Duration = Duration::from_hours(1);

/// A server that answers.
pub struct Serving {
    address: SocketAddr,
    public_url: PublicUrl,
    control: Control,
    stopping: CancellationToken,
    waiting: Waiting,
    grace: Duration,
    task: JoinHandle<()>,
    searching: JoinHandle<()>,
    metrics: Option<SocketAddr>,
}

impl Serving {
    /// Opens the database, brings it up to date, and begins to answer.
    pub async fn start(settings: &Settings) -> Result<Self, Failure> {
        let control = open(settings).await?;
        control.migrate().await?;
        Self::over(settings, control).await
    }

    /// Begins to answer for a control plane that is ready.
    pub async fn over(settings: &Settings, control: Control) -> Result<Self, Failure> {
        let listener =
            TcpListener::bind(settings.listen)
                .await
                .map_err(|reason| Failure::Listen {
                    address: settings.listen,
                    reason,
                })?;
        let address = listener.local_addr()?;
        let public_url = settings.public_url(address);
        if !public_url.is_https() && !public_url.is_loopback() {
            tracing::warn!(
                "the public address is plain http: sessions and tokens can be read on the way; put TLS in front"
            );
        }
        let app = AppState::new(settings, control.clone(), public_url.clone());
        let metrics = match settings.metrics_listen {
            Some(address) => Some(
                Figures::serve(address, &app)
                    .await
                    .map_err(|reason| Failure::ListenForMetrics { address, reason })?,
            ),
            None => None,
        };
        let stopping = app.stopping.clone();
        let served = listen(
            listener,
            web::router(&app),
            settings.limits.head,
            stopping.clone(),
        );
        tokio::spawn(sweep(control.clone(), stopping.clone()));
        tokio::spawn(holds::keep_weighed(
            control.clone(),
            stopping.clone().cancelled_owned(),
        ));
        let searching = tokio::spawn(search::keep_fresh(
            control.clone(),
            stopping.clone().cancelled_owned(),
        ));
        Ok(Self {
            address,
            public_url,
            control,
            stopping,
            waiting: app.waiting,
            grace: settings.shutdown_grace,
            task: tokio::spawn(served),
            searching,
            metrics,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it answers Prometheus, if anywhere.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// How people reach it.
    pub fn public_url(&self) -> &PublicUrl {
        &self.public_url
    }

    /// The control plane behind it.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// The address of a one-time link.
    pub fn setup_address(&self, link: &SetupLink) -> String {
        setup_address(&self.public_url, link)
    }

    /// How many guards wait for a decision.
    pub fn waiting(&self) -> usize {
        self.waiting.count()
    }

    /// Wakes those who wait, and takes no new connections. [`Serving::stop`] does it, too.
    pub fn begin_to_stop(&self) {
        tracing::info!(waiting = self.waiting(), "stopping");
        self.stopping.cancel();
    }

    /// Wakes those who wait and lets running requests finish. Gives up on those that take longer than the grace.
    pub async fn stop(self) -> Result<(), Failure> {
        self.begin_to_stop();
        let mut task = self.task;
        if tokio::time::timeout(self.grace, &mut task).await.is_err() {
            tracing::warn!("requests that took too long were cut off");
            task.abort();
        }
        // It stops by itself, between two pieces of work; nothing is lost where it fails.
        let _ = self.searching.await;
        Ok(())
    }
}

/// Connects to the database that the settings name.
pub(super) async fn open(settings: &Settings) -> Result<Control, Failure> {
    let mut options = Options::new(settings.database_url());
    options.search = Some(settings.search());
    options.waiting_room.clone_from(&settings.data_dir);
    settings.bound(&mut options.limits);
    Ok(Control::open(options).await?)
}

/// The address of a one-time link.
pub(super) fn setup_address(public_url: &PublicUrl, link: &SetupLink) -> String {
    public_url.join(&format!("/setup/{}", link.secret.expose_secret()))
}

/// Serves until the process is told to stop.
pub(super) async fn serve(settings: &Settings, out: &mut dyn Write) -> Result<(), Failure> {
    let told_to_stop = stop_signal()?;
    let serving = Serving::start(settings).await?;
    writeln!(out, "Machinaut answers on {}", serving.public_url())?;
    if let Some(link) = identity::first_start(serving.control()).await? {
        writeln!(
            out,
            "Open {} to set up your organisation. The link works once, for a day.",
            serving.setup_address(&link)
        )?;
    }
    out.flush()?;
    told_to_stop.await;
    let control = serving.control().clone();
    serving.stop().await?;
    control.close().await?;
    Ok(())
}

/// Brings the database up to date.
pub(super) async fn migrate(settings: &Settings, out: &mut dyn Write) -> Result<(), Failure> {
    let control = open(settings).await?;
    control.migrate().await?;
    control.close().await?;
    writeln!(out, "The database is up to date.")?;
    Ok(())
}

/// Sweeps away what has ended, until the server stops.
async fn sweep(control: Control, stopping: CancellationToken) {
    loop {
        if let Err(error) = web_sessions::delete_expired(&control).await {
            tracing::warn!("ended sessions were not swept away: {error}");
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
}

/// Completes when the process is asked to end: SIGTERM, or Ctrl-C.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut terminate, mut interrupt) = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        );
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

//! A server with a database of its own, and a caller who says exactly what a test wants said.

use std::net::SocketAddr;
use std::time::Duration;

use machinaut_chain::ship::Sensitivity;
use machinaut_control::holds::{self, Guard};
use machinaut_control::ids::SessionKey;
use machinaut_control::trial::{PASSWORD, Trial};
use machinaut_control::{Grant, Scope};
use machinaut_server::cli::Serving;
use machinaut_server::settings::Settings;
use secrecy::ExposeSecret;
use ureq::http::{HeaderMap, Request, StatusCode};

use crate::approver::held;

/// The bounds of a test's server: small enough to run into.
pub(crate) const BODY_LIMIT: usize = 256 * 1024;

/// A server that answers, and the control plane behind it.
pub(crate) struct House<'a> {
    pub(crate) trial: &'a Trial,
    pub(crate) scope: Scope,
    pub(crate) address: SocketAddr,
    serving: Serving,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The last part of the `type` of the problem document that this is.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        let document: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(document["status"], self.status.as_u16());
        document["type"]
            .as_str()
            .unwrap()
            .strip_prefix("/problems/")
            .unwrap()
            .to_owned()
    }

    /// Status and problem, to compare in one go.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.problem())
    }

    /// The session cookie that this answer sets, as it is sent back.
    pub(crate) fn cookie(&self) -> Option<String> {
        let set = self.headers.get("set-cookie")?.to_str().unwrap();
        Some(set.split(';').next().unwrap().to_owned())
    }
}

impl House<'_> {
    /// Runs a test against a server on every database that there is.
    pub(crate) async fn each(test: impl AsyncFn(&House<'_>)) {
        Trial::each(async |trial| House::run(trial, &[], &test).await).await;
    }

    /// The same, for a server with this public address.
    pub(crate) async fn each_reached_at(public_url: &str, test: impl AsyncFn(&House<'_>)) {
        let reached = [("MACHINAUT_PUBLIC_URL", public_url)];
        Trial::each(async |trial| House::run(trial, &reached, &test).await).await;
    }

    /// The same, for a server that is watched.
    pub(crate) async fn each_watched(test: impl AsyncFn(&House<'_>)) {
        let watched = [("MACHINAUT_METRICS_LISTEN", "127.0.0.1:0")];
        Trial::each(async |trial| House::run(trial, &watched, &test).await).await;
    }

    /// What Prometheus is told.
    pub(crate) async fn figures(&self) -> String {
        let address = self.serving.metrics_address().unwrap();
        let figures = async move || {
            let asked = format!("http://{address}/metrics");
            tokio::task::spawn_blocking(move || {
                ureq::get(&asked)
                    .call()
                    .unwrap()
                    .body_mut()
                    .read_to_string()
                    .unwrap()
            })
            .await
            .unwrap()
        };
        figures().await
    }

    /// Runs a test on SQLite alone, with another bound on what is shipped.
    pub(crate) async fn on_sqlite(body_bytes: &str, test: impl AsyncFn(&House<'_>)) {
        House::with_settings(&[("MACHINAUT_LIMITS_BODY_BYTES", body_bytes)], test).await;
    }

    /// Runs a test on SQLite alone, with these settings, to which the control plane keeps, too.
    pub(crate) async fn with_settings(variables: &[(&str, &str)], test: impl AsyncFn(&House<'_>)) {
        let mut trial = Trial::sqlite().await;
        trial.control.close().await.unwrap();
        let settings = settings(variables);
        trial.control = trial.with_limits(|limits| settings.bound(limits)).await;
        House::run(&trial, variables, &test).await;
    }

    async fn run(trial: &Trial, variables: &[(&str, &str)], test: &impl AsyncFn(&House<'_>)) {
        let scope = trial.organisation("acme").await;
        let house = House::open(trial, scope, variables).await;
        test(&house).await;
        house.serving.stop().await.unwrap();
    }

    /// Runs something against a second server on the same database.
    pub(crate) async fn beside(&self, test: impl AsyncFn(&House<'_>)) {
        let house = House::open(self.trial, self.scope.clone(), &[]).await;
        test(&house).await;
        house.serving.stop().await.unwrap();
    }

    async fn open<'a>(trial: &'a Trial, scope: Scope, variables: &[(&str, &str)]) -> House<'a> {
        let serving = Serving::over(&settings(variables), trial.control.clone())
            .await
            .unwrap();
        House {
            trial,
            scope,
            address: serving.address(),
            serving,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        tokio::task::spawn_blocking(move || {
            let agent: ureq::Agent = ureq::Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .timeout_global(Some(Duration::from_mins(1)))
                .allow_non_standard_methods(true)
                .build()
                .into();
            let (parts, mut body) = agent.run(request).unwrap().into_parts();
            Answer {
                status: parts.status,
                headers: parts.headers,
                body: body.read_to_string().unwrap(),
            }
        })
        .await
        .unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    /// A machine token with these grants.
    pub(crate) async fn token(&self, grants: &[Grant]) -> String {
        self.trial
            .token(&self.scope, grants, None)
            .await
            .expose_secret()
            .to_owned()
    }

    /// Signs the owner in as a browser does, and gives the cookie.
    pub(crate) async fn cookie(&self) -> String {
        self.sign_in("acme").await
    }

    /// Signs the owner of another organisation in.
    pub(crate) async fn cookie_of(&self, organisation: &str) -> String {
        self.trial.organisation(organisation).await;
        self.sign_in(organisation).await
    }

    async fn sign_in(&self, organisation: &str) -> String {
        let password = PASSWORD.replace(' ', "+");
        let form =
            format!("email=owner%40{organisation}.example&password={password}&next=%2Finbox");
        let answer = self
            .post_form("/api/sign_in", &[("sec-fetch-site", "same-origin")], &form)
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.cookie().expect("a session cookie")
    }

    /// Whether a browser with this cookie is sent to sign in.
    pub(crate) async fn is_stranger(&self, cookie: &str) -> bool {
        let answer = self
            .send(
                "GET",
                "/inbox",
                &[("cookie", cookie), ("accept", "text/html")],
                "",
            )
            .await;
        answer.header("location").starts_with("/sign-in")
    }

    /// Ships a session with a hold, and gives our id of it.
    pub(crate) async fn ship_sample(&self) -> SessionKey {
        let bearer = format!("Bearer {}", self.token(&[Grant::Ship]).await);
        let headers = [
            ("content-type", "application/x-ndjson"),
            ("authorization", bearer.as_str()),
        ];
        let body = held(&self.trial.control, "sample")
            .log()
            .ship_body(Sensitivity::Internal);
        let answer = self.send("POST", "/v1/events", &headers, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let inbox = holds::inbox(&self.scope, &self.trial.control)
            .await
            .unwrap();
        inbox.waiting[0].session.expect("a session")
    }

    /// How much was kept of all that was shipped.
    pub(crate) async fn kept(&self) -> i64 {
        let mut rows = 0;
        for table in ["sessions", "segments", "receipts", "findings"] {
            rows += self.trial.count(table).await;
        }
        rows
    }

    /// Whether a guard is known to wait for a decision.
    pub(crate) async fn guard_waits(&self) -> bool {
        let inbox = holds::inbox(&self.scope, &self.trial.control)
            .await
            .unwrap();
        inbox
            .waiting
            .iter()
            .any(|row| matches!(row.guard, Guard::Waiting { .. }))
    }

    /// How many questions are held open.
    pub(crate) fn waiting(&self) -> usize {
        self.serving.waiting()
    }

    /// Tells the server to stop, without waiting for it.
    pub(crate) fn stop_waiting(&self) {
        self.serving.begin_to_stop();
    }

    /// Posts a form, as a page with scripts does.
    pub(crate) async fn post_form(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        form: &str,
    ) -> Answer {
        let mut all = vec![
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
        ];
        all.extend_from_slice(headers);
        self.send("POST", path, &all, form).await
    }
}

/// Waits for something that happens elsewhere. A test fails when it takes longer than anything honest.
pub(crate) async fn until(happened: impl AsyncFn() -> bool) {
    let patience = tokio::time::Instant::now() + Duration::from_secs(30);
    while !happened().await {
        assert!(tokio::time::Instant::now() < patience, "it did not happen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The settings of a test's server.
fn settings(variables: &[(&str, &str)]) -> Settings {
    let limit = BODY_LIMIT.to_string();
    let usual = [
        ("MACHINAUT_LISTEN", "127.0.0.1:0"),
        ("MACHINAUT_LIMITS_BODY_BYTES", limit.as_str()),
    ];
    let variables = usual
        .iter()
        .chain(variables)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let no_file = tempfile::NamedTempFile::new().unwrap();
    Settings::load(Some(no_file.path()), variables).unwrap()
}

//! A server with a database of its own, and a caller who says exactly what a test wants said.

use std::net::SocketAddr;
use std::time::Duration;

use machinaut_control::trial::{PASSWORD, Trial};
use machinaut_control::{Grant, Scope};
use machinaut_server::cli::Serving;
use machinaut_server::settings::Settings;
use secrecy::ExposeSecret;
use ureq::http::{HeaderMap, Request, StatusCode};

/// The bounds of a test's server: small enough to run into.
pub(crate) const BODY_LIMIT: usize = 256 * 1024;

/// A server that answers, and the control plane behind it.
pub(crate) struct House<'a> {
    pub(crate) trial: &'a Trial,
    pub(crate) scope: Scope,
    pub(crate) address: SocketAddr,
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
        Self::each_reached_at(None, test).await;
    }

    /// The same, for a server with this public address.
    pub(crate) async fn each_reached_at(public_url: Option<&str>, test: impl AsyncFn(&House<'_>)) {
        Trial::each(async |trial| {
            let mut variables = vec![
                ("MACHINAUT_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
                (
                    "MACHINAUT_LIMITS_BODY_BYTES".to_owned(),
                    BODY_LIMIT.to_string(),
                ),
            ];
            variables
                .extend(public_url.map(|url| ("MACHINAUT_PUBLIC_URL".to_owned(), url.to_owned())));
            let no_file = tempfile::NamedTempFile::new().unwrap();
            let settings = Settings::load(Some(no_file.path()), variables).unwrap();
            let scope = trial.organisation("acme").await;
            let serving = Serving::over(&settings, trial.control.clone())
                .await
                .unwrap();
            let house = House {
                trial,
                scope,
                address: serving.address(),
            };
            test(&house).await;
            serving.stop().await.unwrap();
        })
        .await;
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
                .timeout_global(Some(Duration::from_secs(60)))
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
        let form = format!(
            "email=owner%40acme.example&password={}&next=%2Finbox",
            PASSWORD.replace(' ', "+")
        );
        let answer = self
            .post_form("/api/sign_in", &[("sec-fetch-site", "same-origin")], &form)
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.cookie().expect("a session cookie")
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

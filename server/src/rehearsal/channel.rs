//! The wire between a guard and the server, from the guard's end.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use ureq::Agent;
use ureq::http::Response;
use url::{Host, Url};

/// Lodestar's own patience with one answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// A ship may be large.
const SHIP_PATIENCE: Duration = Duration::from_mins(2);
/// The largest answer that a guard reads.
const ANSWER_BYTES: u64 = 64 * 1024;

/// Why something did not get across.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The endpoint is not an address that a token may be sent to.
    #[error(
        "The endpoint must be https://HOST, or http:// on this very machine: over plain http anybody on the way \
         could read the token."
    )]
    Endpoint,
    /// Nobody answered.
    #[error(
        "{endpoint} did not answer: {reason}. Check that the server runs and that --endpoint is its address."
    )]
    Unreachable {
        /// The endpoint.
        endpoint: String,
        /// What the connection says.
        reason: String,
    },
    /// The server said no.
    #[error("The server refused {what} with {status}: {detail}")]
    Refused {
        /// What it refused.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// The sentence of its problem document.
        detail: String,
    },
}

/// A connection to the server, with a token.
pub struct Channel {
    agent: Agent,
    endpoint: Url,
    token: SecretString,
}

#[derive(Deserialize)]
struct Problem {
    detail: String,
}

#[derive(Deserialize)]
pub(super) struct Receipt {
    pub(super) received: u64,
    pub(super) appended: u64,
    pub(super) redacted: u64,
}

impl Channel {
    /// A connection to `endpoint`, which may have a path in front of `/v1`.
    pub fn to(endpoint: &str, token: SecretString) -> Result<Self, Trouble> {
        let endpoint = Url::parse(endpoint.trim_end_matches('/')).map_err(|_| Trouble::Endpoint)?;
        let local = match endpoint.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if !(endpoint.scheme() == "https" || endpoint.scheme() == "http" && local) {
            return Err(Trouble::Endpoint);
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(PATIENCE))
            .build();
        Ok(Self {
            agent: config.into(),
            endpoint,
            token,
        })
    }

    /// The address of a page of the server.
    pub(super) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.endpoint.as_str().trim_end_matches('/'))
    }

    /// Announces a hold.
    pub(super) fn announce(&self, request: &str) -> Result<(), Trouble> {
        let call = self
            .agent
            .post(self.page("/v1/approvals"))
            .header("authorization", self.bearer())
            .header("content-type", "application/json");
        let mut answer = call
            .send(request)
            .map_err(|error| self.unreachable(&error))?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(refused("the announcement", &mut answer))
        }
    }

    /// Ships a session.
    pub(super) fn ship(&self, body: &[u8]) -> Result<Receipt, Trouble> {
        let call = self
            .agent
            .post(self.page("/v1/events"))
            .config()
            .timeout_global(Some(SHIP_PATIENCE))
            .build()
            .header("authorization", self.bearer())
            .header("content-type", "application/x-ndjson");
        let mut answer = call.send(body).map_err(|error| self.unreachable(&error))?;
        if !answer.status().is_success() {
            return Err(refused("the session", &mut answer));
        }
        answer
            .body_mut()
            .read_json()
            .map_err(|error| self.unreachable(&error))
    }

    /// Asks for the decision; none: not yet.
    pub(super) fn fetch(&self, project: &str, request: &str) -> Result<Option<Vec<u8>>, Trouble> {
        let call = self
            .agent
            .get(self.approval(project, request)?)
            .header("authorization", self.bearer());
        let mut answer = match call.call() {
            Ok(answer) => answer,
            // A held answer that outlasts the patience is "not yet", as for the guard.
            Err(ureq::Error::Timeout(_)) => return Ok(None),
            Err(error) => return Err(self.unreachable(&error)),
        };
        match answer.status().as_u16() {
            200 => {
                let body = answer
                    .body_mut()
                    .with_config()
                    .limit(ANSWER_BYTES)
                    .read_to_vec();
                Ok(body.ok())
            }
            401 | 403 => Err(refused("to be asked for the decision", &mut answer)),
            _ => Ok(None),
        }
    }

    /// Says that the decision that was fetched last was taken.
    pub(super) fn consume(&self, project: &str, request: &str) -> Result<(), Trouble> {
        let call = self
            .agent
            .delete(self.approval(project, request)?)
            .header("authorization", self.bearer());
        call.call()
            .map(drop)
            .map_err(|error| self.unreachable(&error))
    }

    fn approval(&self, project: &str, request: &str) -> Result<String, Trouble> {
        let mut url = self.endpoint.clone();
        url.path_segments_mut()
            .map_err(|()| Trouble::Endpoint)?
            .pop_if_empty()
            .extend(["v1", "approvals", project, request]);
        Ok(url.into())
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token.expose_secret())
    }

    fn unreachable(&self, error: &ureq::Error) -> Trouble {
        Trouble::Unreachable {
            endpoint: self.endpoint.to_string(),
            reason: error.to_string(),
        }
    }
}

fn refused(what: &'static str, answer: &mut Response<ureq::Body>) -> Trouble {
    let detail = answer
        .body_mut()
        .with_config()
        .limit(ANSWER_BYTES)
        .read_json::<Problem>()
        .map_or_else(
            |_| "it did not say why.".to_owned(),
            |problem| problem.detail,
        );
    Trouble::Refused {
        what,
        status: answer.status().as_u16(),
        detail,
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::Channel;

    fn to(endpoint: &str) -> Option<Channel> {
        Channel::to(endpoint, SecretString::from("t")).ok()
    }

    #[test]
    fn a_token_is_not_sent_over_plain_http_to_another_machine() {
        for open in [
            "http://machinaut.example",
            "ftp://127.0.0.1",
            "machinaut.example",
            "http://127.0.0.1.evil.example",
        ] {
            assert!(to(open).is_none(), "{open}");
        }
        for fit in [
            "https://machinaut.example",
            "http://127.0.0.1:3000",
            "http://localhost:3000/",
            "http://[::1]:3000",
        ] {
            assert!(to(fit).is_some(), "{fit}");
        }
    }

    #[test]
    fn ids_are_percent_encoded_and_a_base_path_is_kept() {
        let channel = to("https://machinaut.example/base/").unwrap();
        assert_eq!(
            channel.approval("a/b", "é?#").unwrap(),
            "https://machinaut.example/base/v1/approvals/a%2Fb/%C3%A9%3F%23"
        );
    }
}

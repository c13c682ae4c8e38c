use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Who is looking, as far as pages say it. It grants nothing: every server function asks for the scope again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// The name of the organisation.
    pub organisation: String,
    /// What the person is called.
    pub name: String,
    /// The address that they sign in with.
    pub email: String,
    /// Where this installation is reached, without a slash at the end: the endpoint in every snippet.
    pub public_url: String,
}

impl Viewer {
    /// Whether the endpoint is plain http on the same machine, for which Lodestar wants an explicit word.
    pub fn is_loopback_http(&self) -> bool {
        let Some(authority) = self.public_url.strip_prefix("http://") else {
            return false;
        };
        let authority = authority.split('/').next().unwrap_or_default();
        let host = match authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        };
        host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

#[derive(Clone)]
struct Looking(Option<Viewer>);

/// Carries the viewer from the server to the browser. Once, in the root of the app.
pub(crate) fn provide_viewer() {
    let viewer = SharedValue::new(|| use_context::<Option<Viewer>>().flatten()).into_inner();
    provide_context(Looking(viewer));
}

/// Who is looking; nobody before sign-in.
pub fn use_viewer() -> Option<Viewer> {
    use_context::<Looking>().and_then(|Looking(viewer)| viewer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached_at(public_url: &str) -> Viewer {
        Viewer {
            organisation: "telenotes".to_owned(),
            name: "Ada".to_owned(),
            email: "ada@telenotes.example".to_owned(),
            public_url: public_url.to_owned(),
        }
    }

    #[test]
    fn plain_http_on_the_same_machine_is_loopback() {
        for url in [
            "http://127.0.0.1:3000",
            "http://localhost",
            "http://[::1]:3000",
            "http://127.9.9.9/base",
        ] {
            assert!(reached_at(url).is_loopback_http(), "{url}");
        }
    }

    #[test]
    fn nothing_else_is_loopback() {
        for url in [
            "https://127.0.0.1",
            "http://127.0.0.1.example",
            "http://localhost.example",
            "http://machinaut.example",
        ] {
            assert!(!reached_at(url).is_loopback_http(), "{url}");
        }
    }
}

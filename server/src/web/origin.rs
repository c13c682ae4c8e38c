//! Only our own pages may make a signed-in browser do something.
//!
//! A browser sends the session cookie with a request that another site provoked, too. So whatever a cookie
//! authorises and is not a plain read must show that it came from a page of this server: `Sec-Fetch-Site`,
//! which no script can set, or where a browser does not send it, the `Origin`.

use axum::extract::{Request, State};
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::settings::PublicUrl;

/// Refuses a request that changes something and does not come from our own pages.
pub(super) async fn same_site(
    State(public_url): State<PublicUrl>,
    request: Request,
    next: Next,
) -> Response {
    if is_read(request.method()) || is_ours(request.headers(), &public_url) {
        next.run(request).await
    } else {
        Problem::cross_site(&public_url).into_response()
    }
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn is_ours(headers: &HeaderMap, public_url: &PublicUrl) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    headers
        .get(ORIGIN)
        .is_some_and(|origin| origin.as_bytes() == public_url.origin().as_bytes())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::is_ours;
    use crate::settings::{PublicUrl, Settings};

    fn public_url() -> PublicUrl {
        let none = tempfile::NamedTempFile::new().unwrap();
        let variable = (
            "MACHINAUT_PUBLIC_URL".to_owned(),
            "https://machinaut.example".to_owned(),
        );
        let settings = Settings::load(Some(none.path()), [variable]).unwrap();
        settings.public_url(settings.listen)
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn a_request_of_our_own_page_passes() {
        let ours = public_url();
        assert!(is_ours(
            &headers(&[("sec-fetch-site", "same-origin")]),
            &ours
        ));
        assert!(is_ours(
            &headers(&[("origin", "https://machinaut.example")]),
            &ours
        ));
    }

    #[test]
    fn a_request_that_another_site_provoked_is_refused() {
        let ours = public_url();
        for foreign in ["cross-site", "same-site", "none"] {
            assert!(
                !is_ours(&headers(&[("sec-fetch-site", foreign)]), &ours),
                "{foreign}"
            );
        }
        for foreign in [
            "https://evil.example",
            "null",
            "http://machinaut.example",
            "https://machinaut.example.evil",
        ] {
            assert!(
                !is_ours(&headers(&[("origin", foreign)]), &ours),
                "{foreign}"
            );
        }
    }

    #[test]
    fn what_the_browser_says_outranks_the_origin_that_a_script_may_have_written() {
        let both = headers(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://machinaut.example"),
        ]);
        assert!(!is_ours(&both, &public_url()));
    }

    #[test]
    fn a_request_that_says_nothing_of_where_it_comes_from_is_refused() {
        assert!(!is_ours(&HeaderMap::new(), &public_url()));
    }
}

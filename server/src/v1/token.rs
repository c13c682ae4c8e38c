//! Who calls the machine API: a token in the `Authorization` header.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use machinaut_control::Control;
use machinaut_control::tokens::{self, Grant};
use secrecy::SecretString;

use crate::problem::Problem;

/// Lets a request pass whose token is known and has the grant; the handler finds the credential among the
/// request's extensions.
pub(crate) async fn authorise(
    State((control, grant)): State<(Control, Grant)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let token = bearer(request.headers()).ok_or_else(Problem::no_token)?;
    let credential = tokens::authenticate(&control, &token).await?;
    credential.require(grant)?;
    request.extensions_mut().insert(credential);
    Ok(next.run(request).await)
}

fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| SecretString::from(token))
}

#[cfg(test)]
mod tests {
    use axum::http::header::AUTHORIZATION;
    use axum::http::{HeaderMap, HeaderValue};
    use secrecy::ExposeSecret;

    use super::bearer;

    fn read(value: &'static str) -> Option<String> {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))]);
        bearer(&headers).map(|token| token.expose_secret().to_owned())
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        assert_eq!(read("Bearer mt_1"), Some("mt_1".to_owned()));
        assert_eq!(read("bearer  mt_1 "), Some("mt_1".to_owned()));
    }

    #[test]
    fn anything_but_a_bearer_token_is_no_token() {
        for value in ["", "Bearer", "Bearer ", "Basic bXQ6MQ==", "mt_1"] {
            assert_eq!(read(value), None, "{value}");
        }
        assert!(bearer(&HeaderMap::new()).is_none());
    }
}

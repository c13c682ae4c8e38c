//! The files that browsers load: the WASM app and its JavaScript, styles, fonts and icons.
//!
//! `scripts/site` puts them into `target/site`; a release build carries them inside, a debug build reads them at
//! run time. Names under `/pkg/` hold a hash of the content and are kept for ever; the others are asked for again
//! with their tag. Where the client takes brotli and a compressed copy exists, it gets that.

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Deserialize;

#[derive(RustEmbed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Site;

/// The file that names the others. It is for the server, not for browsers.
const ASSETS: &str = "assets.json";

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("public, max-age=3600, must-revalidate");

/// The addresses of the app's own files, with the hash of this build in their names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Assets {
    /// The JavaScript that starts the app.
    pub js: String,
    /// The app.
    pub wasm: String,
    /// The styles.
    pub css: String,
}

/// The addresses of the app's own files; none when no site was built.
pub fn assets() -> Option<Assets> {
    serde_json::from_slice(&Site::get(ASSETS)?.data).ok()
}

/// The site file at a request path, if there is one.
pub(super) fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let name = path.strip_prefix('/')?;
    // Embedded names are looked up, never opened as paths; in a debug build the library refuses to leave its folder.
    if name.is_empty()
        || name == ASSETS
        || name.rsplit('.').next() == Some("br")
        || name.split('/').any(|part| part.starts_with('.'))
    {
        return None;
    }
    let plain = Site::get(name)?;
    let brotli = accepts_brotli(headers)
        .then(|| Site::get(&format!("{name}.br")))
        .flatten();
    Some(answer(name, plain, brotli, headers))
}

fn answer(
    name: &str,
    plain: EmbeddedFile,
    brotli: Option<EmbeddedFile>,
    asked: &HeaderMap,
) -> Response {
    let tag = etag(&plain, brotli.is_some());
    let mut headers = HeaderMap::new();
    headers.insert(
        CACHE_CONTROL,
        if name.starts_with("pkg/") {
            FOR_EVER
        } else {
            ASK_AGAIN
        },
    );
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, value);
    }
    if asked
        .get(IF_NONE_MATCH)
        .is_some_and(|known| names(known, &tag))
    {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if let Ok(value) = HeaderValue::from_str(&content_type(plain.metadata.mimetype())) {
        headers.insert(CONTENT_TYPE, value);
    }
    let data = match brotli {
        Some(compressed) => {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
            compressed.data
        }
        None => plain.data,
    };
    let body = match data {
        std::borrow::Cow::Borrowed(bytes) => Body::from(bytes),
        std::borrow::Cow::Owned(bytes) => Body::from(bytes),
    };
    (headers, body).into_response()
}

fn content_type(mime: &str) -> String {
    let text = mime.starts_with("text/") || mime == "image/svg+xml" || mime.ends_with("json");
    if text {
        format!("{mime}; charset=utf-8")
    } else {
        mime.to_owned()
    }
}

/// A tag for each of the two forms, because they are different bytes.
fn etag(file: &EmbeddedFile, brotli: bool) -> String {
    use std::fmt::Write as _;
    let mut tag = String::from("\"");
    for byte in &file.metadata.sha256_hash()[..12] {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push_str(if brotli { "-br\"" } else { "\"" });
    tag
}

fn names(known: &HeaderValue, tag: &str) -> bool {
    known.to_str().is_ok_and(|list| {
        list.split(',')
            .map(str::trim)
            .any(|one| one == "*" || one.trim_start_matches("W/") == tag)
    })
}

fn accepts_brotli(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|list| {
            list.split(',').any(|one| {
                let mut parts = one.split(';').map(str::trim);
                parts.next() == Some("br")
                    && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
            })
        })
}

#[cfg(test)]
mod tests {
    use axum::http::header::{
        ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    };
    use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
    use rust_embed::{EmbeddedFile, Metadata};

    use super::{accepts_brotli, answer, file};

    fn embedded(content: &'static str, mime: &'static str) -> EmbeddedFile {
        EmbeddedFile {
            data: content.as_bytes().into(),
            metadata: Metadata::__rust_embed_new([7; 32], None, None, mime),
        }
    }

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_hashed_name_is_kept_for_ever_and_another_is_asked_for_again() {
        let hashed = answer(
            "pkg/machinaut.1a2b3c4d.js",
            embedded("x", "text/javascript"),
            None,
            &HeaderMap::new(),
        );
        assert!(
            hashed.headers()[CACHE_CONTROL]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
        let plain = answer(
            "icons.svg",
            embedded("x", "image/svg+xml"),
            None,
            &HeaderMap::new(),
        );
        assert!(
            plain.headers()[CACHE_CONTROL]
                .to_str()
                .unwrap()
                .contains("must-revalidate")
        );
    }

    #[test]
    fn wasm_and_text_get_the_types_that_browsers_insist_on() {
        let wasm = answer(
            "pkg/m.wasm",
            embedded("x", "application/wasm"),
            None,
            &HeaderMap::new(),
        );
        assert_eq!(wasm.headers()[CONTENT_TYPE], "application/wasm");
        let script = answer(
            "pkg/m.js",
            embedded("x", "text/javascript"),
            None,
            &HeaderMap::new(),
        );
        assert_eq!(
            script.headers()[CONTENT_TYPE],
            "text/javascript; charset=utf-8"
        );
    }

    #[test]
    fn the_compressed_copy_keeps_the_type_of_the_original() {
        let given = answer(
            "pkg/m.js",
            embedded("x", "text/javascript"),
            Some(embedded("c", "")),
            &HeaderMap::new(),
        );
        assert_eq!(given.headers()[CONTENT_ENCODING], "br");
        assert_eq!(
            given.headers()[CONTENT_TYPE],
            "text/javascript; charset=utf-8"
        );
    }

    #[test]
    fn a_known_tag_is_answered_without_the_bytes_and_tells_the_two_forms_apart() {
        let first = answer("a.css", embedded("x", "text/css"), None, &HeaderMap::new());
        let mut asked = HeaderMap::new();
        asked.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        assert_eq!(
            answer("a.css", embedded("x", "text/css"), None, &asked).status(),
            StatusCode::NOT_MODIFIED
        );
        let compressed = answer(
            "a.css",
            embedded("x", "text/css"),
            Some(embedded("c", "")),
            &asked,
        );
        assert_eq!(compressed.status(), StatusCode::OK);
    }

    #[test]
    fn brotli_is_given_only_to_those_who_take_it() {
        for (accepted, list) in [
            (true, "gzip, br"),
            (true, "br;q=0.5"),
            (false, "gzip"),
            (false, "br;q=0, gzip"),
            (false, "brr"),
        ] {
            assert_eq!(
                accepts_brotli(&headers(&[(ACCEPT_ENCODING, list)])),
                accepted,
                "{list}"
            );
        }
        assert!(!accepts_brotli(&HeaderMap::new()));
    }

    #[test]
    fn a_path_cannot_leave_the_site_or_read_what_is_for_the_server() {
        for path in [
            "/../Cargo.toml",
            "/pkg/../../../Cargo.toml",
            "//etc/passwd",
            "/assets.json",
            "/",
            "",
            "/.rustc_info.json",
        ] {
            assert!(file(path, &HeaderMap::new()).is_none(), "{path}");
        }
    }
}

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use super::theme::Theme;
use crate::App;

/// Where the browser finds the compiled app, as URL paths with the hash of their content. The server provides it as a
/// context; without it pages are served as plain documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    /// The script that loads the WASM.
    pub js: String,
    /// The app.
    pub wasm: String,
    /// All styles.
    pub css: String,
}

/// The whole HTML document of a page. Called by the server for every page request.
pub fn shell() -> impl IntoView {
    let theme = Theme::remembered();
    let nonce = use_nonce().map(|nonce| nonce.to_string());
    #[cfg(feature = "ssr")]
    protect(nonce.as_deref());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.forced()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="theme-color" content="#fafbfb" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#111518" media="(prefers-color-scheme: dark)"/>
                <link rel="icon" href="/icon.svg" type="image/svg+xml"/>
                <link rel="apple-touch-icon" href="/icon-192.png"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <link
                    rel="preload"
                    href="/fonts/inter-latin-opsz-normal.woff2"
                    r#as="font"
                    r#type="font/woff2"
                    crossorigin="anonymous"
                />
                <link
                    rel="preload"
                    href="/fonts/jetbrains-mono-latin-wght-normal.woff2"
                    r#as="font"
                    r#type="font/woff2"
                    crossorigin="anonymous"
                />
                {use_context::<Assets>().map(|assets| loading(&assets, nonce))}
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

fn loading(assets: &Assets, nonce: Option<String>) -> impl IntoView + use<> {
    let start = format!(
        "import init, {{ hydrate }} from {js:?}; await init({{ module_or_path: {wasm:?} }}); hydrate();",
        js = assets.js,
        wasm = assets.wasm
    );
    view! {
        <link rel="stylesheet" href=assets.css.clone()/>
        <link rel="modulepreload" href=assets.js.clone() nonce=nonce.clone()/>
        <link
            rel="preload"
            href=assets.wasm.clone()
            r#as="fetch"
            r#type="application/wasm"
            crossorigin="anonymous"
        />
        <script type="module" nonce=nonce>{start}</script>
    }
}

#[cfg(feature = "ssr")]
fn protect(nonce: Option<&str>) {
    if let Some((response, policy)) = use_context::<leptos_axum::ResponseOptions>()
        .zip(http::HeaderValue::from_str(&policy(nonce)).ok())
    {
        response.insert_header(http::header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// The strictest policy under which the app runs: its own files, WASM, and scripts that carry this
/// answer's nonce.
#[cfg(feature = "ssr")]
fn policy(nonce: Option<&str>) -> String {
    let scripts = nonce.map_or_else(
        || "'none'".to_owned(),
        |nonce| format!("'nonce-{nonce}' 'wasm-unsafe-eval'"),
    );
    format!(
        "default-src 'none'; script-src {scripts}; style-src 'self'; connect-src 'self'; \
         img-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn only_scripts_of_this_answer_run() {
        let policy = policy(Some("n0nce"));
        assert!(
            policy.starts_with("default-src 'none'; script-src 'nonce-n0nce' 'wasm-unsafe-eval';")
        );
        for hole in [
            "unsafe-inline",
            "'unsafe-eval'",
            "strict-dynamic",
            "data:",
            "*",
            "http",
        ] {
            assert!(!policy.contains(hole), "{hole}");
        }
    }

    #[test]
    fn without_a_nonce_no_script_runs() {
        assert!(policy(None).contains("script-src 'none';"));
    }
}

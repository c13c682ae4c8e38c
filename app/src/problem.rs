//! What a server function could not do, said to a person: one type for all of them.

use leptos::{
    prelude::*,
    server_fn::{
        ServerFn,
        error::{FromServerFnError, ServerFnErrorErr},
    },
};
use serde::{Deserialize, Serialize};

use crate::ui::{Callout, Tone};

/// Why a page or a form got no answer. `Display` is the sentence that the person reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "problem", content = "sentence", rename_all = "snake_case")]
pub enum Problem {
    /// Nobody is signed in any more.
    SignedOut,
    /// There is nothing of that name in the organisation.
    NotFound(String),
    /// What was asked for cannot be done, and why.
    Refused(String),
    /// It can be done later, and when, where that is known.
    Later(String),
    /// The server could not be reached; whether it did something is unknown.
    Unreachable,
    /// The server could not do what it must be able to do.
    Broken,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::SignedOut => "You are not signed in any more.",
            Self::NotFound(sentence) | Self::Refused(sentence) | Self::Later(sentence) => sentence,
            Self::Unreachable => "The server did not answer. Nothing was decided; try again when the network is back.",
            Self::Broken => "The server could not answer. Nothing was lost and nothing was decided; try again.",
        })
    }
}

impl FromServerFnError for Problem {
    type Encoder = crate::text_json::Text;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::Refused(
                "The form was not complete. Load the page again and fill it in once more."
                    .to_owned(),
            ),
            _ => Self::Broken,
        }
    }
}

/// A problem in place of what a page would show.
#[component]
pub fn ProblemNote(
    /// What it was.
    problem: Problem,
) -> impl IntoView {
    let way_out = match problem {
        Problem::SignedOut => {
            view! { <a class="btn" href="/sign-in" rel="external">"Sign in"</a> }.into_any()
        }
        Problem::NotFound(_) => {
            view! { <a class="btn" href="/inbox">"To the inbox"</a> }.into_any()
        }
        _ => view! { <a class="btn" href="" rel="external">"Try again"</a> }.into_any(),
    };
    view! {
        <Callout tone=Tone::Denied icon="critical" title=problem.to_string() alert=true>
            {way_out}
        </Callout>
    }
}

/// Why a form was refused, above the form.
///
/// Without scripts the reason comes back in the address of the page, where anybody could have written it: then only
/// the usual sentence is said.
#[component]
pub fn Refusal<S>(
    /// What the form does.
    action: ServerAction<S>,
    /// What is said without a reason that can be trusted.
    usual: &'static str,
) -> impl IntoView
where
    S: ServerFn<Error = Problem> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
{
    let sentence = move || {
        let problem = action.value().get()?.err()?;
        let is_from_the_address = action.version().get() == 0;
        Some(if is_from_the_address {
            usual.to_owned()
        } else {
            problem.to_string()
        })
    };
    move || {
        sentence().map(|sentence| {
            view! {
                <Callout tone=Tone::Denied icon="critical" alert=true>
                    <p>{sentence}</p>
                </Callout>
            }
        })
    }
}

#[cfg(feature = "ssr")]
mod server {
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;
    use machinaut_control::{Control, Error, Scope};

    use super::Problem;

    impl From<Error> for Problem {
        /// Also gives the answer its HTTP status, for pages and server functions alike.
        fn from(error: Error) -> Self {
            let status = error.status();
            if let Some((response, wait)) =
                use_context::<ResponseOptions>().zip(error.retry_after())
            {
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                response.insert_header(http::header::RETRY_AFTER, seconds.into());
            }
            if status >= 500 {
                tracing::error!(problem = error.problem(), "{error}");
            }
            // A form that is sent without scripts is led back to its page, which needs the status of
            // a redirect.
            if let Some((response, status)) = use_context::<ResponseOptions>()
                .zip(http::StatusCode::from_u16(status).ok())
                .filter(|_| !is_plain_form())
            {
                response.set_status(status);
            }
            match error {
                Error::Unauthenticated => Self::SignedOut,
                Error::NotFound(_) => Self::NotFound(error.to_string()),
                Error::Busy { .. }
                | Error::TooManyAttempts { .. }
                | Error::SearchUnavailable(_) => Self::Later(error.to_string()),
                Error::Database(_) | Error::Broken(_) => Self::Broken,
                _ => Self::Refused(error.to_string()),
            }
        }
    }

    /// The control plane that the server provides.
    ///
    /// # Errors
    /// [`Problem::Broken`] where the server provides none.
    pub fn control() -> Result<Control, Problem> {
        use_context().ok_or(Problem::Broken)
    }

    /// Leads a form that was sent without scripts to `path`; scripts go on by themselves.
    pub fn redirect_plain_form(path: &str) {
        if is_plain_form() {
            leptos_axum::redirect(path);
        }
    }

    /// Whether this is a form that a browser sent by itself, and not a script or the request for a page.
    fn is_plain_form() -> bool {
        use_context::<http::request::Parts>().is_some_and(|parts| {
            let accepted = parts.headers.get(http::header::ACCEPT);
            parts.method == http::Method::POST
                && accepted
                    .and_then(|accepted| accepted.to_str().ok())
                    .is_some_and(|accepted| accepted.contains("text/html"))
        })
    }

    /// Who acts.
    ///
    /// # Errors
    /// [`Problem::SignedOut`] where nobody is signed in.
    pub fn scope() -> Result<Scope, Problem> {
        use_context().ok_or_else(|| Error::Unauthenticated.into())
    }
}

#[cfg(feature = "ssr")]
pub use server::{control, redirect_plain_form, scope};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_survives_the_way_to_the_browser() {
        for problem in [
            Problem::SignedOut,
            Problem::Refused("No.".to_owned()),
            Problem::Unreachable,
        ] {
            assert_eq!(Problem::de(problem.ser()), problem);
        }
    }

    #[test]
    fn an_answer_that_is_not_ours_is_broken_and_not_echoed() {
        assert_eq!(
            Problem::de("<html>502 Bad Gateway</html>".into()),
            Problem::Broken
        );
    }
}

#[cfg(all(test, feature = "ssr"))]
mod kinds {
    use std::time::Duration;

    use machinaut_control::Error;

    use super::Problem;

    #[test]
    fn what_can_be_done_later_is_told_apart_from_what_cannot_be_done() {
        let retry_after = Duration::from_secs(5);
        for later in [
            Error::Busy { retry_after },
            Error::TooManyAttempts { retry_after },
            Error::SearchUnavailable("Meilisearch does not answer."),
        ] {
            let sentence = later.to_string();
            assert_eq!(Problem::from(later), Problem::Later(sentence));
        }
        let refused = Error::invalid("name", "is too long");
        assert!(matches!(Problem::from(refused), Problem::Refused(_)));
        assert_eq!(Problem::from(Error::Broken("it holds")), Problem::Broken);
    }
}

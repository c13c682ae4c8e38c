use leptos::prelude::*;

use crate::{problem::Problem, ui::Field};

/// The shortest password that is accepted.
const PASSWORD_LENGTH: &str = "12";

/// The email and password fields of both forms.
#[component]
pub(super) fn Credentials(
    /// The email that is known already.
    #[prop(into)]
    email: String,
    /// Whether the password is chosen here.
    is_new: bool,
) -> impl IntoView {
    let hint = if is_new {
        "At least 12 characters."
    } else {
        ""
    };
    view! {
        <Field id="email" label="Email">
            <input
                class="input"
                id="email"
                name="email"
                type="email"
                autocomplete="username"
                placeholder="you@company.example"
                value=email
                required=true
            />
        </Field>
        <Field id="password" label="Password" hint=hint>
            <input
                class="input"
                id="password"
                name="password"
                type="password"
                autocomplete=if is_new { "new-password" } else { "current-password" }
                minlength=is_new.then_some(PASSWORD_LENGTH)
                aria-describedby=is_new.then_some("password-hint")
                required=true
            />
        </Field>
    }
}

/// Goes on to where the server says, with a page that is loaded anew: who is looking has changed.
#[cfg(feature = "hydrate")]
pub(super) fn go_on(done: Option<Result<String, Problem>>) {
    if let Some(Ok(next)) = done {
        // Refused only for an address that is none; the server made this one.
        drop(window().location().assign(&next));
    }
}

/// On the server a redirect goes on.
#[cfg(not(feature = "hydrate"))]
pub(super) fn go_on(_: Option<Result<String, Problem>>) {}

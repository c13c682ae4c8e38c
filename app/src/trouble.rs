use leptos::prelude::*;

use crate::problem::Problem;
use crate::ui::{Callout, Icon, Tone};

/// A page that could not be read: what is the matter, what it means, and what to do.
#[component]
pub fn Trouble(
    /// What could not be done, in a sentence.
    title: &'static str,
    /// Why.
    problem: Problem,
    /// What it means for what the person came for.
    consequence: &'static str,
    /// Tries again.
    retry: Callback<()>,
) -> impl IntoView {
    let what_to_do = match problem {
        Problem::SignedOut => {
            view! { <a class="btn" href="/sign-in" rel="external">"Sign in"</a> }.into_any()
        }
        Problem::NotFound(_) => {
            view! { <a class="btn" href="/inbox">"To the inbox"</a> }.into_any()
        }
        _ => view! {
            <button class="btn" type="button" on:click=move |_| retry.run(())>
                <Icon name="refresh"/>
                "Try again"
            </button>
        }
        .into_any(),
    };
    view! {
        <main id="main" class="page">
            <Callout tone=Tone::Denied icon="critical" title alert=true>
                <p>{problem.to_string()} " " {consequence}</p>
                <div class="flow">{what_to_do}</div>
            </Callout>
        </main>
    }
    .into_any()
}

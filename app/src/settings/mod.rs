//! What an operator sets up.

use leptos::prelude::*;

/// The tokens.
#[component]
pub(crate) fn TokensPage() -> impl IntoView {}

//! The keys that decisions are signed with.

use leptos::prelude::*;

/// The keys.
#[component]
pub(crate) fn KeysPage() -> impl IntoView {}

use leptos::{prelude::*, server_fn::ServerFn};

use super::server;
use crate::ui::Icon;

/// A plain form: the whole page changes with who is looking.
#[component]
pub(crate) fn SignOut() -> impl IntoView {
    view! {
        <form method="post" action=server::SignOut::url()>
            <button class="foot-action" type="submit">
                <Icon name="external"/>
                <span>"Sign out"</span>
            </button>
        </form>
    }
}

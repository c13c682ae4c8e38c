use leptos::prelude::*;

use super::NewToken;
use crate::{
    keys::KeyRow,
    lodestar_config::{Pinned, approvals, exports},
    ui::{Code, Copy, Icon},
    use_viewer,
};

/// The secret of a token, once, and what to do with it.
#[component]
pub(super) fn Created(
    token: NewToken,
    /// The keys to pin along with the channel.
    keys: Vec<KeyRow>,
) -> impl IntoView {
    let (endpoint, is_loopback) = use_viewer()
        .map(|viewer| (viewer.public_url.clone(), viewer.is_loopback_http()))
        .unwrap_or_default();
    let NewToken { row, secret } = token;
    let shell = exports(&secret, row.ships, row.relays);
    let config = row.relays.then(|| {
        let pinned: Vec<Pinned<'_>> = keys
            .iter()
            .filter(|key| key.revoked_at_ms.is_none())
            .map(|key| Pinned {
                approver_id: &key.approver_id,
                public_key: &key.public_key,
            })
            .collect();
        let no_key = pinned.is_empty().then(|| {
            view! {
                <p>
                    "No key is registered yet, so nobody could decide: "
                    <a href="/keys">"make one in the browser that you decide on"</a>
                    ", then this snippet pins it too."
                </p>
            }
        });
        view! {
            <Code caption="Lodestar config" text=approvals(&pinned, &endpoint, is_loopback)/>
            {no_key}
        }
    });
    let ship = row.ships.then(|| {
        let project = row.project.as_deref().unwrap_or("<project>");
        view! {
            <Code caption="Command that ships a session" text=crate::ship_command::ship_command("<session>", project, &endpoint, false)/>
        }
    });
    view! {
        <section class="callout" data-tone="info" role="status">
            <Icon name="tokens"/>
            <div>
                <h2>{format!("{}: copy it now, it is not shown again", row.name)}</h2>
                <div class="secret-once">
                    <code>{secret.clone()}</code>
                    <Copy text=secret label="Copy token"/>
                </div>
                <Code caption="In the shell of the proxy" text=shell/>
                {config}
                {ship}
            </div>
        </section>
    }
}

use leptos::prelude::*;

use super::KeyRow;
use crate::{
    lodestar_config::{Pinned, approvals, pem},
    ui::{Code, Id, Panel},
    use_viewer,
};

/// What the operator pastes so that the guard accepts what this key signs.
#[component]
pub(super) fn PinPanel(key: KeyRow) -> impl IntoView {
    let (endpoint, is_loopback) = use_viewer()
        .map(|viewer| (viewer.public_url.clone(), viewer.is_loopback_http()))
        .unwrap_or_default();
    let pinned = Pinned {
        approver_id: &key.approver_id,
        public_key: &key.public_key,
    };
    let config = approvals(&[pinned], &endpoint, is_loopback);
    let aside = view! { <span>"once, by your operator"</span> }.into_any();
    view! {
        <Panel id="pin" title="Pin this key" aside=aside>
            <div class="panel-body stack">
                <Code caption="Lodestar config" text=config/>
                <p class="muted read-sm">
                    "Only keys that are pinned here count, and we cannot pin one: your guard refuses a decision by \
                     any other key."
                </p>
                <dl class="kv">
                    <dt>"Approver id"</dt>
                    <dd><Id value=key.approver_id label="approver id"/></dd>
                    <dt>"Public key"</dt>
                    <dd><Id value=pem(&key.public_key) shown=key.public_key label="public key"/></dd>
                    <dt>"Fingerprint"</dt>
                    <dd><code class="hash-full">{key.fingerprint}</code></dd>
                </dl>
            </div>
        </Panel>
    }
}

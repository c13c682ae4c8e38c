use leptos::prelude::*;

use super::KeyRow;
use crate::{
    signer::BrowserKey,
    ui::{Ago, Icon, Status, Tone, cut_middle},
};

/// The registered keys, those of this browser marked.
#[component]
pub(super) fn KeyTable(
    rows: Vec<KeyRow>,
    /// The keys of this browser; empty until it was asked.
    #[prop(into)]
    here: Signal<Vec<BrowserKey>>,
) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|row| view! { <Row row=row here=here/> })
        .collect_view();
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label="Approver keys">
            <table class="table table-cards">
                <thead>
                    <tr>
                        <th scope="col">"Approver id"</th>
                        <th scope="col">"Where"</th>
                        <th scope="col">"Fingerprint"</th>
                        <th scope="col">"Made"</th>
                        <th scope="col">"State"</th>
                        <th scope="col"><span class="sr">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: KeyRow, here: Signal<Vec<BrowserKey>>) -> impl IntoView {
    let public_key = row.public_key;
    let is_here =
        Memo::new(move |_| here.with(|here| here.iter().any(|key| key.public_key == public_key)));
    let label = row.label;
    let is_phone = row.approver_id.contains("phone");
    let state = match row.revoked_at_ms {
        Some(_) => view! { <Status tone=Tone::Neutral icon="x" text="revoked"/> }.into_any(),
        None => view! { <Status tone=Tone::Neutral icon="check" text="registered"/> }.into_any(),
    };
    let actions = row.revoked_at_ms.is_none().then(|| {
        view! {
            <span class="row-actions">
                <a class="btn btn-quiet" href=format!("/keys?key={}", row.id)>"Pin…"</a>
                <a class="btn btn-quiet" href=format!("/keys?revoke={}", row.id)>"Revoke…"</a>
            </span>
        }
    });
    view! {
        <tr>
            <th scope="row">
                <span class="who">
                    <Icon name=if is_phone { "phone" } else { "laptop" }/>
                    <code>{row.approver_id}</code>
                </span>
            </th>
            <td data-label="where">
                {move || if is_here.get() { "this browser".to_owned() } else { label.clone() }}
            </td>
            <td data-label="fingerprint"><code title=row.fingerprint.clone()>{cut_middle(&row.fingerprint)}</code></td>
            <td class="muted" data-label="made"><Ago at_ms=row.created_at_ms/></td>
            <td data-label="state">{state}</td>
            <td class="end">{actions}</td>
        </tr>
    }
}

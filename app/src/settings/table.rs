use leptos::prelude::*;

use super::TokenRow;
use crate::ui::{Ago, Status, Tone};

/// The tokens.
#[component]
pub(super) fn TokenTable(rows: Vec<TokenRow>) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|row| view! { <Row row=row/> })
        .collect_view();
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label="Tokens">
            <table class="table table-cards">
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Can"</th>
                        <th scope="col">"Project"</th>
                        <th scope="col">"Begins"</th>
                        <th scope="col">"Made"</th>
                        <th scope="col">"Last used"</th>
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
fn Row(row: TokenRow) -> impl IntoView {
    let last_used = match row.last_used_at_ms {
        Some(at) => view! { <Ago at_ms=at/> }.into_any(),
        None => "never".into_any(),
    };
    let (tone, icon, state) = state(&row);
    let revoke = row.revoked_at_ms.is_none().then(|| {
        view! { <a class="btn btn-quiet" href=format!("/settings/tokens?revoke={}", row.id)>"Revoke…"</a> }
    });
    view! {
        <tr>
            <th scope="row">{row.name}</th>
            <td data-label="can">{can(row.ships, row.relays)}</td>
            <td data-label="project">{row.project.unwrap_or_else(|| "any project".to_owned())}</td>
            <td data-label="begins"><code>{row.begins}</code></td>
            <td class="muted" data-label="made"><Ago at_ms=row.created_at_ms/></td>
            <td class="muted" data-label="last used">{last_used}</td>
            <td data-label="state"><Status tone=tone icon=icon text=state/></td>
            <td class="end">{revoke}</td>
        </tr>
    }
}

const fn can(ships: bool, relays: bool) -> &'static str {
    match (ships, relays) {
        (true, true) => "ship sessions, relay decisions",
        (true, false) => "ship sessions",
        (false, true) => "relay decisions",
        (false, false) => "nothing",
    }
}

const fn state(row: &TokenRow) -> (Tone, &'static str, &'static str) {
    match (row.revoked_at_ms, row.last_used_at_ms) {
        (Some(_), _) => (Tone::Neutral, "x", "revoked"),
        (None, None) => (Tone::Neutral, "clock", "waiting for first use"),
        (None, Some(_)) => (Tone::Granted, "check", "in use"),
    }
}

//! An inbox with nothing in it, and what to do about that.

use leptos::prelude::*;

use crate::lodestar_config::{approvals, exports};
use crate::ship_command::ship_command;
use crate::ui::{Code, Empty};
use crate::viewer::{Viewer, use_viewer};

/// Nothing waits, though agents do speak to us.
#[component]
pub fn NothingWaits() -> impl IntoView {
    view! {
        <div class="panel">
            <Empty icon="inbox" title="Nothing waits for you">
                <p>"When an agent wants something that it must not do alone, it appears here at once."</p>
                <a class="btn" href="/keys">"Have a key ready in this browser"</a>
            </Empty>
        </div>
    }
    .into_any()
}

/// No agent has spoken to us yet: the way to the first hold, in lines to paste.
#[component]
pub fn FirstSteps() -> impl IntoView {
    let viewer = use_viewer();
    let is_loopback_http = viewer.as_ref().is_some_and(Viewer::is_loopback_http);
    let endpoint = viewer.map(|viewer| viewer.public_url).unwrap_or_default();
    view! {
        <div class="page-narrow stack-6">
            <div>
                <h2>"No agent has spoken to us yet"</h2>
                <p class="lede">
                    "Four lines in Lodestar’s config, one command, and the first session is here within a minute. \
                     Lodestar stays on your machine; we get copies."
                </p>
            </div>
            <ol class="steps-list">
                <li>
                    <div>
                        <h2>"A token"</h2>
                        <p>"It lets your guard ship sessions and ask for decisions. It is shown once."</p>
                        <a class="btn btn-primary" href="/settings/tokens">"Make a token"</a>
                        <Code caption="in the shell of the proxy" text=exports("…", true, true)/>
                    </div>
                </li>
                <li>
                    <div>
                        <h2>"Let holds reach you"</h2>
                        <p>
                            "Make a "<a href="/keys">"key in this browser"</a>
                            " and pin it; its page has the lines. This is the channel, for Lodestar’s config:"
                        </p>
                        <Code caption="Lodestar config" text=approvals(&[], &endpoint, is_loopback_http)/>
                    </div>
                </li>
                <li>
                    <div>
                        <h2>"Ship a session"</h2>
                        <p>"Send one that you already have, or let the agent make a new one."</p>
                        <Code caption="command" text=ship_command("<session>", "<project>", &endpoint, false)/>
                    </div>
                </li>
                <li>
                    <div>
                        <h2>"Waiting for the first event"</h2>
                        <p class="guard" data-tone="info" role="status">
                            <span class="dot" data-live=""></span>
                            <span>"Listening. It appears here by itself."</span>
                        </p>
                    </div>
                </li>
            </ol>
        </div>
    }
    .into_any()
}

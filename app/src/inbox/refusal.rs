//! The guard refused a signature: said loudly, with what to do about it.

use leptos::prelude::*;

use super::model::{DecisionView, Verdict};
use crate::ui::clock::{span, use_now};
use crate::ui::{Callout, Code, Tone};

/// What happened, most likely why, and the lines that pin the key.
#[component]
pub fn Refusal(
    /// The refused decision.
    decision: DecisionView,
    /// Until when another one counts.
    deadline: Option<i64>,
) -> impl IntoView {
    let now = use_now();
    let left = move || match deadline {
        Some(deadline) if deadline > now.get() => {
            format!(" {} are left.", span(deadline - now.get()))
        }
        Some(_) => " No time is left for this hold.".to_owned(),
        None => String::new(),
    };
    let consequence = match decision.verdict {
        Verdict::Granted => "The guard refused this signature. The action has not run.",
        Verdict::Denied => {
            "The guard refused this signature. The denial does not count; a passed deadline denies too."
        }
    };
    view! {
        <Callout tone=Tone::Denied icon="guard-x" title=consequence alert=true>
            <p>
                "Most often the key is not pinned. Your operator adds it to Lodestar’s config and restarts the \
                 proxy; then decide again."<strong>{left}</strong>
            </p>
            <Code
                caption="Lodestar config, approvals.authorized_keys"
                text=pin(&decision.approver, &decision.public_key)
                wrap=true
            />
        </Callout>
    }
    .into_any()
}

/// The entry that pins a key, as it stands in Lodestar's config.
fn pin(approver: &str, public_key: &str) -> String {
    let text = |text: &str| serde_json::Value::from(text.trim_end()).to_string();
    format!(
        "{{ \"actor_id\": {},\n  \"public_key\": {} }}",
        text(approver),
        text(public_key)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_is_json_that_pins_the_key() {
        let pem = "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n";
        let entry: serde_json::Value = serde_json::from_str(&pin("human:a@\"b\"", pem)).unwrap();
        assert_eq!(entry["actor_id"], "human:a@\"b\"");
        assert_eq!(entry["public_key"], pem.trim_end());
    }
}

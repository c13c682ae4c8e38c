use leptos::prelude::*;

use super::Copy;

/// Longer ones are cut in the middle.
const SHOWN_WHOLE: usize = 24;

/// Cuts an id or a hash in its middle, so that both ends can be compared. A scheme in front (`sha256:`) stays.
pub fn cut_middle(value: &str) -> String {
    let (scheme, rest) = match value.split_once(':') {
        Some(("sha256", rest)) => ("sha256:", rest),
        Some(("SHA256", rest)) => ("SHA256:", rest),
        _ => match value.strip_prefix("session-") {
            Some(rest) => ("session-", rest),
            None => ("", value),
        },
    };
    let count = rest.chars().count();
    if count <= SHOWN_WHOLE {
        return value.to_owned();
    }
    let head: String = rest.chars().take(8).collect();
    let tail: String = rest.chars().skip(count - 4).collect();
    format!("{scheme}{head}…{tail}")
}

/// An id as it may stand in a line: cut in the middle, and nothing in it acts on the page.
pub fn short_id(value: &str) -> String {
    visible(&cut_middle(value))
}

/// An id: cut in the middle, whole in its title and on the clipboard.
#[component]
pub fn Id(
    /// The whole id.
    #[prop(into)]
    value: String,
    /// What it is, for example `request id`.
    label: &'static str,
    /// Shown in place of the value; what is copied stays the whole value.
    #[prop(optional, into)]
    shown: Option<String>,
) -> impl IntoView {
    let cut = short_id(shown.as_ref().unwrap_or(&value));
    view! {
        <span class="id">
            <code title=value.clone()>{cut}</code>
            <Copy text=value label=format!("Copy {label}")/>
        </span>
    }
}

/// A hash that must be compared, whole.
#[component]
pub fn HashFull(
    /// The hash as hex, or a fingerprint in groups.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    view! { <code class="hash-full">{value}</code> }
}

/// Ids come from envelopes too: what would act on the page is shown as its code point.
fn visible(text: &str) -> String {
    super::said::pieces(text)
        .into_iter()
        .map(|piece| match piece {
            super::said::Piece::Plain(text) => text,
            super::said::Piece::Shown(character) => format!("‹U+{:04X}›", u32::from(character)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_cut_in_the_middle() {
        assert_eq!(
            cut_middle("50eb55ca-e65e-4e4d-a21e-d4dfb5d5fd5f"),
            "50eb55ca…fd5f"
        );
    }

    #[test]
    fn the_scheme_of_a_hash_stays() {
        let hash = "sha256:6df5814b86984a0c9e056cfb1a469ced9fad4c2997e6a6f8fb08a6f04b998c64";
        assert_eq!(cut_middle(hash), "sha256:6df5814b…8c64");
    }

    #[test]
    fn a_session_is_told_by_what_comes_after_the_word() {
        assert_eq!(
            cut_middle("session-1bbf3a66-a1e7-436a-b495-51e34c990c99"),
            "session-1bbf3a66…0c99"
        );
    }

    #[test]
    fn a_short_id_stays_whole() {
        assert_eq!(cut_middle("sess-dev-multi-hold"), "sess-dev-multi-hold");
    }

    #[test]
    fn letters_of_several_bytes_are_cut_between_letters() {
        assert_eq!(
            cut_middle(&"é".repeat(30)),
            format!("{}…{}", "é".repeat(8), "é".repeat(4))
        );
    }

    #[test]
    fn an_id_cannot_turn_its_line_around() {
        assert_eq!(visible("a\u{202e}b"), "a‹U+202E›b");
    }
}

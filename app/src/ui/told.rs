use leptos::prelude::*;
use machinaut_chain::sentence::{Part, Sentence};

use super::said::{Piece, pieces};
use super::{Id, Said};

/// Whether a sentence is told while it happens or afterwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tense {
    /// "wants to push"
    #[default]
    Present,
    /// "wanted to push"
    Past,
}

/// A sentence in its voices: our words plain, names of agents strong, an agent's words quoted.
#[component]
pub fn Told(
    /// The sentence.
    sentence: Sentence,
    /// When it is told.
    #[prop(optional)]
    tense: Tense,
) -> impl IntoView {
    sentence
        .0
        .into_iter()
        .enumerate()
        .map(|(place, part)| {
            let space = (place > 0).then_some(" ");
            let part = match part {
                Part::Ours(words) => view! { <span>{in_tense(words, tense)}</span> }.into_any(),
                Part::Actor(name) if stands_plain(&name) => {
                    view! { <strong class="agent">{name}</strong> }.into_any()
                }
                Part::Actor(name) => view! { <Said text=name/> }.into_any(),
                Part::Said(words) => view! { <Said text=words/> }.into_any(),
                Part::Id(id) => view! { <Id value=id label="id"/> }.into_any(),
            };
            view! { {space}{part} }
        })
        .collect_view()
}

/// A sentence for the title of a page: one line of text, without what would act on it.
pub fn as_title(sentence: &Sentence) -> String {
    let text = sentence.to_text();
    pieces(&text)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Plain(text) => Some(text),
            Piece::Shown(_) => None,
        })
        .collect()
}

fn in_tense(words: String, tense: Tense) -> String {
    match (tense, words.strip_prefix("wants to")) {
        (Tense::Past, Some(rest)) => format!("wanted to{rest}"),
        _ => words,
    }
}

/// Whether a name may stand outside a quotation: short, and of characters that cannot pass for our words.
fn stands_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 48
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '@' | '/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_settled_is_told_in_the_past() {
        assert_eq!(
            in_tense("wants to push branch".to_owned(), Tense::Past),
            "wanted to push branch"
        );
        assert_eq!(
            in_tense("wants to push branch".to_owned(), Tense::Present),
            "wants to push branch"
        );
    }

    #[test]
    fn a_title_cannot_be_turned_around() {
        let sentence = Sentence::new()
            .actor("a")
            .ours("wants to push")
            .said("x\u{202e}y\nz");
        assert_eq!(as_title(&sentence), "a wants to push “xyz”");
    }

    #[test]
    fn a_name_that_could_pass_for_our_words_does_not_stand_plain() {
        assert!(stands_plain("claude-code"));
        assert!(!stands_plain("approved by the guard"));
        assert!(!stands_plain("a\u{202e}b"));
        assert!(!stands_plain(""));
        assert!(!stands_plain(&"a".repeat(49)));
    }
}

//! The words of an agent: data to display, in dashes and mono, so that nobody takes them for ours.
//!
//! What could deceive the eye is taken apart before it reaches the page. A control, bidi or invisible character is
//! shown as its code point and has no effect; a pile of combining marks is cut after the marks that real writing uses.

use leptos::prelude::*;

use super::Icon;

/// A stretch of an agent's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text that looks like what it is.
    Plain(String),
    /// A character that would act on the page or not be seen, by its code point.
    Shown(char),
}

/// Real scripts put up to three marks on a letter; more of them paint over their neighbours.
const MARKS_IN_A_ROW: u32 = 3;

/// Where line ends and tabs are text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    OneLine,
    Block,
}

/// Takes one line of an agent's words apart; line ends and tabs are shown too.
pub fn pieces(text: &str) -> Vec<Piece> {
    split(text, Space::OneLine)
}

/// Takes a block of an agent's words apart; its lines and tabs stay.
pub fn block_pieces(text: &str) -> Vec<Piece> {
    split(text, Space::Block)
}

fn split(text: &str, space: Space) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut marks = 0;
    for character in text.chars() {
        marks = if is_combining(character) {
            marks + 1
        } else {
            0
        };
        let is_layout = space == Space::Block && matches!(character, '\n' | '\t');
        if !is_layout && (acts_or_hides(character) || marks > MARKS_IN_A_ROW) {
            if !plain.is_empty() {
                pieces.push(Piece::Plain(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Shown(character));
        } else {
            plain.push(character);
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Plain(plain));
    }
    pieces
}

/// Controls, bidi controls, invisible and look-like-nothing characters, and private use.
const fn acts_or_hides(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffc}' | '\u{e000}'..='\u{f8ff}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
}

/// The blocks of marks that stack without limit, Thai and Lao vowels among them.
const fn is_combining(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{6d6}'..='\u{6ed}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}'
        | '\u{eb1}' | '\u{eb4}'..='\u{ebc}' | '\u{ec8}'..='\u{ece}' | '\u{f71}'..='\u{f84}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{2de0}'..='\u{2dff}' | '\u{302a}'..='\u{302f}'
        | '\u{fe20}'..='\u{fe2f}')
}

fn view_of(pieces: Vec<Piece>) -> impl IntoView {
    pieces
        .into_iter()
        .map(|piece| match piece {
            Piece::Plain(text) => view! { <span>{text}</span> }.into_any(),
            Piece::Shown(character) => {
                view! { <span class="ctl">{format!("U+{:04X}", u32::from(character))}</span> }
                    .into_any()
            }
        })
        .collect_view()
}

/// An agent's words inline.
#[component]
pub fn Said(
    /// As they stand in the envelope.
    #[prop(into)]
    text: String,
    /// In a row of their own.
    #[prop(optional)]
    long: bool,
) -> impl IntoView {
    view! { <q class="said" data-long=long.then_some("")>{view_of(pieces(&text))}</q> }
}

/// An agent's words at length, with who said them and what they are.
#[component]
pub fn SaidBlock(
    /// Who and what, for example `tool output, untrusted`.
    #[prop(into)]
    caption: String,
    /// As they stand in the envelope.
    #[prop(into)]
    text: String,
    /// A link at the end of the caption.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <figure class="said-block">
            <figcaption>
                <Icon name="quote"/>
                <span>{caption}</span>
                {children.map(|aside| view! { <span class="aside">{aside()}</span> })}
            </figcaption>
            <pre>{view_of(block_pieces(&text))}</pre>
        </figure>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Piece {
        Piece::Plain(text.to_owned())
    }

    #[test]
    fn ordinary_text_stays_one_piece() {
        assert_eq!(
            pieces("push branch naïve café ☕ 日本"),
            [plain("push branch naïve café ☕ 日本")]
        );
    }

    #[test]
    fn a_bidi_override_is_shown_and_not_obeyed() {
        assert_eq!(
            pieces("safe\u{202e}gpj.exe"),
            [plain("safe"), Piece::Shown('\u{202e}'), plain("gpj.exe")]
        );
    }

    #[test]
    fn every_bidi_and_invisible_character_is_shown() {
        for hidden in [
            '\u{61c}',
            '\u{200b}',
            '\u{200e}',
            '\u{200f}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            assert_eq!(pieces(&hidden.to_string()), [Piece::Shown(hidden)]);
        }
    }

    #[test]
    fn a_line_end_is_shown_in_a_line_and_kept_in_a_block() {
        assert_eq!(pieces("a\nb"), [plain("a"), Piece::Shown('\n'), plain("b")]);
        assert_eq!(block_pieces("a\n\tb"), [plain("a\n\tb")]);
        assert_eq!(
            block_pieces("a\rb"),
            [plain("a"), Piece::Shown('\r'), plain("b")]
        );
    }

    #[test]
    fn a_pile_of_marks_is_cut_after_three() {
        let pile = format!("o{}", "\u{301}".repeat(5));
        let kept = format!("o{}", "\u{301}".repeat(3));
        assert_eq!(
            pieces(&pile),
            [
                plain(&kept),
                Piece::Shown('\u{301}'),
                Piece::Shown('\u{301}')
            ]
        );
    }

    #[test]
    fn nothing_said_is_nothing_shown() {
        assert_eq!(pieces(""), []);
    }
    #[cfg(feature = "ssr")]
    #[test]
    fn markup_that_an_agent_wrote_stays_text() {
        use leptos::prelude::RenderHtml;

        let attack = r#"</q><img src=x onerror="alert(1)"><script>alert(2)</script>"#;
        let inline = view! { <Said text=attack/> }.to_html();
        let block = view! { <SaidBlock caption=attack text=attack/> }.to_html();
        for html in [inline, block] {
            assert!(
                !html.contains("<img") && !html.contains("<script"),
                "{html}"
            );
            assert!(html.contains("&lt;img"), "{html}");
        }
    }
}

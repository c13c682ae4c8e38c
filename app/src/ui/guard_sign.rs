use leptos::prelude::*;

use super::clock::{ago, span, use_now};

/// A guard asks again about 100 ms after each answer, and we hold an answer for up to 10 s and at most the 15 s that
/// it waits. Silent for longer than this, nobody may be waiting.
const SILENT_AFTER_MS: i64 = 20_000;
/// Questions that change nothing are no news: for as long as a guard may be waiting, what is shown of it is read
/// again this often. A guard that comes back after a longer silence is news.
const READ_AGAIN_MS: i64 = 5_000;
const GIVEN_UP_AFTER_MS: i64 = 60_000;

/// The guard's sign of life: it polls for as long as it waits, and silence means that nobody may be waiting.
#[component]
pub fn GuardSign(
    /// When it asked last; none when it never has.
    #[prop(into)]
    last_polled_ms: Signal<Option<i64>>,
    /// The short form of a row.
    #[prop(optional)]
    slim: bool,
) -> impl IntoView {
    let now = use_now();
    let sign = Memo::new(move |_| sign(last_polled_ms.get(), now.get()));
    let words = move || {
        let sign = sign.get();
        if slim {
            view! { <span>{sign.slim}</span> }.into_any()
        } else {
            view! { <span><strong>{sign.strong}</strong>{sign.rest}</span> }.into_any()
        }
    };
    view! {
        <span class="guard" data-tone=move || sign.get().tone>
            <span
                class="dot"
                data-live=move || sign.get().is_live.then_some("")
                data-hollow=move || (!sign.get().is_live).then_some("")
            ></span>
            {words}
        </span>
    }
}

/// Whether it is time to read again when the guard asked last; true once in every few seconds of a clock that ticks
/// each second.
pub fn is_worth_reading_again(last_polled: Option<i64>, now: i64) -> bool {
    last_polled.is_some_and(|last| {
        let silence = now.saturating_sub(last);
        (READ_AGAIN_MS..GIVEN_UP_AFTER_MS).contains(&silence) && silence % READ_AGAIN_MS < 1_000
    })
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Sign {
    tone: &'static str,
    is_live: bool,
    slim: String,
    strong: String,
    rest: String,
}

fn sign(last_polled: Option<i64>, now: i64) -> Sign {
    let Some(last) = last_polled else {
        return Sign {
            tone: "neutral",
            is_live: false,
            slim: "guard not seen".to_owned(),
            strong: "No guard has asked yet.".to_owned(),
            rest: " Nobody may be waiting.".to_owned(),
        };
    };
    let silence = now.saturating_sub(last);
    if silence < SILENT_AFTER_MS {
        Sign {
            tone: "granted",
            is_live: true,
            slim: "guard waiting".to_owned(),
            strong: "The guard is waiting".to_owned(),
            rest: format!(", last asked {}", ago(last, now)),
        }
    } else {
        let silence = span(silence);
        Sign {
            tone: "hold",
            is_live: false,
            slim: format!("silent for {silence}"),
            strong: format!("The guard has not asked for {silence}."),
            rest: " Nobody may be waiting.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_that_asked_within_a_held_answer_is_waiting() {
        let sign = sign(Some(0), 15_000);
        assert!(sign.is_live);
        assert_eq!(sign.slim, "guard waiting");
    }

    #[test]
    fn a_silent_guard_is_said_to_be_silent() {
        let sign = sign(Some(0), 180_000);
        assert!(!sign.is_live);
        assert_eq!(sign.strong, "The guard has not asked for 3 min.");
    }

    #[test]
    fn a_guard_that_asks_on_is_read_again_until_it_has_been_silent_for_long() {
        let due = |silence| is_worth_reading_again(Some(0), silence);
        assert!(due(5_000) && due(10_900) && due(55_000));
        assert!(!due(0) && !due(4_999) && !due(6_000) && !due(60_000));
        assert!(!is_worth_reading_again(None, 5_000));
    }

    #[test]
    fn a_guard_that_never_asked_is_not_called_silent() {
        assert_eq!(sign(None, 0).slim, "guard not seen");
    }
}

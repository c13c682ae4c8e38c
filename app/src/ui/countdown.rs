use leptos::prelude::*;

use super::clock::{hms, iso, left, use_now};

/// From here on a deadline is shown as urgent.
const URGENT_MS: i64 = 2 * 60 * 1_000;

/// The time that is left until a deadline, ticking.
#[component]
pub fn Countdown(
    /// Milliseconds since 1970.
    deadline_ms: i64,
    /// Read out by screen readers as a timer; once on a page.
    #[prop(optional)]
    timer: bool,
) -> impl IntoView {
    let now = use_now();
    let text = Memo::new(move |_| left(deadline_ms, now.get()));
    let urgent = Memo::new(move |_| deadline_ms.saturating_sub(now.get()) < URGENT_MS);
    view! {
        <span
            class="countdown"
            role=timer.then_some("timer")
            data-urgent=move || urgent.get().then_some("")
            title=iso(deadline_ms)
        >
            {move || text.get()}
        </span>
    }
}

/// The box under the sentence of a hold: what is left, until when, and the guard's sign of life.
#[component]
pub fn Clock(
    /// When the guard asked; the bar shows the share of the time that is left since then.
    asked_ms: Option<i64>,
    /// When a decision stops to count; none means that the guard waits without end.
    deadline_ms: Option<i64>,
    /// The guard's line.
    children: Children,
) -> impl IntoView {
    let now = use_now();
    let left_view = deadline_ms.map_or_else(
        || view! { <span class="muted">"no deadline"</span> }.into_any(),
        |deadline| {
            let past = Memo::new(move |_| now.get() >= deadline);
            view! {
                <Countdown deadline_ms=deadline timer=true/>
                <span class="muted">
                    {move || if past.get() { "left, the deadline was " } else { "left, until " }}
                    <time datetime=iso(deadline) title=iso(deadline)>{hms(deadline)}</time>
                    " UTC"
                </span>
            }
            .into_any()
        },
    );
    let bar = asked_ms.zip(deadline_ms).map(|(asked, deadline)| {
        let width = Memo::new(move |_| percent_left(asked, deadline, now.get()));
        view! {
            <svg class="clock-bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                <rect width=move || width.get() height="1"></rect>
            </svg>
        }
    });
    view! {
        <section class="clock" aria-label="Time left">
            <div class="clock-left">{left_view}</div>
            {children()}
            {bar}
        </section>
    }
}

/// The share of the whole time that is left, in whole percent.
fn percent_left(asked: i64, deadline: i64, now: i64) -> i64 {
    let whole = deadline.saturating_sub(asked).max(1);
    let left = deadline.saturating_sub(now).clamp(0, whole);
    left.saturating_mul(100) / whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_goes_from_full_to_empty_and_stays_there() {
        assert_eq!(percent_left(0, 1_000, 0), 100);
        assert_eq!(percent_left(0, 1_000, 750), 25);
        assert_eq!(percent_left(0, 1_000, 2_000), 0);
        assert_eq!(percent_left(0, 1_000, -50), 100);
    }

    #[test]
    fn a_deadline_before_the_question_is_an_empty_bar() {
        assert_eq!(percent_left(1_000, 0, 500), 0);
    }
}

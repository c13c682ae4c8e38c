//! What time it is, for every relative time and countdown of a page.
//!
//! The server renders with its own clock and sends that moment along; the browser starts from the same moment, so
//! that both write the same words, and ticks on from there. Deadlines are the guard's and the server's business, so
//! the browser never trusts its own wall clock: it only counts how much time has passed.
//!
//! All times are milliseconds since 1970, UTC.

use leptos::prelude::*;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The server's clock at the moment of rendering; the server provides it as a context for every page.
#[derive(Clone, Copy, Debug)]
pub struct ServerNow(
    /// Milliseconds since 1970, UTC.
    pub i64,
);

#[derive(Clone, Copy)]
struct Clock {
    now: RwSignal<i64>,
    /// What to add to the browser's wall clock to get the server's.
    #[cfg(feature = "hydrate")]
    ahead: StoredValue<i64>,
}

/// Carries the server's clock to the browser and lets it tick. Once, in the root of the app.
pub(crate) fn provide_clock() {
    let rendered_at =
        SharedValue::new(|| use_context::<ServerNow>().map_or(0, |ServerNow(now)| now))
            .into_inner();
    let now = RwSignal::new(rendered_at);
    #[cfg(not(feature = "hydrate"))]
    provide_context(Clock { now });
    #[cfg(feature = "hydrate")]
    {
        let ahead = StoredValue::new(rendered_at - answered_at());
        provide_context(Clock { now, ahead });
        Effect::new(move |_| {
            let tick = set_interval_with_handle(
                move || now.set(browser_now() + ahead.get_value()),
                std::time::Duration::from_secs(1),
            );
            if let Ok(tick) = tick {
                on_cleanup(move || tick.clear());
            }
        });
    }
}

/// The current time for what is shown, moving once a second after hydration.
pub fn use_now() -> Signal<i64> {
    use_context::<Clock>().map_or_else(|| Signal::stored(0), |clock| clock.now.into())
}

/// The server's clock right now, as well as the browser can know it.
#[cfg(feature = "hydrate")]
pub fn server_now() -> i64 {
    browser_now() + use_context::<Clock>().map_or(0, |clock| clock.ahead.get_value())
}

#[cfg(feature = "hydrate")]
fn browser_now() -> i64 {
    millis(js_sys::Date::now())
}

/// When the first byte of this page arrived, by the browser's wall clock: the nearest it knows to the rendering.
#[cfg(feature = "hydrate")]
fn answered_at() -> i64 {
    let Some(performance) = window().performance() else {
        return browser_now();
    };
    let waited = js_sys::Reflect::get(
        &performance.get_entries_by_type("navigation").get(0),
        &"responseStart".into(),
    )
    .ok()
    .and_then(|start| start.as_f64())
    .unwrap_or_default();
    millis(js_sys::Date::now() - performance.now() + waited)
}

/// Whole milliseconds of a JavaScript time. Its range (±8.64e15) is exact in both types.
#[cfg(feature = "hydrate")]
fn millis(time: f64) -> i64 {
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "no From between f64 and i64"
    )]
    let whole = time as i64;
    whole
}

/// How long ago or how far ahead, in one rounded-down unit.
pub fn ago(at: i64, now: i64) -> String {
    let past = now.saturating_sub(at);
    if (-SECOND..5 * SECOND).contains(&past) {
        return "just now".to_owned();
    }
    if past < 0 {
        return format!("in {}", span(past.saturating_neg()));
    }
    format!("{} ago", span(past))
}

/// A length of time in one rounded-down unit: `12 s`, `3 min`, `2 h`, `5 days`.
pub fn span(length: i64) -> String {
    let (count, unit) = match length {
        ..MINUTE => (length / SECOND, "s"),
        MINUTE..HOUR => (length / MINUTE, "min"),
        HOUR..DAY => (length / HOUR, "h"),
        _ => (length / DAY, if length < 2 * DAY { "day" } else { "days" }),
    };
    format!("{count} {unit}")
}

/// What is left until a deadline: `11:29`, `1:02:05`, `3 days`; `0:00` when it has passed.
pub fn left(deadline: i64, now: i64) -> String {
    // Rounded up: a deadline half a second ahead has not passed.
    let seconds = (deadline.saturating_sub(now).max(0) + SECOND - 1) / SECOND;
    let (minutes, hours) = (seconds / 60, seconds / 3_600);
    if hours >= 48 {
        format!("{} days", hours / 24)
    } else if hours > 0 {
        format!("{hours}:{:02}:{:02}", minutes % 60, seconds % 60)
    } else {
        format!("{minutes}:{:02}", seconds % 60)
    }
}

/// `2026-11-23T05:13:53.299Z`.
pub fn iso(at: i64) -> String {
    let (year, month, day) = civil(at.div_euclid(DAY));
    format!(
        "{year:04}-{month:02}-{day:02}T{}.{:03}Z",
        hms(at),
        at.rem_euclid(SECOND)
    )
}

/// `05:13:53`, UTC.
pub fn hms(at: i64) -> String {
    let seconds = at.rem_euclid(DAY) / SECOND;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// The date of a day counted from 1970-01-01 in the Gregorian calendar, after Howard Hinnant's `civil_from_days`.
const fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day_of_year - (153 * march_month + 2) / 5 + 1)
}

/// A time as people read it: relative, with the absolute one in its title.
#[component]
pub fn Ago(
    /// The moment.
    at_ms: i64,
) -> impl IntoView {
    let now = use_now();
    let text = Memo::new(move |_| ago(at_ms, now.get()));
    let absolute = iso(at_ms);
    view! {
        <time datetime=absolute.clone() title=absolute>
            {move || text.get()}
        </time>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_the_day_it_was() {
        assert_eq!(iso(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(iso(1_795_410_833_299), "2026-11-23T05:13:53.299Z");
        assert_eq!(iso(-1), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_past_moment_is_told_in_its_largest_unit() {
        assert_eq!(ago(0, 4_999), "just now");
        assert_eq!(ago(0, 59_999), "59 s ago");
        assert_eq!(ago(0, 3 * MINUTE + 31 * SECOND), "3 min ago");
        assert_eq!(ago(0, 2 * HOUR), "2 h ago");
        assert_eq!(ago(0, DAY), "1 day ago");
        assert_eq!(ago(0, 40 * DAY), "40 days ago");
    }

    #[test]
    fn a_coming_moment_is_told_as_one() {
        assert_eq!(ago(10 * MINUTE, 0), "in 10 min");
    }

    #[test]
    fn what_is_left_is_told_to_the_second_and_never_below_zero() {
        assert_eq!(left(11 * MINUTE + 29 * SECOND, 0), "11:29");
        assert_eq!(left(HOUR + 2 * MINUTE + 5 * SECOND, 0), "1:02:05");
        assert_eq!(left(3 * DAY, 0), "3 days");
        assert_eq!(left(1, 0), "0:01");
        assert_eq!(left(0, 5), "0:00");
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        assert!(ago(i64::MIN, i64::MAX).ends_with("days ago"));
        assert_eq!(left(i64::MIN, i64::MAX), "0:00");
    }
}

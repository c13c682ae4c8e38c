use leptos::prelude::*;

use super::address::Asked;
use super::model::{FacetView, ValueView};
use super::page::Go;
use crate::ui::{Icon, short_id};

/// How many values of a facet are shown before one asks for more.
const SHOWN: usize = 6;

const SPANS: [(&str, &str); 5] = [
    ("", "Any time"),
    ("24h", "Last 24 hours"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
    ("1y", "Last year"),
];

/// What results can be filtered by: beside them at a desk, behind a button on a phone.
///
/// Without scripts it is part of the form; with them every change is followed at once.
#[component]
pub fn Facets(
    /// The facets of what was found.
    facets: Vec<FacetView>,
    /// What is asked.
    asked: Asked,
    /// How much was found.
    total: u64,
) -> impl IntoView {
    let go = Go::here();
    let last = asked.get("last").to_owned();
    let spans = SPANS
        .map(|(span, words)| {
            let href = asked.with("last", span).href();
            view! {
                <label class="check">
                    <input
                        type="radio"
                        name="last"
                        value=span
                        form="search"
                        checked=last == span
                        prop:checked=last == span
                        on:change=move |_| go.to(&href)
                    />
                    <span>{words}</span>
                </label>
            }
        })
        .into_iter()
        .collect_view();
    let facets = facets
        .into_iter()
        .map(|facet| view! { <Facet facet/> })
        .collect_view();
    view! {
        <aside class="facets" id="filters" popover="auto" aria-label="Filters">
            <header class="spread only-phone">
                <h2>"Filters"</h2>
                <button
                    class="btn btn-quiet btn-icon"
                    type="button"
                    aria-label="Close the filters"
                    popovertarget="filters"
                    popovertargetaction="hide"
                >
                    <Icon name="x"/>
                </button>
            </header>
            {facets}
            <fieldset>
                <legend>"Time"</legend>
                {spans}
            </fieldset>
            <button class="btn only-plain" type="submit" form="search">"Apply the filters"</button>
            <button
                class="btn btn-primary btn-block only-phone only-live"
                type="button"
                popovertarget="filters"
                popovertargetaction="hide"
            >
                {format!("Show {}", results(total))}
            </button>
        </aside>
    }
    .into_any()
}

#[component]
fn Facet(facet: FacetView) -> impl IntoView {
    let FacetView { name, mut values } = facet;
    let rest = values.split_off(values.len().min(SHOWN));
    let is_chosen = rest.iter().any(|value| value.is_chosen);
    let more = (!rest.is_empty()).then(|| {
        view! {
            <details open=is_chosen>
                <summary class="muted"><Icon name="chevron" size="14" twist=true/>{rest.len()}" more"</summary>
                {checks(rest)}
            </details>
        }
    });
    view! {
        <fieldset>
            <legend>{capital(&name)}</legend>
            {checks(values)}
            {more}
        </fieldset>
    }
    .into_any()
}

fn checks(values: Vec<ValueView>) -> impl IntoView {
    let go = Go::here();
    values
        .into_iter()
        .map(|value| {
            let ValueView {
                name,
                value,
                count,
                is_chosen,
                href,
            } = value;
            view! {
                <label class="check">
                    <input
                        type="checkbox"
                        name=name.clone()
                        value=value.clone()
                        form="search"
                        checked=is_chosen
                        prop:checked=is_chosen
                        on:change=move |_| go.to(&href)
                    />
                    <span>{value_name(&name, &value)}</span>
                    <span class="num">{grouped(count)}</span>
                </label>
            }
        })
        .collect_view()
}

/// What is filtered by, each with a way to take it back.
#[component]
pub fn FilterChips(
    /// The filters.
    chips: Vec<ValueView>,
    /// What is asked.
    asked: Asked,
) -> impl IntoView {
    let span = Some(asked.get("last")).filter(|span| !span.is_empty());
    let span = span.map(|span| ValueView {
        name: "last".to_owned(),
        value: span.to_owned(),
        count: 0,
        is_chosen: true,
        href: asked.with("last", "").href(),
    });
    let all: Vec<ValueView> = chips.into_iter().chain(span).collect();
    let is_several = all.len() > 1;
    let mut bare = asked.clone();
    for (name, value) in asked.filters() {
        bare = bare.without(name, value);
    }
    let bare = bare.with("last", "").href();
    let chips = all
        .into_iter()
        .map(|chip| {
            let value = value_name(&chip.name, &chip.value);
            view! {
                <li>
                    <a class="chip filter-chip" href=chip.href data-noscroll="">
                        <span class="sr">"Without the filter "</span>
                        <span class="chip-key">{chip.name}</span>
                        <span class="chip-val">{value}</span>
                        <Icon name="x" size="14"/>
                    </a>
                </li>
            }
        })
        .collect_view();
    let clear = is_several.then(|| {
        view! { <li><a class="muted" href=bare data-noscroll="">"Clear all"</a></li> }
    });
    view! { <ul class="chips" aria-label="Filters in use">{chips}{clear}</ul> }
}

/// Words of ours lose their underscores; an id from outside is cut, and shown where it would act.
fn value_name(facet: &str, value: &str) -> String {
    match facet.trim_start_matches('-') {
        "project" | "session" | "agent" | "tool" => short_id(value),
        _ => short_id(&value.replace('_', " ")),
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// "1 result", "1,710 results".
pub fn results(total: u64) -> String {
    if total == 1 {
        "1 result".to_owned()
    } else {
        format!("{} results", grouped(total))
    }
}

/// With a comma between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_in_thousands() {
        assert_eq!(results(1), "1 result");
        assert_eq!(results(0), "0 results");
        assert_eq!(results(999), "999 results");
        assert_eq!(results(1_234_567), "1,234,567 results");
    }

    #[test]
    fn a_value_from_outside_cannot_act_on_its_line() {
        assert_eq!(value_name("tool", "git_push"), "git_push");
        assert_eq!(value_name("-phase", "pending_approval"), "pending approval");
        assert_eq!(value_name("agent", "a\u{202e}b"), "a‹U+202E›b");
    }
}

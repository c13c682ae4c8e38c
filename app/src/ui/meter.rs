use leptos::prelude::*;

use super::Tone;

/// A share of one, with its number.
#[component]
pub fn Meter(
    /// Between 0 and 1.
    share: f64,
    /// What the colour says.
    #[prop(optional)]
    tone: Tone,
) -> impl IntoView {
    let percent = whole_percent(share);
    view! {
        <span class="meter" data-tone=tone.as_str()>
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                <rect width=percent.to_string() height="4"></rect>
            </svg>
            {percent.to_string()}
            " %"
        </span>
    }
}

/// Rounded, between 0 and 100; what is no number is 0.
fn whole_percent(share: f64) -> u8 {
    (1..=100)
        .rev()
        .find(|percent| share * 100.0 >= f64::from(*percent) - 0.5)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_told_in_whole_percent() {
        assert_eq!(
            [0.0, 0.004, 0.005, 0.95, 0.999, 1.0].map(whole_percent),
            [0, 0, 1, 95, 100, 100]
        );
    }

    #[test]
    fn what_is_no_share_stays_on_the_scale() {
        assert_eq!(
            [f64::NAN, f64::INFINITY, -3.0, 40.0].map(whole_percent),
            [0, 100, 0, 100]
        );
    }
}

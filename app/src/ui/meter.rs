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
    let share = share.clamp(0.0, 1.0);
    view! {
        <span class="meter" data-tone=tone.as_str()>
            <svg viewBox="0 0 48 4" preserveAspectRatio="none" aria-hidden="true">
                <rect width=format!("{:.1}", share * 48.0) height="4"></rect>
            </svg>
            {format!("{:.0} %", share * 100.0)}
        </span>
    }
}

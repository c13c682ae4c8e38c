use leptos::prelude::*;

/// One sign of the sprite `public/icons.svg`. It is decoration: the word stands beside it.
#[component]
pub fn Icon(
    /// The name in the sprite, without `i-`.
    name: &'static str,
    /// 14 or 20 pixels instead of the usual 16.
    #[prop(optional, into)]
    size: Option<&'static str>,
    /// Turns with the `details` that it stands in.
    #[prop(optional)]
    twist: bool,
) -> impl IntoView {
    let class = if twist { "icon twist" } else { "icon" };
    view! {
        <svg class=class data-size=size aria-hidden="true">
            <use href=format!("/icons.svg#i-{name}")></use>
        </svg>
    }
}

/// The glyph and hue of a chain kind, the same in every list, graph and legend.
#[component]
pub fn Glyph(
    /// `observation`, `claim`, `evidence`, `belief`, `decision`, `action`, `outcome`, `revision`, `sentinel`,
    /// `approval`, `guard` or `other`.
    kind: &'static str,
    /// 20 pixels instead of 24.
    #[prop(optional)]
    small: bool,
) -> impl IntoView {
    view! {
        <span class="glyph" data-kind=kind data-size=small.then_some("20")>
            <svg class="icon" aria-hidden="true">
                <use href=format!("/icons.svg#i-k-{kind}")></use>
            </svg>
        </span>
    }
}

use leptos::prelude::*;

use super::{Glyph, Icon};

/// The why as a tree. Its children are [`OutlineNode`]s and plain list items.
#[component]
pub fn Outline(
    /// The nodes.
    children: Children,
) -> impl IntoView {
    view! { <ol class="outline">{children()}</ol> }
}

/// One node of the why: a sentence, its facts, and what stands behind it.
#[component]
pub fn OutlineNode(
    /// The chain kind, see [`Glyph`].
    kind: &'static str,
    /// The anchor that a hesitation leads to.
    #[prop(optional, into)]
    id: Option<String>,
    /// What it is, in a sentence.
    title: AnyView,
    /// Secondary facts: confidence, ids, verification.
    #[prop(optional)]
    meta: Option<AnyView>,
    /// Open from the start.
    #[prop(optional)]
    open: bool,
    /// What stands behind it, as list items; none makes a leaf.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let main = view! {
        <Glyph kind=kind/>
        <span class="node-main">
            <span class="node-title">{title}</span>
            {meta.map(|meta| view! { <span class="node-meta">{meta}</span> })}
        </span>
    };
    match children {
        None => view! { <li id=id><div class="node" data-kind=kind>{main}</div></li> }.into_any(),
        Some(children) => view! {
            <li id=id>
                <details open=open>
                    <summary class="node" data-kind=kind>
                        {main}
                        <Icon name="chevron" size="14" twist=true/>
                    </summary>
                    <ol>{children()}</ol>
                </details>
            </li>
        }
        .into_any(),
    }
}

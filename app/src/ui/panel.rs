use leptos::prelude::*;

/// A box with a head.
#[component]
pub fn Panel(
    /// The id of its heading, which names the region.
    id: &'static str,
    /// Its heading.
    #[prop(into)]
    title: String,
    /// What stands at the end of the head.
    #[prop(optional)]
    aside: Option<AnyView>,
    /// Its content, usually a `.panel-body`.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby=id>
            <header class="panel-head">
                <h2 id=id>{title}</h2>
                {aside}
            </header>
            {children()}
        </section>
    }
}

/// The head of a section that has no box.
#[component]
pub fn SectionHead(
    /// The id of the heading, which names the section.
    id: &'static str,
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// How many there are.
    #[prop(optional, into)]
    count: Option<Signal<usize>>,
    /// A word at the end.
    #[prop(optional)]
    note: Option<AnyView>,
) -> impl IntoView {
    view! {
        <div class="section-head">
            <h2 id=id>
                {title}
                {count.map(|count| view! { <span class="count">{move || count.get()}</span> })}
            </h2>
            {note.map(|note| view! { <p>{note}</p> })}
        </div>
    }
}

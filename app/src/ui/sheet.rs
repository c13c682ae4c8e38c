use leptos::{html, prelude::*};

/// Every dialog: a box at a desk, a sheet from below on a phone. Escape closes it, and focus returns to what opened it.
///
/// Its children are one `form` with `header` (whose `h2` has the id `<id>-h`), `.sheet-body` and `footer`.
#[component]
pub fn Sheet(
    /// Whether it is open; the dialog writes back when the person closes it.
    open: RwSignal<bool>,
    /// The id of the dialog.
    id: &'static str,
    /// The form.
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        match (open.get(), dialog.open()) {
            // Refused only for a dialog that is already open or not in the page: then there is nothing to open.
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    view! {
        <dialog class="sheet" id=id aria-labelledby=format!("{id}-h") node_ref=dialog on:close=move |_| open.set(false)>
            {children()}
        </dialog>
    }
}

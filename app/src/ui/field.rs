use leptos::prelude::*;

/// A field of a form with its label.
#[component]
pub fn Field(
    /// The id of the input.
    id: &'static str,
    /// Its label.
    label: &'static str,
    /// A word of help; the input names it with `aria-describedby="<id>-hint"`.
    #[prop(default = "")]
    hint: &'static str,
    /// The input.
    children: Children,
) -> impl IntoView {
    let hint = (!hint.is_empty()).then(|| {
        view! { <span class="hint" id=format!("{id}-hint")>{hint}</span> }
    });
    view! {
        <div class="field">
            <label for=id>{label}</label>
            {children()}
            {hint}
        </div>
    }
}

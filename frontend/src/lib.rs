//! The WASM entry point: takes over the page that the server rendered. Nothing else lives here.

// The type of a whole page is nested deeper than the compiler's default allows.
#![recursion_limit = "512"]

use machinaut_app::App;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called once by the document when this module has been loaded.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
    // From here on the page answers to clicks; scripts and tests can wait for that.
    if let Some(root) = leptos::prelude::document().document_element() {
        // Refused only for a malformed name.
        drop(root.set_attribute("data-hydrated", ""));
    }
}

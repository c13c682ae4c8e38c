use leptos::prelude::*;

use crate::viewer::use_viewer;

#[cfg(feature = "hydrate")]
const MOST: usize = 8;

/// The searches that were made in this browser by the one who is signed in. They never leave it.
#[derive(Clone, Copy)]
pub struct Recent {
    #[cfg_attr(
        not(feature = "hydrate"),
        expect(dead_code, reason = "the server keeps none of them")
    )]
    place: StoredValue<String>,
}

#[cfg_attr(
    not(feature = "hydrate"),
    allow(clippy::unused_self, reason = "only a browser remembers")
)]
impl Recent {
    /// Those of the one who is signed in.
    pub fn of_viewer() -> Self {
        let who = use_viewer().map(|viewer| viewer.email).unwrap_or_default();
        Self {
            place: StoredValue::new(format!("recent searches of {who}")),
        }
    }

    /// The latest first. On the server there are none.
    pub fn list(self) -> Vec<String> {
        #[cfg(feature = "hydrate")]
        if let Some(storage) = storage() {
            let kept = storage.get_item(&self.place.get_value());
            let kept = kept.ok().flatten().unwrap_or_default();
            return kept.lines().take(MOST).map(str::to_owned).collect();
        }
        Vec::new()
    }

    /// Keeps a search as the latest.
    pub fn remember(self, text: &str) {
        #[cfg(feature = "hydrate")]
        if let (Some(storage), false) = (storage(), text.trim().is_empty()) {
            let text = text.trim().replace('\n', " ");
            let mut lines = self.list();
            lines.retain(|line| *line != text);
            lines.insert(0, text);
            lines.truncate(MOST);
            // Refused where it is full: then nothing is remembered.
            drop(storage.set_item(&self.place.get_value(), &lines.join("\n")));
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = text;
    }

    /// Keeps none of them.
    pub fn forget(self) {
        #[cfg(feature = "hydrate")]
        if let Some(storage) = storage() {
            drop(storage.remove_item(&self.place.get_value()));
        }
    }
}

/// None where the browser forbids it.
#[cfg(feature = "hydrate")]
fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

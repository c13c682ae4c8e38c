//! What stands around every page: the document, the navigation, the live connection, the theme and the shortcuts.

mod document;
mod frame;
pub mod live;
mod nothing_here;
mod place;
mod shortcuts;
mod theme;

pub use document::{Assets, shell};
pub(crate) use frame::Frame;
pub(crate) use nothing_here::NothingHere;
pub(crate) use shortcuts::Shortcuts;
#[cfg(feature = "hydrate")]
pub(crate) use shortcuts::{is_hydrated, step, to_search_box};
pub(crate) use theme::{provide_theme, use_theme_switch};

//! Search: every link of every session, found while typing, and the palette that goes anywhere.
//!
//! What is asked stands whole in the address, so that a search can be shared, gone back to, and
//! sent as a plain form. The page without scripts and the page with them show the same results; with
//! scripts they come while one types.

mod address;
#[cfg(feature = "ssr")]
mod anything;
mod facets;
mod hits;
mod model;
mod page;
mod palette;
#[cfg(feature = "ssr")]
mod reading;
mod recent;
mod results;
pub(crate) mod server;
mod start;

pub use page::SearchPage;
pub use palette::Palette;

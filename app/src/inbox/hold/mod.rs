//! The page of one hold: should this run?

mod body;
mod decided;
mod known;
mod page;
mod record;
mod sheets;
mod signing;

pub use page::HoldPage;

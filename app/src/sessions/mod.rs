//! Sessions: the list, one session with its chain by kind, and the raw envelope of one event.
//!
//! What the server says about hashes is checked again in the reader's own browser, over the very
//! lines that were shipped. Until that has happened the page says so, and only then it shows green.

mod breaches;
mod checks;
mod envelope_text;
mod event;
mod incidents;
mod lines;
mod list;
mod model;
mod page;
mod page_parts;
#[cfg(feature = "ssr")]
mod reading;
mod row;
pub(crate) mod server;
mod timeline;

pub use checks::{CheckedEvent, ChecksLine, ChecksPanel, provide_checks};
pub use envelope_text::indent;
pub use event::EventPage;
pub use incidents::IncidentsPage;
pub use lines::{event_href, glyph, glyph_of_type};
pub use list::SessionsPage;
pub use model::HoldLink;
pub use page::{SessionPage, marked_href};
pub use page_parts::plural_name;

/// A value as it may stand in the query of an address.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut out, byte| {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
                out.push(char::from(byte));
            } else {
                use std::fmt::Write;
                // Writing to a String cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
            out
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_add_to_the_query_it_stands_in() {
        assert_eq!(encoded("a&b=c#d é"), "a%26b%3Dc%23d%20%C3%A9");
    }
}

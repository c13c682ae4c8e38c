//! The keys that an operator pinned, as they are written down: Lodestar's `authorized_keys`.
//!
//! The list stands in Lodestar's configuration, and the page Keys shows the part of it that is to
//! be pasted there. All of these are read: the list alone, an object that holds it, Lodestar's
//! whole configuration, and the snippet of the page.

use machinaut_chain::json::{Limits, Value};
use machinaut_chain::signature::Pins;

/// Reads the pinned keys; none where the text holds no such list. The list may be empty, and then
/// no signature counts.
pub fn parse(text: &str) -> Option<Pins> {
    let read = |text: &str| Value::parse(text.as_bytes(), &Limits::default()).ok();
    let value = read(text).or_else(|| {
        // The snippet of the page is members without the braces around them.
        let members = text.trim().trim_end_matches(',');
        read(&format!("{{{members}}}"))
    })?;
    let list = match &value {
        Value::Array(_) => &value,
        _ => value
            .get("authorized_keys")
            .or_else(|| value.at(&["approvals", "authorized_keys"]))?,
    };
    list.as_array()?;
    Pins::parse(list.to_json().as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use machinaut_chain::signature::{Pin, Pins};

    use super::parse;

    const LIST: &str = r#"[{"actor_id":"alice@phone","public_key":"no key"}]"#;

    #[test]
    fn the_list_is_found_wherever_an_operator_keeps_it() {
        let mut pinned = Pins::default();
        pinned.pin("alice@phone", Pin::Unreadable);
        for text in [
            LIST.to_owned(),
            format!(r#"{{"authorized_keys":{LIST}}}"#),
            format!(
                r#"{{"agents":["a"],"approvals":{{"authorized_keys":{LIST},"channel":{{}}}}}}"#
            ),
            format!("\"approvals\": {{\n  \"authorized_keys\": {LIST}\n}},\n"),
            format!("\"authorized_keys\": {LIST}"),
        ] {
            assert_eq!(parse(&text).as_ref(), Some(&pinned), "{text}");
        }
    }

    #[test]
    fn an_empty_list_pins_nothing_and_what_is_no_list_is_not_read() {
        assert_eq!(parse("[]"), Some(Pins::default()));
        for text in ["", "{}", "7", r#"{"authorized_keys":{}}"#, "alice@phone"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

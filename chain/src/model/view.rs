//! Looking into a payload that may have any shape.

use crate::json::Value;

pub(crate) fn field<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    value.get(key)
}

/// A string member. Lone surrogates show as U+FFFD, for facts are ordinary text.
pub(crate) fn text(value: &Value, key: &str) -> Option<String> {
    Some(field(value, key)?.as_text()?.to_display().into_owned())
}

pub(crate) fn number(value: &Value, key: &str) -> Option<f64> {
    field(value, key)?.as_f64()
}

pub(crate) fn flag(value: &Value, key: &str) -> Option<bool> {
    field(value, key)?.as_bool()
}

pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    field(value, key)
        .and_then(Value::as_array)
        .unwrap_or_default()
}

/// The strings of a list; whatever else is in it is passed over.
pub(crate) fn texts(value: &Value, key: &str) -> Vec<String> {
    list(value, key)
        .iter()
        .filter_map(|item| Some(item.as_text()?.to_display().into_owned()))
        .collect()
}

pub(crate) fn json(value: &Value) -> String {
    value.to_json()
}

/// A string as it is, everything else as JSON.
pub(crate) fn shown(value: &Value) -> String {
    match value.as_text() {
        Some(text) => text.to_display().into_owned(),
        None => value.to_json(),
    }
}

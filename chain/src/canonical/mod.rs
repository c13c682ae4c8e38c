//! The one form of a JSON value that is hashed, and its SHA-256.
//!
//! Keys are sorted by UTF-16 code units, there is no white space, and strings and numbers are
//! written as `JSON.stringify` writes them after `JSON.parse`: RFC 8785, and beyond it what
//! JavaScript tolerates. The bytes are made in one pass over the text, without building a value.
//!
//! ```
//! use machinaut_chain::canonical::hash;
//!
//! // However a payload is written, it has one hash; another payload has another.
//! let limits = Default::default();
//! let one = hash(br#"{"tool":"git.push","force":false}"#, &limits)?;
//! assert_eq!(hash(br#"{ "force": false, "tool": "git.\u0070ush" }"#, &limits)?, one);
//! assert_ne!(hash(br#"{"tool":"git.push","force":true}"#, &limits)?, one);
//! # Ok::<(), machinaut_chain::json::Error>(())
//! ```

mod hash;
mod order;
mod writer;

pub use hash::{Hash, NotAHash};

pub(crate) use hash::Hasher;
pub(crate) use writer::Writer;

use crate::json::{Error, Limits, Parser, Value, write_number, write_quoted};
use crate::sorting;

/// The canonical bytes of a JSON text.
///
/// ```
/// use machinaut_chain::canonical::canonicalize;
///
/// let canonical = canonicalize(br#"{ "b": 1.0, "a": [1e2, "\u00e9"] }"#, &Default::default())?;
/// assert_eq!(canonical, r#"{"a":[100,"é"],"b":1}"#.as_bytes());
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
///
/// # Errors
/// Where the bytes are not UTF-8, not JSON, or nested deeper than `limits` allow.
pub fn canonicalize(json: &[u8], limits: &Limits) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::default();
    write(json, *limits, &mut writer)?;
    Ok(writer.finish().to_vec())
}

/// The SHA-256 of the canonical bytes of a JSON text: Lodestar's `canonicalHash(JSON.parse(json))`.
///
/// ```
/// use machinaut_chain::canonical::hash;
///
/// let hash = hash(b" null ", &Default::default())?;
/// assert_eq!(hash.to_string(), "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b");
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
///
/// # Errors
/// As [`canonicalize`].
pub fn hash(json: &[u8], limits: &Limits) -> Result<Hash, Error> {
    let mut writer = Writer::default();
    write(json, *limits, &mut writer)?;
    Ok(Hash::of(writer.finish()))
}

fn write(json: &[u8], limits: Limits, writer: &mut Writer) -> Result<(), Error> {
    Parser::from_bytes(json, limits.nesting)
        .and_then(|mut parser| {
            parser.value(writer)?;
            parser.finish()
        })
        .map_err(|fault| Error::at(json, fault))
}

/// The canonical bytes of a value.
pub(crate) fn of_value(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    append(value, &mut out);
    out
}

fn append(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(*number, out),
        Value::String(text) => {
            write_quoted(text, out);
        }
        Value::Array(items) => {
            out.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                append(item, out);
            }
            out.push(b']');
        }
        Value::Object(object) => {
            let members: Vec<_> = object.iter().collect();
            let members = sorting::sorted(members, |(one, _), (other, _)| one.cmp(other));
            out.push(b'{');
            for (place, (key, value)) in members.into_iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write_quoted(key, out);
                out.push(b':');
                append(value, out);
            }
            out.push(b'}');
        }
    }
}

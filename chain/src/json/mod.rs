//! JSON as JavaScript reads and writes it.
//!
//! Lodestar hashes what `JSON.parse` gave it, so a reader that is stricter or looser than
//! `JSON.parse` comes to other hashes. This one keeps lone surrogates, turns `1e400` into infinity
//! (written as `null`), lets the last of two equal keys win, and orders the properties of an object
//! as JavaScript does. It never recurses, so nesting is bounded by a limit and not by the stack.
//!
//! ```
//! use machinaut_chain::json::Value;
//!
//! let value = Value::parse(br#"{"b":1e400,"7":0.10,"b":"\ud83d\ude00"}"#, &Default::default())?;
//! assert_eq!(value.to_json(), r#"{"7":0.1,"b":"😀"}"#);
//! # Ok::<(), machinaut_chain::json::Error>(())
//! ```

mod indent;
mod object;
mod parser;
mod text;
mod value;
mod write;

pub use object::Object;
pub use text::Text;
pub use value::{Noted, Value};

pub(crate) use parser::{Fault, Nothing, Parser, RawText, Sink};
pub(crate) use write::{number as write_number, quoted as write_quoted, thousandths};

/// How much a reader of JSON puts up with.
///
/// ```
/// use machinaut_chain::json::{ErrorKind, Limits, Value};
///
/// let flat = Limits { nesting: 1 };
/// assert!(Value::parse(b"[1]", &flat).is_ok());
/// let refused = Value::parse(b"[[1]]", &flat).map_err(|error| error.kind);
/// assert_eq!(refused, Err(ErrorKind::TooDeep(1)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many arrays and objects may be open at once. Beyond [`Limits::DEEPEST`] it makes no
    /// difference.
    pub nesting: usize,
}

impl Limits {
    /// The nesting that is accepted where nobody says otherwise.
    ///
    /// ```
    /// use machinaut_chain::json::{Limits, Value};
    ///
    /// let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    /// let limits = Limits::default();
    /// assert!(Value::parse(nested(Limits::NESTING).as_bytes(), &limits).is_ok());
    /// assert!(Value::parse(nested(Limits::NESTING + 1).as_bytes(), &limits).is_err());
    /// ```
    pub const NESTING: usize = 256;
    /// The deepest nesting that is read at all, so that whoever walks a value has stack for it.
    ///
    /// ```
    /// use machinaut_chain::json::{Limits, Value};
    ///
    /// let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    /// let limits = Limits { nesting: usize::MAX };
    /// assert!(Value::parse(nested(Limits::DEEPEST).as_bytes(), &limits).is_ok());
    /// assert!(Value::parse(nested(Limits::DEEPEST + 1).as_bytes(), &limits).is_err());
    /// ```
    pub const DEEPEST: usize = 1024;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            nesting: Self::NESTING,
        }
    }
}

/// Why a text is not JSON, and where. It never holds any of the text itself.
///
/// ```
/// use machinaut_chain::json::Value;
///
/// let error = Value::parse(b"{\n  \"a\": 01\n}", &Default::default()).unwrap_err();
/// assert_eq!((error.line, error.column), (2, 9));
/// assert!(error.to_string().starts_with("line 2, column 9: "));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
pub struct Error {
    /// The line, counted from 1 by line feeds.
    pub line: usize,
    /// The character in that line, counted from 1.
    pub column: usize,
    /// What was wrong there.
    pub kind: ErrorKind,
}

/// What was wrong with a text that is not JSON.
///
/// ```
/// use machinaut_chain::json::{ErrorKind, Value};
///
/// let kind = |text: &[u8]| Value::parse(text, &Default::default()).unwrap_err().kind;
/// assert_eq!(kind(b"[1"), ErrorKind::UnexpectedEnd);
/// assert_eq!(kind(b"[1] 2"), ErrorKind::Trailing);
/// assert_eq!(kind(b"\"\xff\""), ErrorKind::NotUtf8);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text ends before the value does.
    #[error("the text ends in the middle of a value")]
    UnexpectedEnd,
    /// Something else stands where the grammar wants this.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A control character stands unescaped in a string.
    #[error("a control character stands unescaped in a string")]
    ControlCharacter,
    /// A backslash is followed by something that JSON does not know.
    #[error("this escape does not exist in JSON")]
    Escape,
    /// The bytes are not UTF-8.
    #[error("the bytes are not UTF-8")]
    NotUtf8,
    /// More arrays and objects are open at once than allowed.
    #[error("more than {0} arrays and objects are open at once")]
    TooDeep(usize),
    /// Something follows the value.
    #[error("something follows the value")]
    Trailing,
}

impl Error {
    pub(crate) fn at(bytes: &[u8], fault: Fault) -> Self {
        let before = bytes.get(..fault.position).unwrap_or(bytes);
        let start = memchr::memrchr(b'\n', before).map_or(0, |found| found + 1);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        // Continuation bytes of UTF-8 do not begin a character.
        let column = before[start..]
            .iter()
            .filter(|&&byte| byte & 0xC0 != 0x80)
            .count()
            + 1;
        Self {
            line,
            column,
            kind: fault.kind,
        }
    }
}

//! A JSON value as `JSON.parse` gives it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Error, Limits, Object, Parser, RawText, Sink, Text, write};

/// A JSON value as `JSON.parse` gives it.
///
/// ```
/// use machinaut_chain::json::Value;
///
/// let inputs = Value::from(vec!["origin", "main"]);
/// assert_eq!(inputs.to_json(), r#"["origin","main"]"#);
/// assert_eq!(Value::from(f64::INFINITY).to_json(), "null");
/// ```
#[derive(Clone, Default, PartialEq)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// Every number is a double; `1e400` is infinite and written as `null`.
    Number(f64),
    /// A string.
    String(Text),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Object),
}

/// A value, with what a faithful reading of it would otherwise hide.
///
/// ```
/// use machinaut_chain::json::Value;
///
/// let text = br#"{"granted":false,"granted":true}"#;
/// let noted = Value::parse_noting(text, &Default::default())?;
/// assert!(noted.duplicate_keys);
/// assert_eq!(noted.value.to_json(), r#"{"granted":true}"#);
/// # Ok::<(), machinaut_chain::json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Noted {
    /// The value. The last of two equal keys won.
    pub value: Value,
    /// Whether an object anywhere in the text names a key twice, so that another reader might see
    /// another value.
    pub duplicate_keys: bool,
}

impl Value {
    /// Reads a text exactly as `JSON.parse` does.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    ///
    /// let value = Value::parse(br#"{"b":1e20,"1":null}"#, &Default::default())?;
    /// assert_eq!(value.get("b").and_then(Value::as_f64), Some(1e20));
    /// assert_eq!(value.to_json(), r#"{"1":null,"b":100000000000000000000}"#);
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where the bytes are not UTF-8, not JSON, or nested deeper than `limits` allow.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        Self::parse_noting(bytes, limits).map(|noted| noted.value)
    }

    /// Reads a text and notes whether a key came twice.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    ///
    /// // Written differently, the two keys are one.
    /// let deep = br#"[{"inputs":{"a":1,"\u0061":2}}]"#;
    /// assert!(Value::parse_noting(deep, &Default::default())?.duplicate_keys);
    /// let apart = br#"[{"a":1},{"a":2}]"#;
    /// assert!(!Value::parse_noting(apart, &Default::default())?.duplicate_keys);
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Value::parse`].
    pub fn parse_noting(bytes: &[u8], limits: &Limits) -> Result<Noted, Error> {
        let mut builder = Builder::default();
        Parser::from_bytes(bytes, limits.nesting)
            .and_then(|mut parser| {
                parser.value(&mut builder)?;
                parser.finish()
            })
            .map_err(|fault| Error::at(bytes, fault))?;
        Ok(builder.finish())
    }

    /// The text that `JSON.stringify` writes. Lone surrogates stand in it as escapes.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    ///
    /// let value = Value::parse(br#"{ "at": 1.50, "note": "\u0007\/" }"#, &Default::default())?;
    /// assert_eq!(value.to_json(), r#"{"at":1.5,"note":"\u0007/"}"#);
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// The canonical bytes: what Lodestar hashes. See [`crate::canonical`].
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    ///
    /// let value = Value::parse(br#"{"b":1,"a":2}"#, &Default::default())?;
    /// assert_eq!(value.to_json(), r#"{"b":1,"a":2}"#);
    /// assert_eq!(value.to_canonical(), br#"{"a":2,"b":1}"#);
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    pub fn to_canonical(&self) -> Vec<u8> {
        crate::canonical::of_value(self)
    }

    /// The member of an object.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    ///
    /// let value = Value::parse(br#"{"reason":null}"#, &Default::default())?;
    /// assert!(value.get("reason").is_some_and(Value::is_null));
    /// assert_eq!(value.get("at"), None);
    /// assert_eq!(Value::from("text").get("reason"), None);
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_object()?.get(key)
    }

    /// The member of a member of an object, and so on.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    ///
    /// let payload = Value::parse(br#"{"contract":{"required_level":4}}"#, &Default::default())?;
    /// let level = payload.at(&["contract", "required_level"]);
    /// assert_eq!(level.and_then(Value::as_f64), Some(4.0));
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The text of a string that has no lone surrogate.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    ///
    /// assert_eq!(Value::from("allow").as_str(), Some("allow"));
    /// let half = Value::parse(br#""\ud83d""#, &Default::default())?;
    /// assert_eq!(half.as_str(), None);
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    pub fn as_str(&self) -> Option<&str> {
        self.as_text()?.as_str()
    }

    /// The text of a string.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    ///
    /// let half = Value::parse(br#""\ud83d!""#, &Default::default())?;
    /// let text = half.as_text().unwrap();
    /// assert_eq!(text.to_display(), "\u{FFFD}!");
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    ///
    /// let number = Value::parse(b"1e400", &Default::default())?;
    /// assert_eq!(number.as_f64(), Some(f64::INFINITY));
    /// assert_eq!(Value::from("1").as_f64(), None);
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The boolean.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    ///
    /// assert_eq!(Value::from(false).as_bool(), Some(false));
    /// assert_eq!(Value::from(0u32).as_bool(), None);
    /// ```
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The items of an array.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    ///
    /// let words = Value::from(vec!["git", "push"]);
    /// assert_eq!(words.as_array().map(<[Value]>::len), Some(2));
    /// assert_eq!(Value::from("git push").as_array(), None);
    /// ```
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The object.
    ///
    /// ```
    /// use machinaut_chain::json::{Object, Value};
    ///
    /// let value = Value::from(Object::new());
    /// assert!(value.as_object().is_some_and(Object::is_empty));
    /// assert_eq!(Value::from(vec!["a"]).as_object(), None);
    /// ```
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Whether it is `null`.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    ///
    /// assert!(Value::Null.is_null());
    /// assert!(!Value::from("null").is_null());
    /// ```
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// What JSON calls this kind of value, with its article, for sentences about errors.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    ///
    /// let sent = Value::from(vec!["r-1"]);
    /// let told = format!("expected a string, not {}", sent.kind());
    /// assert_eq!(told, "expected a string, not an array");
    /// ```
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    // Recursive: a value is never deeper than the limits it was read with.
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Self::Number(number) => write::number(*number, out),
            Self::String(text) => {
                write::quoted(text, out);
            }
            Self::Array(items) => {
                out.push(b'[');
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Object(object) => {
                out.push(b'{');
                for (place, (key, value)) in object.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    write::quoted(key, out);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.to_json())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::String(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl<V: Into<Value>> From<Vec<V>> for Value {
    fn from(items: Vec<V>) -> Self {
        Self::Array(items.into_iter().map(Into::into).collect())
    }
}

impl Serialize for Value {
    /// As its JSON text in one string, for a lone surrogate cannot travel in a string of serde's
    /// and serde's maps do not keep JavaScript's order.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_json())
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(text.as_bytes(), &Limits::default()).map_err(de::Error::custom)
    }
}

/// Builds the value that a text says.
#[derive(Default)]
struct Builder {
    open: Vec<Unfinished>,
    keys: Vec<Text>,
    root: Value,
    duplicate_keys: bool,
}

enum Unfinished {
    Array(Vec<Value>),
    Object(Vec<(Text, Value)>),
}

impl Builder {
    fn add(&mut self, value: Value) {
        match self.open.last_mut() {
            None => self.root = value,
            Some(Unfinished::Array(items)) => items.push(value),
            Some(Unfinished::Object(members)) => {
                members.push((self.keys.pop().unwrap_or_else(|| "".into()), value));
            }
        }
    }

    fn finish(self) -> Noted {
        Noted {
            value: self.root,
            duplicate_keys: self.duplicate_keys,
        }
    }
}

impl Sink for Builder {
    fn null(&mut self) {
        self.add(Value::Null);
    }

    fn boolean(&mut self, value: bool) {
        self.add(Value::Bool(value));
    }

    fn number(&mut self, literal: &str) {
        // Rust reads every number of JSON's grammar as JavaScript does, overflow included.
        self.add(Value::Number(literal.parse().unwrap_or(f64::NAN)));
    }

    fn string(&mut self, text: RawText<'_>) {
        self.add(Value::String(text.decode()));
    }

    fn begin_array(&mut self) {
        self.open.push(Unfinished::Array(Vec::new()));
    }

    fn end_array(&mut self) {
        if let Some(Unfinished::Array(mut items)) = self.open.pop() {
            // Millions of small arrays would otherwise each keep room for four.
            items.shrink_to_fit();
            self.add(Value::Array(items));
        }
    }

    fn begin_object(&mut self) {
        self.open.push(Unfinished::Object(Vec::new()));
    }

    fn key(&mut self, text: RawText<'_>) {
        self.keys.push(text.decode());
    }

    fn end_object(&mut self) {
        if let Some(Unfinished::Object(mut written)) = self.open.pop() {
            written.shrink_to_fit();
            let (object, repeated) = Object::of_written(written);
            self.duplicate_keys |= repeated;
            self.add(Value::Object(object));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ErrorKind, Limits};
    use super::*;

    fn read(json: &str) -> Value {
        Value::parse(json.as_bytes(), &Limits::default()).unwrap()
    }

    fn refusal(json: &[u8]) -> (usize, usize, ErrorKind) {
        let error = Value::parse(json, &Limits { nesting: 3 }).unwrap_err();
        (error.line, error.column, error.kind)
    }

    #[test]
    fn what_json_parse_refuses_is_refused_where_it_stands() {
        use ErrorKind::{ControlCharacter, Escape, Expected, NotUtf8, Trailing, UnexpectedEnd};
        let value = Expected("a value");
        for (json, line, column, kind) in [
            (&b""[..], 1, 1, UnexpectedEnd),
            (b" \n ", 2, 2, UnexpectedEnd),
            (b"[1,\n  2,\n  x]", 3, 3, value),
            (b"[1,]", 1, 4, value),
            (b"[1 2]", 1, 4, Expected("`,` or `]`")),
            (b"{\"a\":1,}", 1, 8, Expected("a key in quotes")),
            (b"{\"a\" 1}", 1, 6, Expected("`:`")),
            (b"{\"a\":1 \"b\":2}", 1, 8, Expected("`,` or `}`")),
            (b"{a:1}", 1, 2, Expected("a key in quotes")),
            (b"'a'", 1, 1, value),
            (b"01", 1, 2, Trailing),
            (b"1.", 1, 3, UnexpectedEnd),
            (b".5", 1, 1, value),
            (b"+1", 1, 1, value),
            (b"-", 1, 2, UnexpectedEnd),
            (b"1e", 1, 3, UnexpectedEnd),
            (b"-x", 1, 2, Expected("a digit")),
            (b"nul", 1, 1, value),
            (b"NaN", 1, 1, value),
            (b"true false", 1, 6, Trailing),
            (b"\"a", 1, 3, UnexpectedEnd),
            (b"\"\\", 1, 2, UnexpectedEnd),
            (b"\"\\u12", 1, 6, UnexpectedEnd),
            (b"\"\\x\"", 1, 2, Escape),
            (b"\"\\u12g4\"", 1, 2, Escape),
            (b"\"a\tb\"", 1, 3, ControlCharacter),
            (b"\"\xC3\xA9\n\"", 1, 3, ControlCharacter),
            (b"\"\xFF\"", 1, 2, NotUtf8),
            (b"\xEF\xBB\xBF1", 1, 1, value),
            (b"1/**/", 1, 2, Trailing),
        ] {
            let shown = String::from_utf8_lossy(json);
            assert_eq!(refusal(json), (line, column, kind), "{shown:?}");
        }
    }

    #[test]
    fn nesting_is_bounded_by_the_limit_and_not_by_the_stack() {
        assert!(Value::parse(b"[[{}]]", &Limits { nesting: 3 }).is_ok());
        assert_eq!(refusal(b"[[{\"a\":[]}]]"), (1, 8, ErrorKind::TooDeep(3)));
        let deep = [vec![b'['; 1_000_000], vec![b']'; 1_000_000]].concat();
        assert_eq!(refusal(&deep), (1, 4, ErrorKind::TooDeep(3)));
    }

    #[test]
    fn properties_stand_in_the_order_that_javascript_gives_them() {
        let value =
            read(r#"{"b":1,"10":2,"a":3,"9":4,"01":5,"4294967294":6,"4294967295":7,"b":8}"#);
        let expected = r#"{"9":4,"10":2,"4294967294":6,"b":8,"a":3,"01":5,"4294967295":7}"#;
        assert_eq!(value.to_json(), expected);
        let built: Object = [("z", 1), ("2", 2), ("1", 3)].into_iter().collect();
        let mut grown = Object::new();
        for (key, number) in [("z", 0), ("2", 2), ("1", 3), ("z", 1)] {
            grown.insert(key, number);
        }
        assert_eq!(grown, built);
    }

    #[test]
    fn a_key_that_comes_twice_is_noted_however_it_is_written() {
        let noted = |json: &str| {
            let noted = Value::parse_noting(json.as_bytes(), &Limits::default()).unwrap();
            (noted.value.to_json(), noted.duplicate_keys)
        };
        assert_eq!(
            noted(r#"[{"a":1},{"a":2}]"#),
            (r#"[{"a":1},{"a":2}]"#.into(), false)
        );
        assert_eq!(
            noted(r#"[[{"a":1,"b":0,"\u0061":2}]]"#),
            (r#"[[{"a":2,"b":0}]]"#.into(), true)
        );
    }

    #[test]
    fn halves_of_a_surrogate_pair_are_joined_only_where_they_meet() {
        for (json, written) in [
            (r#""\ud83d\ude00""#, "\"\u{1F600}\""),
            (r#""\ude00\ud83d""#, r#""\ude00\ud83d""#),
            (r#""\ud83d\ud83d\ude00x""#, "\"\\ud83d\u{1F600}x\""),
            (r#""a\uD800\n\u00e9""#, "\"a\\ud800\\n\u{e9}\""),
        ] {
            assert_eq!(read(json).to_json(), written);
            assert_eq!(read(written).to_json(), written);
        }
        assert!(read(r#""\ud83d\ude00""#).as_str().is_some());
        assert!(read(r#""\ud83d""#).as_str().is_none());
    }

    #[test]
    fn a_value_travels_through_serde_without_loss() {
        let value = read(r#"{"b":"\ud800","10":[1e400,-0]}"#);
        let carried = serde_json::to_string(&value).unwrap();
        let arrived: Value = serde_json::from_str(&carried).unwrap();
        assert_eq!(arrived.to_json(), r#"{"10":[null,0],"b":"\ud800"}"#);
    }
}

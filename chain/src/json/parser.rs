//! The one grammar of JSON in this crate. It reads a text from left to right, never recurses, and
//! tells a [`Sink`] what it sees: building a value and writing canonical bytes are two sinks.

use super::{ErrorKind, Limits, Text, write};

/// What went wrong, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) position: usize,
    pub(crate) kind: ErrorKind,
}

/// Something that listens while a text is read.
pub(crate) trait Sink {
    fn null(&mut self);
    fn boolean(&mut self, value: bool);
    /// A number as it was written, which the grammar has checked.
    fn number(&mut self, literal: &str);
    fn string(&mut self, text: RawText<'_>);
    fn begin_array(&mut self);
    fn end_array(&mut self);
    fn begin_object(&mut self);
    fn key(&mut self, text: RawText<'_>);
    fn end_object(&mut self);
}

/// A sink that hears nothing.
pub(crate) struct Nothing;

impl Sink for Nothing {
    fn null(&mut self) {}
    fn boolean(&mut self, _: bool) {}
    fn number(&mut self, _: &str) {}
    fn string(&mut self, _: RawText<'_>) {}
    fn begin_array(&mut self) {}
    fn end_array(&mut self) {}
    fn begin_object(&mut self) {}
    fn key(&mut self, _: RawText<'_>) {}
    fn end_object(&mut self) {}
}

/// What stands between the quotes of a string, with its escapes still in it. The grammar has
/// checked them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawText<'a> {
    body: &'a str,
    escaped: bool,
}

impl<'a> RawText<'a> {
    /// The text itself, where no escape stands in it.
    pub(crate) fn plain(self) -> Option<&'a str> {
        (!self.escaped).then_some(self.body)
    }

    pub(crate) fn decode(self) -> Text {
        if self.escaped {
            Text::from_escaped(self.body)
        } else {
            Text::from(self.body)
        }
    }

    pub(crate) fn is(self, text: &str) -> bool {
        match self.plain() {
            Some(plain) => plain == text,
            None => self.decode() == *text,
        }
    }

    /// Writes the text in quotes as `JSON.stringify` does. Answers whether an escape was written.
    pub(crate) fn write(self, out: &mut Vec<u8>) -> bool {
        if self.escaped {
            write::quoted(&self.decode(), out)
        } else {
            out.push(b'"');
            out.extend_from_slice(self.body.as_bytes());
            out.push(b'"');
            false
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Array,
    Object,
}

/// A place in a text, moving forward.
pub(crate) struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    position: usize,
    open: Vec<Open>,
    nesting: usize,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str, nesting: usize) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            position: 0,
            open: Vec::new(),
            nesting: nesting.min(Limits::DEEPEST),
        }
    }

    /// Checks that the bytes are UTF-8 first.
    pub(crate) fn from_bytes(bytes: &'a [u8], nesting: usize) -> Result<Self, Fault> {
        let text = std::str::from_utf8(bytes).map_err(|error| Fault {
            position: error.valid_up_to(),
            kind: ErrorKind::NotUtf8,
        })?;
        Ok(Self::new(text, nesting))
    }

    /// Nothing but white space may follow.
    pub(crate) fn finish(&mut self) -> Result<(), Fault> {
        self.space();
        if self.position == self.bytes.len() {
            Ok(())
        } else {
            Err(self.fault(ErrorKind::Trailing))
        }
    }

    /// Where the next value begins.
    pub(crate) fn position(&mut self) -> usize {
        self.space();
        self.position
    }

    /// What was read since `start`.
    pub(crate) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.position).unwrap_or_default()
    }

    /// The first byte of the next value, by which its kind is known.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        self.space();
        self.bytes.get(self.position).copied()
    }

    /// Reads one whole value.
    pub(crate) fn value<S: Sink>(&mut self, sink: &mut S) -> Result<(), Fault> {
        let outside = self.open.len();
        loop {
            match self.peek() {
                Some(b'{') => {
                    self.enter(Open::Object)?;
                    sink.begin_object();
                    if self.peek() == Some(b'}') {
                        self.leave();
                        sink.end_object();
                    } else {
                        let key = self.key()?;
                        sink.key(key);
                        continue;
                    }
                }
                Some(b'[') => {
                    self.enter(Open::Array)?;
                    sink.begin_array();
                    if self.peek() == Some(b']') {
                        self.leave();
                        sink.end_array();
                    } else {
                        continue;
                    }
                }
                _ => self.scalar(sink)?,
            }
            // A value has ended; what is open around it ends or goes on.
            loop {
                if self.open.len() == outside {
                    return Ok(());
                }
                let inside = self.open.last().copied();
                match (inside, self.peek()) {
                    (Some(Open::Array), Some(b']')) => {
                        self.leave();
                        sink.end_array();
                    }
                    (Some(Open::Object), Some(b'}')) => {
                        self.leave();
                        sink.end_object();
                    }
                    (Some(Open::Array), Some(b',')) => {
                        self.position += 1;
                        break;
                    }
                    (Some(Open::Object), Some(b',')) => {
                        self.position += 1;
                        let key = self.key()?;
                        sink.key(key);
                        break;
                    }
                    (Some(Open::Array), _) => return Err(self.expected("`,` or `]`")),
                    _ => return Err(self.expected("`,` or `}`")),
                }
            }
        }
    }

    /// Reads an object member by member. `each` reads exactly the value of its key.
    pub(crate) fn members<E: From<Fault>>(
        &mut self,
        mut each: impl FnMut(&mut Self, RawText<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.peek() != Some(b'{') {
            return Err(self.expected("an object").into());
        }
        self.enter(Open::Object)?;
        if self.peek() == Some(b'}') {
            self.leave();
            return Ok(());
        }
        loop {
            let key = self.key()?;
            each(self, key)?;
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b'}') => {
                    self.leave();
                    return Ok(());
                }
                _ => return Err(self.expected("`,` or `}`").into()),
            }
        }
    }

    /// Reads a value that has to be a string; none, and nothing read, where it is not.
    pub(crate) fn text(&mut self) -> Result<Option<RawText<'a>>, Fault> {
        if self.peek() == Some(b'"') {
            self.string().map(Some)
        } else {
            Ok(None)
        }
    }

    /// Reads a value that has to be a number; none, and nothing read, where it is not.
    pub(crate) fn literal(&mut self) -> Result<Option<&'a str>, Fault> {
        if matches!(self.peek(), Some(b'-' | b'0'..=b'9')) {
            self.number().map(Some)
        } else {
            Ok(None)
        }
    }

    /// Reads an array item by item. `each` reads exactly one value.
    pub(crate) fn items<E: From<Fault>>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.peek() != Some(b'[') {
            return Err(self.expected("an array").into());
        }
        self.enter(Open::Array)?;
        if self.peek() == Some(b']') {
            self.leave();
            return Ok(());
        }
        loop {
            each(self)?;
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b']') => {
                    self.leave();
                    return Ok(());
                }
                _ => return Err(self.expected("`,` or `]`").into()),
            }
        }
    }

    fn scalar<S: Sink>(&mut self, sink: &mut S) -> Result<(), Fault> {
        match self.peek() {
            Some(b'"') => {
                let text = self.string()?;
                sink.string(text);
            }
            Some(b'-' | b'0'..=b'9') => {
                let literal = self.number()?;
                sink.number(literal);
            }
            Some(b't') => {
                self.word("true")?;
                sink.boolean(true);
            }
            Some(b'f') => {
                self.word("false")?;
                sink.boolean(false);
            }
            Some(b'n') => {
                self.word("null")?;
                sink.null();
            }
            _ => return Err(self.expected("a value")),
        }
        Ok(())
    }

    fn key(&mut self) -> Result<RawText<'a>, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a key in quotes"));
        }
        let key = self.string()?;
        if self.peek() != Some(b':') {
            return Err(self.expected("`:`"));
        }
        self.position += 1;
        Ok(key)
    }

    /// Reads a string; the opening quote is next.
    fn string(&mut self) -> Result<RawText<'a>, Fault> {
        self.position += 1;
        let start = self.position;
        let mut escaped = false;
        loop {
            self.position += plain_run(self.bytes.get(self.position..).unwrap_or_default());
            match self.bytes.get(self.position) {
                Some(b'"') => {
                    let body = self.since(start);
                    self.position += 1;
                    return Ok(RawText { body, escaped });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(self.fault(ErrorKind::ControlCharacter)),
                None => return Err(self.fault(ErrorKind::UnexpectedEnd)),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let length = match self.bytes.get(self.position + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') => {
                let digits = self.bytes.get(self.position + 2..).unwrap_or_default();
                for place in 0..4 {
                    match digits.get(place) {
                        Some(digit) if digit.is_ascii_hexdigit() => {}
                        Some(_) => return Err(self.fault(ErrorKind::Escape)),
                        None => {
                            self.position = self.bytes.len();
                            return Err(self.fault(ErrorKind::UnexpectedEnd));
                        }
                    }
                }
                6
            }
            Some(_) => return Err(self.fault(ErrorKind::Escape)),
            None => return Err(self.fault(ErrorKind::UnexpectedEnd)),
        };
        self.position += length;
        Ok(())
    }

    fn number(&mut self) -> Result<&'a str, Fault> {
        let start = self.position;
        if self.bytes.get(self.position) == Some(&b'-') {
            self.position += 1;
        }
        if self.bytes.get(self.position) == Some(&b'0') {
            self.position += 1;
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.position) == Some(&b'.') {
            self.position += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.position), Some(b'e' | b'E')) {
            self.position += 1;
            if matches!(self.bytes.get(self.position), Some(b'+' | b'-')) {
                self.position += 1;
            }
            self.digits()?;
        }
        Ok(self.since(start))
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let run = self
            .bytes
            .get(self.position..)
            .unwrap_or_default()
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if run == 0 {
            return Err(self.expected("a digit"));
        }
        self.position += run;
        Ok(())
    }

    fn word(&mut self, word: &'static str) -> Result<(), Fault> {
        if self
            .text
            .get(self.position..)
            .is_some_and(|rest| rest.starts_with(word))
        {
            self.position += word.len();
            Ok(())
        } else {
            Err(self.fault(ErrorKind::Expected("a value")))
        }
    }

    fn enter(&mut self, what: Open) -> Result<(), Fault> {
        if self.open.len() == self.nesting {
            return Err(self.fault(ErrorKind::TooDeep(self.nesting)));
        }
        self.open.push(what);
        self.position += 1;
        Ok(())
    }

    fn leave(&mut self) {
        self.open.pop();
        self.position += 1;
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.bytes.get(self.position) {
            self.position += 1;
        }
    }

    fn expected(&mut self, what: &'static str) -> Fault {
        match self.peek() {
            None => self.fault(ErrorKind::UnexpectedEnd),
            Some(_) => self.fault(ErrorKind::Expected(what)),
        }
    }

    fn fault(&self, kind: ErrorKind) -> Fault {
        Fault {
            position: self.position,
            kind,
        }
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// How many bytes stand before the next quote, backslash or control character: eight at a time,
/// by the borrow that a byte below its bound leaves in its highest bit.
fn plain_run(bytes: &[u8]) -> usize {
    let (chunks, _) = bytes.as_chunks::<8>();
    let mut run = 0;
    for chunk in chunks {
        let word = u64::from_le_bytes(*chunk);
        let quote = word ^ (ONES * 0x22);
        let backslash = word ^ (ONES * 0x5C);
        let special = (quote.wrapping_sub(ONES) & !quote)
            | (backslash.wrapping_sub(ONES) & !backslash)
            | (word.wrapping_sub(ONES * 0x20) & !word);
        if special & HIGHS != 0 {
            break;
        }
        run += 8;
    }
    run + bytes[run..]
        .iter()
        .take_while(|&&byte| byte != b'"' && byte != b'\\' && byte >= 0x20)
        .count()
}

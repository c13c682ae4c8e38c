//! A value with its lines broken for reading, as `JSON.stringify(value, null, indent)` breaks them.

use super::write;
use super::{Text, Value};

impl Value {
    /// The text that `JSON.stringify` writes when it is asked to indent by `indent` spaces.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    ///
    /// let value = Value::parse(br#"{"a":[1,{}],"b":[]}"#, &Default::default())?;
    /// assert_eq!(value.to_json_indented(1), "{\n \"a\": [\n  1,\n  {}\n ],\n \"b\": []\n}");
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    pub fn to_json_indented(&self, indent: usize) -> String {
        let mut lines = Lines {
            out: Vec::new(),
            indent,
            depth: 0,
        };
        lines.value(self);
        String::from_utf8_lossy(&lines.out).into_owned()
    }
}

struct Lines {
    out: Vec<u8>,
    indent: usize,
    depth: usize,
}

impl Lines {
    /// Recursion is as deep as the value, which no reader makes deeper than
    /// [`super::Limits::DEEPEST`].
    fn value(&mut self, value: &Value) {
        match value {
            Value::Array(items) if !items.is_empty() => {
                let items = items.iter().map(|item| (None, item));
                self.members(*b"[]", items);
            }
            Value::Object(object) if object.iter().next().is_some() => {
                let members = object.iter().map(|(key, value)| (Some(key), value));
                self.members(*b"{}", members);
            }
            plain => self.out.extend_from_slice(plain.to_json().as_bytes()),
        }
    }

    fn members<'a>(
        &mut self,
        [open, close]: [u8; 2],
        members: impl Iterator<Item = (Option<&'a Text>, &'a Value)>,
    ) {
        self.out.push(open);
        self.depth += 1;
        for (place, (key, value)) in members.enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            self.break_line();
            if let Some(key) = key {
                write::quoted(key, &mut self.out);
                self.out.extend_from_slice(b": ");
            }
            self.value(value);
        }
        self.depth -= 1;
        self.break_line();
        self.out.push(close);
    }

    fn break_line(&mut self) {
        self.out.push(b'\n');
        let spaces = self.out.len() + self.depth * self.indent;
        self.out.resize(spaces, b' ');
    }
}

//! Writes canonical bytes while a text is read.
//!
//! Scalars are written in the order in which they come. An object whose keys come sorted is done
//! with that. For the others the writer remembers where their members stand, and puts them in order
//! in one last pass: each byte is copied at most once more, however deep it stands.

use std::cmp::Ordering;

use super::order::{Key, compare};
use crate::json::{RawText, Sink, write_number};

/// Writes canonical bytes. It is used again and again, so that its memory is.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    written: Vec<u8>,
    open: Vec<Open>,
    /// The members so far of the objects that are open, outermost first.
    unfinished: Vec<Member>,
    /// All objects, in the order in which they began.
    objects: Vec<Object>,
    /// The sorted members of the objects whose keys did not come sorted.
    members: Vec<Member>,
    sorted: Vec<u8>,
    unsorted: usize,
    duplicate_keys: bool,
}

#[derive(Debug, Clone, Copy)]
enum Open {
    Array {
        empty: bool,
    },
    Object {
        object: usize,
        first: usize,
        sorted: bool,
    },
}

/// As small as can be: a hostile line may hold millions of members.
#[derive(Debug, Clone, Copy)]
struct Member {
    start: usize,
    /// Where the key ends, after its closing quote; doubled, and odd where an escape stands in it.
    key_end: usize,
    end: usize,
}

impl Member {
    fn new(start: usize, key_end: usize, escaped: bool) -> Self {
        Self {
            start,
            key_end: key_end << 1 | usize::from(escaped),
            end: key_end,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Object {
    start: usize,
    end: usize,
    /// How many objects had begun when this one ended.
    next: usize,
    /// Its members in `members`; none where they stand in order already.
    members: Option<(usize, usize)>,
}

impl Writer {
    /// Forgets what was written.
    pub(crate) fn clear(&mut self) {
        self.written.clear();
        self.open.clear();
        self.unfinished.clear();
        self.objects.clear();
        self.members.clear();
        self.sorted.clear();
        self.unsorted = 0;
        self.duplicate_keys = false;
    }

    /// Whether an object named a key twice.
    pub(crate) fn duplicate_keys(&self) -> bool {
        self.duplicate_keys
    }

    /// The canonical bytes of the value that was written.
    pub(crate) fn finish(&mut self) -> &[u8] {
        if self.unsorted == 0 {
            return &self.written;
        }
        let mut sorted = std::mem::take(&mut self.sorted);
        sorted.clear();
        sorted.reserve(self.written.len());
        self.emit(0, self.written.len(), 0, &mut sorted);
        self.sorted = sorted;
        &self.sorted
    }

    /// Copies a stretch with every object in it in order. Its first object is the one numbered
    /// `next`. Calls itself once for each level of nesting, which the parser bounds.
    fn emit(&self, start: usize, end: usize, mut next: usize, out: &mut Vec<u8>) {
        let mut start = start;
        while let Some(object) = self.objects.get(next)
            && object.start < end
        {
            let Some((first, last)) = object.members else {
                next += 1;
                continue;
            };
            out.extend_from_slice(&self.written[start..object.start]);
            out.push(b'{');
            for (place, member) in self.members[first..last].iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                let inside = self
                    .objects
                    .partition_point(|inner| inner.start < member.start);
                self.emit(member.start, member.end, inside, out);
            }
            out.push(b'}');
            start = object.end;
            next = object.next;
        }
        out.extend_from_slice(&self.written[start..end]);
    }

    fn begin_value(&mut self) {
        if let Some(Open::Array { empty }) = self.open.last_mut() {
            if *empty {
                *empty = false;
            } else {
                self.written.push(b',');
            }
        }
    }

    fn compare(&self, left: &Member, right: &Member) -> Ordering {
        compare(self.key_of(left), self.key_of(right))
    }

    fn key_of(&self, member: &Member) -> Key<'_> {
        let key_end = member.key_end >> 1;
        Key {
            bytes: &self.written[member.start + 1..key_end - 1],
            escaped: member.key_end & 1 == 1,
        }
    }

    /// Puts the members of an object that is ending in order; of equal keys the last stays.
    fn sort(&mut self, first: usize) -> (usize, usize) {
        let mut unfinished = std::mem::take(&mut self.unfinished);
        unfinished[first..].sort_unstable_by(|left, right| {
            self.compare(left, right).then(left.start.cmp(&right.start))
        });
        let begin = self.members.len();
        for member in &unfinished[first..] {
            let last = self.members[begin..].last();
            if last.is_some_and(|last| self.compare(last, member).is_eq()) {
                self.members.pop();
                self.duplicate_keys = true;
            }
            self.members.push(*member);
        }
        self.unfinished = unfinished;
        (begin, self.members.len())
    }
}

impl Sink for Writer {
    fn null(&mut self) {
        self.begin_value();
        self.written.extend_from_slice(b"null");
    }

    fn boolean(&mut self, value: bool) {
        self.begin_value();
        self.written
            .extend_from_slice(if value { b"true" } else { b"false" });
    }

    fn number(&mut self, literal: &str) {
        self.begin_value();
        // Integers of up to fifteen digits are exact and already as ECMAScript writes them.
        if literal.len() <= 15
            && literal != "-0"
            && literal.bytes().skip(1).all(|byte| byte.is_ascii_digit())
        {
            self.written.extend_from_slice(literal.as_bytes());
        } else {
            write_number(literal.parse().unwrap_or(f64::NAN), &mut self.written);
        }
    }

    fn string(&mut self, text: RawText<'_>) {
        self.begin_value();
        text.write(&mut self.written);
    }

    fn begin_array(&mut self) {
        self.begin_value();
        self.written.push(b'[');
        self.open.push(Open::Array { empty: true });
    }

    fn end_array(&mut self) {
        self.open.pop();
        self.written.push(b']');
    }

    fn begin_object(&mut self) {
        self.begin_value();
        let start = self.written.len();
        self.written.push(b'{');
        self.open.push(Open::Object {
            object: self.objects.len(),
            first: self.unfinished.len(),
            sorted: true,
        });
        self.objects.push(Object {
            start,
            end: start,
            next: 0,
            members: None,
        });
    }

    fn key(&mut self, text: RawText<'_>) {
        let Some(&Open::Object {
            object,
            first,
            sorted,
        }) = self.open.last()
        else {
            return;
        };
        let end = self.written.len();
        let before = self.unfinished.len();
        if before > first {
            self.unfinished[before - 1].end = end;
            self.written.push(b',');
        }
        let start = self.written.len();
        let escaped = text.write(&mut self.written);
        let member = Member::new(start, self.written.len(), escaped);
        self.written.push(b':');
        if sorted
            && before > first
            && self.compare(&self.unfinished[before - 1], &member).is_ge()
            && let Some(open) = self.open.last_mut()
        {
            *open = Open::Object {
                object,
                first,
                sorted: false,
            };
        }
        self.unfinished.push(member);
    }

    fn end_object(&mut self) {
        let Some(Open::Object {
            object,
            first,
            sorted,
        }) = self.open.pop()
        else {
            return;
        };
        let end = self.written.len();
        if self.unfinished.len() > first
            && let Some(last) = self.unfinished.last_mut()
        {
            last.end = end;
        }
        self.written.push(b'}');
        if !sorted {
            let members = self.sort(first);
            self.objects[object].members = Some(members);
            self.unsorted += 1;
        }
        self.unfinished.truncate(first);
        if sorted && self.objects.len() == object + 1 {
            // Nothing in it will ever be moved.
            self.objects.pop();
            return;
        }
        self.objects[object].end = end + 1;
        self.objects[object].next = self.objects.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Parser;

    fn write(writer: &mut Writer, json: &str) {
        writer.clear();
        Parser::new(json, 64).value(writer).unwrap();
    }

    #[test]
    fn what_is_sorted_already_costs_no_memory_beyond_its_bytes() {
        let mut writer = Writer::default();
        let empty = vec!["{}"; 1000].join(",");
        write(
            &mut writer,
            &format!(r#"[{empty},{{"a":{{"b":0}},"c":[{empty}]}}]"#),
        );
        assert!(writer.objects.is_empty() && writer.members.is_empty());
    }

    #[test]
    fn a_writer_that_is_used_again_remembers_nothing() {
        let mut writer = Writer::default();
        write(
            &mut writer,
            r#"{"b":{"d":1,"c":2},"a":{"y":{"f":1,"e":2},"x":3},"a":0}"#,
        );
        assert_eq!(writer.finish(), br#"{"a":0,"b":{"c":2,"d":1}}"#);
        assert!(writer.duplicate_keys());
        write(&mut writer, r#"[{"b":1,"a":[{"d":{},"c":2}]},{"b":0}]"#);
        assert_eq!(
            writer.finish(),
            br#"[{"a":[{"c":2,"d":{}}],"b":1},{"b":0}]"#
        );
        assert!(!writer.duplicate_keys());
    }
}

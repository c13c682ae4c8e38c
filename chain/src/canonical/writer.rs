//! Writes canonical bytes while a text is read.
//!
//! Scalars are written in the order in which they come. An object whose keys come sorted is done
//! with that. For the others the writer remembers where their members stand, and puts them in order
//! in one last pass: each byte is copied at most once more, however deep it stands.

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

#[derive(Debug, Clone, Copy)]
struct Member {
    start: usize,
    /// Where the key ends, after its closing quote.
    key_end: usize,
    escaped: bool,
    end: usize,
    /// How many objects had begun before the value did.
    objects: usize,
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
                self.emit(member.start, member.end, member.objects, out);
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

    fn key_of(&self, member: &Member) -> Key<'_> {
        Key {
            bytes: &self.written[member.start + 1..member.key_end - 1],
            escaped: member.escaped,
        }
    }

    /// Puts the members of an object that is ending in order; of equal keys the last stays.
    fn sort(&mut self, first: usize) -> (usize, usize) {
        let mut unfinished = std::mem::take(&mut self.unfinished);
        unfinished[first..].sort_by(|left, right| compare(self.key_of(left), self.key_of(right)));
        let begin = self.members.len();
        for member in &unfinished[first..] {
            let last = self.members[begin..].last().copied();
            if last.is_some_and(|last| compare(self.key_of(&last), self.key_of(member)).is_eq()) {
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
        let key_end = self.written.len();
        self.written.push(b':');
        let member = Member {
            start,
            key_end,
            escaped,
            end: key_end,
            objects: self.objects.len(),
        };
        if sorted && before > first {
            let last = self.unfinished[before - 1];
            if compare(self.key_of(&last), self.key_of(&member)).is_ge()
                && let Some(open) = self.open.last_mut()
            {
                *open = Open::Object {
                    object,
                    first,
                    sorted: false,
                };
            }
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
        self.objects[object].end = end + 1;
        self.objects[object].next = self.objects.len();
    }
}

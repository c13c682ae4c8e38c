//! An object of JSON with the order of properties that JavaScript gives it.

use std::collections::HashMap;

use super::{Text, Value};

/// The members of an object, in JavaScript's order: keys that look like array indexes first, by
/// number, then the others as they first came. Each key is there once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object {
    members: Vec<(Text, Value)>,
}

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of this key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.members
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// The members in JavaScript's order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Text, &Value)> + ExactSizeIterator {
        self.members.iter().map(|(key, value)| (key, value))
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Sets a member: a new key takes its place in the order, a known one keeps its place.
    pub fn insert(&mut self, key: impl Into<Text>, value: impl Into<Value>) {
        let (key, value) = (key.into(), value.into());
        if let Some((_, known)) = self.members.iter_mut().find(|(name, _)| *name == key) {
            *known = value;
            return;
        }
        let place = match array_index(&key) {
            Some(index) => self
                .members
                .partition_point(|(name, _)| array_index(name).is_some_and(|other| other < index)),
            None => self.members.len(),
        };
        self.members.insert(place, (key, value));
    }

    /// An object of members in the order in which they were written, and whether a key came twice.
    pub(super) fn of_written(written: Vec<(Text, Value)>) -> (Self, bool) {
        let mut places = HashMap::with_capacity(written.len());
        let mut members: Vec<(Text, Value)> = Vec::with_capacity(written.len());
        let mut repeated = false;
        for (key, value) in written {
            if let Some(&place) = places.get(&key) {
                let known: &mut (Text, Value) = &mut members[place];
                known.1 = value;
                repeated = true;
            } else {
                places.insert(key.clone(), members.len());
                members.push((key, value));
            }
        }
        // Stable, so that the other keys stay as they came.
        members.sort_by_cached_key(|(key, _)| array_index(key).unwrap_or(u32::MAX));
        (Self { members }, repeated)
    }
}

impl<K: Into<Text>, V: Into<Value>> FromIterator<(K, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        let written = members
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        Self::of_written(written).0
    }
}

/// The number of a key that ECMAScript calls an array index: canonical digits below 2^32 - 1.
fn array_index(key: &Text) -> Option<u32> {
    let digits = key.as_str()?.as_bytes();
    let canonical = match digits {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    let index = canonical.then(|| key.as_str()?.parse().ok()).flatten()?;
    (index != u32::MAX).then_some(index)
}

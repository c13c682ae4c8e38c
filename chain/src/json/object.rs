//! An object of JSON with the order of properties that JavaScript gives it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{Text, Value};
use crate::sorting;

/// The members of an object, in JavaScript's order: keys that look like array indexes first, by
/// number, then the others as they first came. Each key is there once.
///
/// ```
/// use machinaut_chain::json::{Object, Value};
///
/// let object: Object = [("b", 1u32), ("10", 2), ("9", 3)].into_iter().collect();
/// assert_eq!(Value::from(object).to_json(), r#"{"9":3,"10":2,"b":1}"#);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object {
    members: Vec<(Text, Value)>,
}

impl Object {
    /// An object without members.
    ///
    /// ```
    /// use machinaut_chain::json::{Object, Value};
    ///
    /// assert_eq!(Value::from(Object::new()).to_json(), "{}");
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of this key.
    ///
    /// ```
    /// use machinaut_chain::json::{Object, Value};
    ///
    /// let object: Object = [("reason", Value::Null)].into_iter().collect();
    /// assert_eq!(object.get("reason"), Some(&Value::Null));
    /// assert_eq!(object.get("at"), None);
    /// ```
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.members
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// The members in JavaScript's order.
    ///
    /// ```
    /// use machinaut_chain::json::Object;
    ///
    /// let object: Object = [("b", "last"), ("1", "first")].into_iter().collect();
    /// let keys: Vec<String> = object.iter().map(|(key, _)| key.to_string()).collect();
    /// assert_eq!(keys, ["1", "b"]);
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Text, &Value)> + ExactSizeIterator {
        self.members.iter().map(|(key, value)| (key, value))
    }

    /// How many members there are.
    ///
    /// ```
    /// use machinaut_chain::json::Object;
    ///
    /// let object: Object = [("a", 1u32), ("a", 2)].into_iter().collect();
    /// assert_eq!(object.len(), 1, "each key is there once");
    /// ```
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    ///
    /// ```
    /// use machinaut_chain::json::Object;
    ///
    /// let mut object = Object::new();
    /// assert!(object.is_empty());
    /// object.insert("", "an empty key is a key");
    /// assert!(!object.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Sets a member: a new key takes its place in the order, a known one keeps its place.
    ///
    /// ```
    /// use machinaut_chain::json::{Object, Value};
    ///
    /// let mut object: Object = [("a", 1u32), ("b", 2)].into_iter().collect();
    /// object.insert("a", "again");
    /// object.insert("0", true);
    /// assert_eq!(Value::from(object).to_json(), r#"{"0":true,"a":"again","b":2}"#);
    /// ```
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
        let mut members = written;
        let repeated = keep_last_of_equal_keys(&mut members);
        // Stable, so that the other keys stay as they came.
        if members.iter().any(|(key, _)| array_index(key).is_some()) {
            let index = |(key, _): &(Text, Value)| array_index(key).unwrap_or(u32::MAX);
            let indexes: Vec<u32> = members.iter().map(index).collect();
            let order = sorting::places(members.len(), &mut |left, right| {
                indexes[left].cmp(&indexes[right])
            });
            members = order
                .into_iter()
                .map(|place| std::mem::replace(&mut members[place], (Text::from(""), Value::Null)))
                .collect();
        }
        (Self { members }, repeated)
    }
}

/// How many members are compared each with each rather than sorted.
const FEW: usize = 16;

/// Of equal keys the last value stays, in the place of the first. Whether there were any.
///
/// By a hash and then by the key itself: a line may hold millions of keys, and one who knows the
/// hash gains nothing.
fn keep_last_of_equal_keys(members: &mut Vec<(Text, Value)>) -> bool {
    if members.len() <= FEW {
        let few = members.iter().enumerate();
        let repeats = |(place, (key, _)): (usize, &(Text, Value))| {
            members[..place].iter().any(|(before, _)| before == key)
        };
        if !few.into_iter().any(repeats) {
            return false;
        }
    }
    let hash = |key: &Text| {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        hasher.finish()
    };
    let hashes: Vec<u64> = members.iter().map(|(key, _)| hash(key)).collect();
    let order = sorting::places(members.len(), &mut |left, right| {
        let keys = || members[left].0.cmp_any(&members[right].0);
        hashes[left].cmp(&hashes[right]).then_with(keys)
    });
    let mut is_kept = vec![true; members.len()];
    let mut repeated = false;
    let mut first = order[0];
    for &place in &order[1..] {
        if hashes[place] == hashes[first] && members[place].0 == members[first].0 {
            members[first].1 = std::mem::take(&mut members[place].1);
            is_kept[place] = false;
            repeated = true;
        } else {
            first = place;
        }
    }
    if repeated {
        let mut kept = is_kept.into_iter();
        members.retain(|_| kept.next().unwrap_or(true));
    }
    repeated
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

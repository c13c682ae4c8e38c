//! Sorting, once for all. The library's sort is compiled anew for every type it sorts, and a page would
//! carry each copy; here only places are sorted.

use std::cmp::Ordering;

/// The places of `count` things in their order; things that compare equal stay as they are.
pub(crate) fn places(
    count: usize,
    compare: &mut dyn FnMut(usize, usize) -> Ordering,
) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|left, right| compare(*left, *right));
    places
}

/// These things in their order; those that compare equal stay as they are.
pub(crate) fn sorted<T>(things: Vec<T>, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let order = places(things.len(), &mut |left, right| {
        compare(&things[left], &things[right])
    });
    let mut things: Vec<Option<T>> = things.into_iter().map(Some).collect();
    let things = order.into_iter().filter_map(|place| things[place].take());
    things.collect()
}

#[cfg(test)]
mod tests {
    use super::sorted;

    #[test]
    fn what_compares_equal_stays_as_it_is() {
        let words = vec!["bb", "a", "aa", "b", ""];
        let by_length = sorted(words, |a, b| a.len().cmp(&b.len()));
        assert_eq!(by_length, ["", "a", "b", "bb", "aa"]);
    }
}

//! How many questions are held open at this moment: guards that wait for a decision.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts those who wait. Cheap to clone.
#[derive(Clone, Default)]
pub struct Waiting(Arc<AtomicUsize>);

/// One who waits, until it is dropped: answered, or hung up.
pub(crate) struct Waiter(Waiting);

impl Waiting {
    /// Somebody begins to wait.
    pub(crate) fn enter(&self) -> Waiter {
        self.0.fetch_add(1, Ordering::Relaxed);
        Waiter(self.clone())
    }

    /// How many wait.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Waiting;

    #[test]
    fn whoever_is_gone_is_not_counted() {
        let waiting = Waiting::default();
        let (first, _second) = (waiting.enter(), waiting.enter());
        drop(first);
        assert_eq!(waiting.count(), 1);
    }
}

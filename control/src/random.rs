//! Randomness comes in from outside, like time: from the operating system in a server, from a
//! known sequence in a test that needs one.

/// A source of unpredictable bytes: ids, secrets and salts are made of them.
pub trait Random: Send + Sync + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The randomness of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    /// # Panics
    /// When the operating system gives no randomness. No secret can be made then, and a
    /// predictable one must never be.
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the operating system gives no randomness: {error}");
        }
    }
}

//! Work that nobody waits for, on a thread of its own to which the machine gives what others leave:
//! while sessions come in, they come first, and what follows from them is done as soon as there is
//! time. Threads that such work starts, as an index does, give way as it does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use crate::{Error, Result};

/// How far the thread gives way to those that have the niceness of the process. At 5 steps it gets a third
/// of what another thread gets that wants as much: what was shipped is found a little later, not never.
#[cfg(target_os = "linux")]
const NICER: i32 = 5;

type Work = Box<dyn FnOnce() + Send>;

/// One thread. It starts with the first work, and ends with this.
pub(crate) struct Background {
    name: &'static str,
    thread: Mutex<Option<Sender<Work>>>,
}

impl Background {
    /// Nothing to do yet. The thread will have that name.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            thread: Mutex::default(),
        }
    }

    /// Does the work after all that was asked for before.
    ///
    /// # Errors
    /// [`Error::Broken`] where there can be no thread, or where the work panics.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let (done, answer) = oneshot::channel();
        let span = tracing::Span::current();
        self.send(Box::new(move || {
            // Whoever does not wait any more does not want to know.
            let _ = done.send(span.in_scope(work));
        }))?;
        answer
            .await
            .map_err(|_| Error::Broken("work in the background ends"))
    }

    fn send(&self, work: Work) -> Result<()> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = match &*thread {
            Some(sender) => sender,
            None => thread.insert(start(self.name)?),
        };
        sender
            .send(work)
            .map_err(|_| Error::Broken("a thread in the background goes on"))
    }
}

fn start(name: &str) -> Result<Sender<Work>> {
    let (sender, all) = channel::<Work>();
    let go_on = move || {
        give_way();
        for work in all {
            // Its sender is told, and the next one finds the thread as it was.
            let _ = catch_unwind(AssertUnwindSafe(work));
        }
    };
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(go_on)
        .map_err(|_| Error::Broken("a thread in the background starts"))?;
    Ok(sender)
}

/// Only on Linux, where a thread has a niceness of its own.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::getpriority_process(None)
        .and_then(|now| rustix::process::setpriority_process(None, now + NICER))
    {
        tracing::warn!(%error, "work in the background takes its time from requests");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_in_order_and_a_panic_ends_only_its_own() {
        let background = Background::new("trial");
        let failed = background.run(|| panic!("on purpose")).await;
        assert!(matches!(failed, Err(Error::Broken(_))));
        let thread = || thread::current().id();
        let (one, two) = (background.run(thread), background.run(thread));
        assert_eq!(one.await.unwrap(), two.await.unwrap());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_thread_and_those_that_it_starts_give_way() {
        let niceness = || rustix::process::getpriority_process(None).unwrap();
        let of_others = niceness();
        let background = Background::new("trial");
        let of_both = background.run(move || (niceness(), thread::spawn(niceness).join().unwrap()));
        let nicer = (of_others + NICER).min(19);
        assert_eq!(of_both.await.unwrap(), (nicer, nicer));
        assert_eq!(niceness(), of_others);
    }
}

//! Ships of one session, one after another. Two that came at the same moment would be read twice
//! over, for the second one to find that the first changed what it was laid beside. Another server on
//! the same database is not held up by this: what is written there shows when this one writes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as Lock, OwnedMutexGuard};

use crate::ids::OrgId;

type Name = (OrgId, Vec<u8>);

/// The sessions that are being shipped.
#[derive(Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<HashMap<Name, Arc<Lock<()>>>>>);

/// The right to ship a session, until it is dropped.
pub(super) struct Alone {
    sessions: Sessions,
    name: Name,
    held: Option<OwnedMutexGuard<()>>,
}

impl Sessions {
    /// Waits until nobody ships this session. First come, first served.
    pub(super) async fn alone(&self, org: OrgId, identity: Vec<u8>) -> Alone {
        let name = (org, identity);
        let lock = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(name.clone()).or_default())
        };
        // From here on what is left behind is cleared away, also by one who gives up waiting.
        let mut alone = Alone {
            sessions: self.clone(),
            name,
            held: None,
        };
        alone.held = Some(lock.lock_owned().await);
        alone
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.held = None;
        let mut all = self
            .sessions
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Those who wait have one of their own.
        if all
            .get(&self.name)
            .is_some_and(|lock| Arc::strong_count(lock) == 1)
        {
            all.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn ships_of_one_session_go_one_by_one_and_leave_nothing_behind() {
        let sessions = Sessions::default();
        let org = "0190163d-8694-739b-aea5-966c26f8ad91".parse().unwrap();
        let first = sessions.alone(org, vec![1]).await;
        let other = sessions.alone(org, vec![2]).await;
        let mut second = Box::pin(sessions.alone(org, vec![1]));
        let mut gone = Box::pin(sessions.alone(org, vec![1]));
        assert!((&mut second).now_or_never().is_none());
        assert!((&mut gone).now_or_never().is_none());
        drop(first);
        let second = second.await;
        drop(gone);
        drop((second, other));
        assert!(sessions.0.lock().unwrap().is_empty());
    }
}

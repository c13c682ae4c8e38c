//! Who may send, and whose body is read next. Reading takes a processor, so only so many bodies are
//! read at once; the rest wait, each tenant in a queue of its own, and the queues take turns: a
//! tenant with a hundred ships waiting delays another one's by the length of one ship.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::ids::OrgId;
use crate::{Error, Limits, Result};

/// What a refused sender is told to wait.
const RETRY: Duration = Duration::from_secs(2);

/// How many ships there are at present, and how many were turned away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Ships that are arriving, waiting or being read.
    pub open: usize,
    /// Ships that have arrived and wait to be read.
    pub waiting: usize,
    /// How much of all that may be read at once is being read.
    pub reading: usize,
    /// Ships that were refused because the server had too many open.
    pub refused_full: u64,
    /// Ships that were refused because their tenant had too many open.
    pub refused_share: u64,
    /// Ships that were refused because a quota of their tenant was used up.
    pub refused_quota: u64,
}

/// The door and the queues behind it.
#[derive(Clone)]
pub(crate) struct Turns(Arc<Mutex<State>>);

struct State {
    open_of: HashMap<OrgId, usize>,
    /// How much may be read at once, and how much of that is not in use.
    at_once: usize,
    free: usize,
    /// Tenants with somebody waiting, the next one first.
    next: VecDeque<OrgId>,
    waiting: HashMap<OrgId, VecDeque<Waiter>>,
    traffic: Traffic,
}

struct Waiter {
    weight: usize,
    ready: oneshot::Sender<Turn>,
}

/// One ship that is open, until it is dropped.
pub(super) struct Inside {
    turns: Turns,
    org: OrgId,
}

/// The right to do one piece of work, until it is dropped.
pub(crate) struct Turn {
    turns: Turns,
    weight: usize,
}

impl Turns {
    pub(crate) fn new(at_once: usize) -> Self {
        let at_once = at_once.max(1);
        Self(Arc::new(Mutex::new(State {
            open_of: HashMap::new(),
            at_once,
            free: at_once,
            next: VecDeque::new(),
            waiting: HashMap::new(),
            traffic: Traffic::default(),
        })))
    }

    /// Lets a ship in.
    ///
    /// # Errors
    /// [`Error::Busy`] where too many are open, [`Error::TooManyShips`] where too many of them are of
    /// this tenant.
    pub(super) fn enter(&self, org: OrgId, limits: &Limits) -> Result<Inside> {
        let mut state = self.lock();
        let of_org = state.open_of.get(&org).copied().unwrap_or_default();
        if of_org >= limits.ships_open_per_tenant {
            state.traffic.refused_share += 1;
            return Err(Error::TooManyShips { retry_after: RETRY });
        }
        if state.traffic.open >= limits.ships_open {
            state.traffic.refused_full += 1;
            return Err(Error::Busy { retry_after: RETRY });
        }
        state.open_of.insert(org, of_org + 1);
        state.traffic.open += 1;
        Ok(Inside {
            turns: self.clone(),
            org,
        })
    }

    /// Waits for the turn of work that takes `weight` times what a small piece does.
    pub(crate) async fn take(&self, org: OrgId, weight: usize) -> Result<Turn> {
        let (ready, turn) = oneshot::channel();
        {
            let mut state = self.lock();
            let weight = weight.clamp(1, state.at_once);
            let queue = state.waiting.entry(org).or_default();
            queue.push_back(Waiter { weight, ready });
            if queue.len() == 1 {
                state.next.push_back(org);
            }
            state.traffic.waiting += 1;
        }
        self.go_on();
        turn.await.map_err(|_| Error::Broken("a turn comes"))
    }

    /// Notes that a quota turned a ship away.
    pub(super) fn over_quota(&self) {
        self.lock().traffic.refused_quota += 1;
    }

    /// The present numbers.
    pub(crate) fn traffic(&self) -> Traffic {
        let state = self.lock();
        Traffic {
            reading: state.at_once - state.free,
            ..state.traffic
        }
    }

    /// Gives what is free to those who are next.
    fn go_on(&self) {
        while let Some((ready, turn)) = self.next() {
            // Whoever does not wait any more gives it back at once.
            let _ = ready.send(turn);
        }
    }

    fn next(&self) -> Option<(oneshot::Sender<Turn>, Turn)> {
        let mut state = self.lock();
        let org = *state.next.front()?;
        let queue = state.waiting.get_mut(&org)?;
        let weight = queue.front()?.weight;
        let is_last = queue.len() == 1;
        if weight > state.free {
            return None;
        }
        let waiter = state.waiting.get_mut(&org)?.pop_front()?;
        state.next.pop_front();
        if is_last {
            state.waiting.remove(&org);
        } else {
            state.next.push_back(org);
        }
        state.free -= weight;
        state.traffic.waiting -= 1;
        let turn = Turn {
            turns: self.clone(),
            weight,
        };
        Some((waiter.ready, turn))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let mut state = self.turns.lock();
        state.traffic.open -= 1;
        let left = state.open_of.get_mut(&self.org).map(|open| {
            *open -= 1;
            *open
        });
        if left == Some(0) {
            state.open_of.remove(&self.org);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.lock().free += self.weight;
        self.turns.go_on();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use futures::FutureExt as _;

    use super::*;

    fn org(number: u8) -> OrgId {
        format!("0190163d-8694-739b-aea5-966c26f8ad{number:02x}")
            .parse()
            .unwrap()
    }

    fn limits() -> Limits {
        Limits {
            ships_open: 5,
            ships_open_per_tenant: 3,
            ..Limits::default()
        }
    }

    #[tokio::test]
    async fn a_flood_of_one_tenant_delays_another_by_one_ship() {
        let turns = Turns::new(1);
        let first = turns.take(org(1), 1).await.unwrap();
        let order = Rc::new(RefCell::new(Vec::new()));
        let ship = async |tenant: u8| {
            let _turn = turns.take(org(tenant), 1).await.unwrap();
            order.borrow_mut().push(tenant);
        };
        let flood = futures::future::join_all((0..100).map(|_| ship(1)));
        let other = async {
            ship(2).await;
            ship(2).await;
        };
        let opens = async { drop(first) };
        futures::join!(flood, other, opens);
        let order = order.borrow();
        let places: Vec<usize> = (0..order.len())
            .filter(|place| order[*place] == 2)
            .collect();
        assert_eq!(order.len(), 102);
        assert!(places[0] <= 1 && places[1] <= 4, "{places:?}");
        assert_eq!(turns.traffic(), Traffic::default());
    }

    #[tokio::test]
    async fn a_heavy_body_waits_until_there_is_room_for_it_and_is_not_overtaken() {
        let turns = Turns::new(3);
        let light = turns.take(org(1), 1).await.unwrap();
        let mut heavy = Box::pin(turns.take(org(1), 99));
        assert!((&mut heavy).now_or_never().is_none());
        let mut later = Box::pin(turns.take(org(2), 1));
        assert!((&mut later).now_or_never().is_none());
        assert_eq!((turns.traffic().waiting, turns.traffic().reading), (2, 1));
        drop(light);
        let heavy = heavy.await.unwrap();
        assert_eq!(turns.traffic().reading, 3);
        drop(heavy);
        later.await.unwrap();
    }

    #[tokio::test]
    async fn whoever_goes_away_leaves_the_queue_or_gives_the_turn_back() {
        let turns = Turns::new(1);
        let first = turns.take(org(1), 1).await.unwrap();
        let mut gone = Box::pin(turns.take(org(1), 1));
        assert!((&mut gone).now_or_never().is_none());
        let mut stays = Box::pin(turns.take(org(1), 1));
        assert!((&mut stays).now_or_never().is_none());
        drop(gone);
        drop(first);
        stays.await.unwrap();
        assert_eq!(turns.traffic(), Traffic::default());
    }

    #[test]
    fn one_tenant_has_a_share_and_all_have_a_limit() {
        let turns = Turns::new(1);
        let enter = |tenant| turns.enter(org(tenant), &limits());
        let ships: Vec<Inside> = (0..3).map(|_| enter(1).unwrap()).collect();
        assert!(matches!(enter(1), Err(Error::TooManyShips { .. })));
        let others: Vec<Inside> = (0..2).map(|_| enter(2).unwrap()).collect();
        assert!(matches!(enter(2), Err(Error::Busy { .. })));
        let traffic = turns.traffic();
        assert_eq!(
            (traffic.open, traffic.refused_share, traffic.refused_full),
            (5, 1, 1)
        );
        drop(ships);
        assert!(enter(2).is_ok());
        drop(others);
        assert_eq!(turns.traffic().open, 0);
    }
}

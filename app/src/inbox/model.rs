//! What the inbox and the hold page show: plain structs, made by the server functions.
//!
//! All times are milliseconds since the Unix epoch, UTC. Ids of Lodestar are text that an agent may
//! have chosen; they are shown, never interpreted.

use std::fmt;

use machinaut_chain::sentence::Sentence;
use machinaut_chain::why::Why;
use serde::{Deserialize, Serialize};

/// Our own id of a hold, as it stands in addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HoldKey(pub String);

impl fmt::Display for HoldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HoldKey {
    /// The address of the hold's page.
    pub fn href(&self) -> String {
        format!("/holds/{}", self.0)
    }
}

/// Everything that the inbox lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InboxView {
    /// The server's time.
    pub now: i64,
    /// Holds of every group, in no order.
    pub holds: Vec<HoldCard>,
    /// Whether any session was shipped: with none, the page teaches how to start.
    pub has_sessions: bool,
}

/// A row of the inbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HoldCard {
    /// Which hold.
    pub key: HoldKey,
    /// Who wants what; absent while the hold is only announced or polled for.
    pub sentence: Option<Sentence>,
    /// The action that is held.
    pub action_id: Option<String>,
    /// The risk that the action declares; absent while it is not shipped.
    pub risk: Option<Risk>,
    /// Whether its session is shipped.
    pub is_shipped: bool,
    /// The project, once a ship or a poll told it.
    pub project: Option<String>,
    /// When the agent asked, by its own log or announcement.
    pub requested_at: i64,
    /// From then on a decision does not count.
    pub deadline: Option<i64>,
    /// When the guard last asked for a decision.
    pub last_polled_at: Option<i64>,
    /// How many things should make one hesitate; absent while nobody has weighed it.
    pub to_weigh: Option<u64>,
    /// Where it stands.
    pub standing: Standing,
}

impl HoldCard {
    /// A hold of which nothing is known but that it is there.
    pub fn unknown(key: HoldKey) -> Self {
        Self {
            key,
            sentence: None,
            action_id: None,
            risk: None,
            is_shipped: false,
            project: None,
            requested_at: 0,
            deadline: None,
            last_polled_at: None,
            to_weigh: None,
            standing: Standing::Open,
        }
    }

    /// What stands in a sentence where nobody knows what the agent wants.
    pub const fn unread_action(&self) -> &'static str {
        if self.is_shipped {
            "action that its log does not describe"
        } else {
            "action that is not shipped yet"
        }
    }

    /// When it was settled, or when it was asked while it is not.
    pub fn settled_at(&self) -> i64 {
        match &self.standing {
            Standing::Decided { at, .. }
            | Standing::Resolved { at, .. }
            | Standing::Refused { at } => *at,
            Standing::Open | Standing::Abandoned => self.requested_at,
        }
    }

    /// Whether the guard's sign of life, as shown, is worth reading again.
    pub fn is_due(&self, now: i64) -> bool {
        self.standing == Standing::Open
            && crate::ui::is_worth_reading_again(self.last_polled_at, now)
    }
}

/// The risk facts of an action, in Lodestar's own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Risk {
    /// `L0` to `L5`.
    pub level: Option<String>,
    /// `self`, `project`, `external` …
    pub blast_radius: Option<String>,
    /// `reversible`, `compensable`, `irreversible`.
    pub reversibility: Option<String>,
    /// `public`, `private`, `secret` …
    pub data_sensitivity: Option<String>,
}

impl Risk {
    /// Whether the approval takes a deliberate second look: everything that is not known to be
    /// reversible does.
    pub fn is_beyond_recall(&self) -> bool {
        self.reversibility.as_deref() != Some("reversible")
    }
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The action may run.
    Granted,
    /// It may not.
    Denied,
}

impl Verdict {
    /// The word of Lodestar's wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Denied => "denied",
        }
    }
}

/// Where a hold stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Nobody has decided.
    Open,
    /// Nobody has decided, and no guard waits for it any more.
    Abandoned,
    /// The guard refused the last decision; another one may be made.
    Refused {
        /// When it went on asking.
        at: i64,
    },
    /// A decision is in force.
    Decided {
        /// What was decided.
        verdict: Verdict,
        /// By which approver id.
        approver: String,
        /// The date of the signature.
        at: i64,
        /// How far it came.
        delivery: DeliveryState,
    },
    /// The log says how it ended, without a decision through us.
    Resolved {
        /// How.
        outcome: LogOutcome,
        /// What the answer in the log rests on.
        proof: LogProof,
        /// When we learned it.
        at: i64,
    },
}

/// How a hold ended by the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogOutcome {
    /// Somebody granted it.
    Granted,
    /// Somebody denied it.
    Denied,
    /// Its deadline passed.
    Expired,
    /// The answer is withheld, and the action went on.
    Approved,
    /// The answer is withheld, and the action was rejected.
    Rejected,
}

/// What an answer in a log rests on. A log is a claim; only a signature is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogProof {
    /// It carries the signature of a key that is registered here.
    RegisteredKey,
    /// It carries a signature that no registered key made.
    UnknownKey,
    /// It carries no signature.
    Unsigned,
    /// The answer is withheld.
    NotShown,
}

impl LogProof {
    /// In the few words of a row.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::RegisteredKey => "answered in the log, signed by a key registered here",
            Self::UnknownKey => "answered in the log, signed by a key that nobody registered here",
            Self::Unsigned => "answered in the log, without a signature",
            Self::NotShown => "the log went on; its answer is withheld",
        }
    }
}

/// How far a decision came. What each step proves is told on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DeliveryState {
    /// Stored with us; the guard has not asked for it since.
    Relayed,
    /// The guard's token asked for it and got it.
    Fetched,
    /// It got it again and again without effect: it does not accept the decision's time or binding.
    PassedOver,
    /// It got it and fell silent without taking it away: accepted, or it stopped.
    Unacknowledged,
    /// The guard took it away; a few seconds of silence will tell how it took it.
    Consumed,
    /// It took it away and stopped asking.
    Accepted,
    /// It took it away, or got it, so close to the deadline that its silence says nothing.
    Undetermined,
    /// The deadline passed before the guard asked for it: it did not count.
    TooLate,
    /// The log tells of another end of the hold.
    EndedOtherwise,
    /// It took it away and went on asking.
    Refused,
    /// A shipped log carries this very signature.
    Confirmed,
}

/// Everything that the page of one hold shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HoldView {
    /// The server's time.
    pub now: i64,
    /// The facts that the inbox shows too.
    pub card: HoldCard,
    /// What a decision must name; absent while only a low-ceiling ship told of the hold.
    pub request_id: Option<String>,
    /// Why a decision would not count now, in a sentence; none when it would.
    pub obstacle: Option<String>,
    /// Why the policy holds it, in the guard's words.
    pub reason: Option<String>,
    /// The session, once it is shipped.
    pub session: Option<SessionRef>,
    /// What stands behind the action; absent while its session is not shipped.
    pub why: Option<Why>,
    /// The last decision, in force or refused.
    pub decision: Option<DecisionView>,
    /// What the action did, once observed.
    pub outcome: Option<OutcomeView>,
}

/// A session as a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRef {
    /// Our own id of it, as it stands in addresses.
    pub key: String,
    /// Lodestar's id of it.
    pub id: String,
    /// The project it belongs to.
    pub project: String,
}

/// A decision and its delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionView {
    /// What was decided.
    pub verdict: Verdict,
    /// By which approver id.
    pub approver: String,
    /// The fingerprint of the key.
    pub fingerprint: String,
    /// The public key, as SPKI PEM.
    pub public_key: String,
    /// The reason that was signed with it.
    pub reason: Option<String>,
    /// The document that was signed, canonical.
    pub document: String,
    /// The message: lower-case hex of its sha-256.
    pub message: String,
    /// The signature, base64.
    pub signature: String,
    /// How far it came.
    pub state: DeliveryState,
    /// When each step was reached.
    pub times: DeliveryTimes,
    /// When silence alone will change how far it came, if it will.
    pub settles_at: Option<i64>,
    /// The event that confirms it.
    pub confirmed_by: Option<EventRef>,
}

/// When a decision reached which step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryTimes {
    /// The date in the signed document.
    pub signed: i64,
    /// Stored with us.
    pub relayed: i64,
    /// First served to the guard.
    pub fetched: Option<i64>,
    /// Taken away by the guard.
    pub consumed: Option<i64>,
    /// The first poll after that.
    pub asked_again: Option<i64>,
    /// Seen in a shipped log.
    pub confirmed: Option<i64>,
}

/// An event of a session by its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRef {
    /// Its number in the project's log.
    pub seq: u64,
    /// The address of its page.
    pub href: String,
}

/// What the action did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeView {
    /// `success`, `failure` …, as the log has it.
    pub result: String,
    /// Where it says so.
    pub event: EventRef,
}

#[cfg(test)]
pub(crate) mod sample {
    use super::*;

    pub(crate) fn card(key: &str, at: i64) -> HoldCard {
        HoldCard {
            requested_at: at,
            ..HoldCard::unknown(HoldKey(key.to_owned()))
        }
    }

    impl HoldCard {
        pub(crate) fn with_deadline(mut self, deadline: i64) -> Self {
            self.deadline = Some(deadline);
            self
        }

        pub(crate) fn with_standing(mut self, standing: Standing) -> Self {
            self.standing = standing;
            self
        }
    }
}

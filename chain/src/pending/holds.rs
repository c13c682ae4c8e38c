use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{
    ActionFacts, ActionVerdict, AuthorityFacts, LoggedResolution, Phase, RejectionFacts,
    RequestFacts,
};
use crate::session::{Event, EventRef, Session};
use crate::sorting;
use crate::why::Answer;

/// How a hold ended, as far as the log tells.
///
/// ```
/// use machinaut_chain::approval::{Resolution, ResolutionKind};
/// use machinaut_chain::pending::{LoggedOutcome, holds_of};
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let mut hold = Hold::push_to_main(story);
/// let decision = Resolution {
///     request_id: "r-1".into(),
///     action_id: "a-1".into(),
///     kind: ResolutionKind::Granted,
///     approver_id: "alice@phone".into(),
///     reason: None,
///     at: "2026-11-23T04:46:20Z".parse()?,
///     signature: None,
/// };
/// hold.resolve(&decision, hold.log().now());
/// let lines = hold.log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// match &holds_of(&session)[0].outcome {
///     LoggedOutcome::Granted { event, resolution } => {
///         assert_eq!(event.event_type, "approval.granted");
///         assert_eq!(resolution.approver_id.as_deref(), Some("alice@phone"));
///     }
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoggedOutcome {
    /// The log has no answer. Whether the hold still waits depends on its deadline and on the
    /// guard, not on the log.
    Open,
    /// It was granted. An answer without a signature was given inside the guard's own process, or
    /// was planted and nobody checked it.
    Granted {
        /// The event.
        event: EventRef,
        /// What it says.
        resolution: LoggedResolution,
    },
    /// It was denied.
    Denied {
        /// The event.
        event: EventRef,
        /// What it says.
        resolution: LoggedResolution,
    },
    /// Nobody answered in time.
    Expired {
        /// The event.
        event: EventRef,
    },
    /// The answer is withheld, but the action went on: it was approved or rejected.
    Ended {
        /// The event of the action.
        event: EventRef,
        /// Where the action went.
        phase: Phase,
        /// Who sent it there, as the action tells.
        verdict: Option<ActionVerdict>,
    },
}

/// An answer that the guard refused.
///
/// ```
/// use machinaut_chain::pending::holds_of;
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let mut hold = Hold::push_to_main(story);
/// hold.refuse_signature("mallory@phone", hold.log().now());
/// let lines = hold.log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let holds = holds_of(&session);
/// let refused = &holds[0].rejected[0];
/// assert_eq!(refused.rejection.approver_id.as_deref(), Some("mallory@phone"));
/// // A refused answer answers nothing.
/// assert!(holds[0].is_open());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedAnswer {
    /// The event in which the guard says so.
    pub event: EventRef,
    /// What it says.
    pub rejection: RejectionFacts,
}

/// An answer in the log that counts for nothing, because the guard named it as planted.
///
/// ```
/// use machinaut_chain::json::{Limits, Value};
/// use machinaut_chain::pending::holds_of;
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let mut hold = Hold::push_to_main(story);
/// let answer = br#"{"request_id":"r-1","action_id":"a-1","approver_id":"alice@phone"}"#;
/// let answer = Value::parse(answer, &Limits::default())?;
/// let planted = hold.log_mut().event("approval.granted", "0.1.0", answer);
/// // The guard notices, and names the event.
/// let notice =
///     format!(r#"{{"request_id":"r-1","source":"log","rejected_event_id":"{planted}"}}"#);
/// let notice = Value::parse(notice.as_bytes(), &Limits::default())?;
/// hold.log_mut().event("guard.approval.signature_rejected", "1", notice);
/// let lines = hold.log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let holds = holds_of(&session);
/// assert_eq!(holds[0].forged[0].event.event_id, planted);
/// assert!(holds[0].is_open());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgedAnswer {
    /// The planted event.
    pub event: EventRef,
    /// What it pretends.
    pub answer: Answer,
    /// In whose name.
    pub resolution: LoggedResolution,
}

/// A hold as the log of its session tells it.
///
/// ```
/// use machinaut_chain::pending::holds_of;
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let lines = Hold::push_to_main(story).log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let hold = &holds_of(&session)[0];
/// assert_eq!(hold.request_id.as_deref(), Some("r-1"));
/// assert_eq!(hold.reason.as_deref(), Some("L4 (external/shared) always requires approval"));
/// assert_eq!(hold.required_authority.sensitivity_clearance.as_deref(), Some("internal"));
/// let action = hold.action.as_deref().ok_or("its action is not readable")?;
/// assert_eq!(action.tool.as_deref(), Some("mcp.git.push"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggedHold {
    /// Lodestar's id of the hold; none where the request is withheld.
    pub request_id: Option<String>,
    /// The action that is held.
    pub action_id: String,
    /// Why it is held.
    pub reason: Option<String>,
    /// Who may decide.
    pub required_authority: AuthorityFacts,
    /// When it was asked, as written.
    pub requested_at: String,
    /// Until when a decision counts, as written.
    pub deadline: Option<String>,
    /// The event that opened it.
    pub event: EventRef,
    /// The action, where its payload is here. A log may hold one action many times over: they
    /// share what is known of it.
    #[serde(with = "shared")]
    pub action: Option<Arc<ActionFacts>>,
    /// How it ended.
    pub outcome: LoggedOutcome,
    /// Answers that the guard refused.
    pub rejected: Vec<RefusedAnswer>,
    /// Answers in the log that count for nothing.
    pub forged: Vec<ForgedAnswer>,
    /// Whether the guard kept the announcement to itself because of its ceiling.
    pub announce_withheld: bool,
}

/// Shared facts travel as the facts themselves.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use crate::model::ActionFacts;

    #[allow(clippy::ref_option, reason = "serde hands out the field as it is")]
    pub(super) fn serialize<S: Serializer>(
        action: &Option<Arc<ActionFacts>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        action.as_deref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Arc<ActionFacts>>, D::Error> {
        Option::<ActionFacts>::deserialize(deserializer).map(|action| action.map(Arc::new))
    }
}

impl LoggedHold {
    /// Whether the log leaves it open.
    ///
    /// ```
    /// use machinaut_chain::pending::holds_of;
    /// use machinaut_chain::sample::Hold;
    /// use machinaut_chain::session::Session;
    ///
    /// # let story = machinaut_chain::sample::Story {
    /// #     project: "fetcher".parse()?, session: "s-1".parse()?,
    /// #     agent: "agent:claude-code".parse()?, first_seq: 0,
    /// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
    /// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
    /// # };
    /// let mut hold = Hold::push_to_main(story);
    /// hold.expire(hold.log().now());
    /// let lines = hold.log().lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// assert!(!holds_of(&session)[0].is_open());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_open(&self) -> bool {
        self.outcome == LoggedOutcome::Open
    }
}

/// Every hold of the session, in the order in which they were opened.
///
/// ```
/// use machinaut_chain::pending::{LoggedOutcome, holds_of};
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::ship::Sensitivity;
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let hold = Hold::push_to_main(story);
/// // A ship whose ceiling withholds the request: the hold is still seen by its action.
/// let body = hold.log().ship_body(Sensitivity::Internal);
/// let session = Session::from_record_lines(body.split(|byte| *byte == b'\n').skip(1))?;
/// let holds = holds_of(&session);
/// assert_eq!((holds.len(), holds[0].action_id.as_str()), (1, "a-1"));
/// assert_eq!(holds[0].request_id, None);
/// assert_eq!(holds[0].outcome, LoggedOutcome::Open);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn holds_of(session: &Session) -> Vec<LoggedHold> {
    let answers = Answers::read(session.events());
    let actions: HashMap<String, Arc<ActionFacts>> = session
        .actions()
        .into_iter()
        .map(|action| (action.id.clone(), Arc::new(action)))
        .collect();
    let requests: Vec<(&Event, RequestFacts)> = session
        .events()
        .iter()
        .filter(|event| event.event_type() == "approval.requested")
        .filter_map(|event| Some((event, RequestFacts::read(event.open()?)?)))
        .collect();
    let requested_actions: HashSet<&str> = requests
        .iter()
        .map(|(_, request)| request.action_id.as_str())
        .collect();

    let mut holds = Vec::new();
    let mut known = HashSet::new();
    for (event, request) in &requests {
        if known.insert(request.request_id.clone()) {
            let action = actions.get(&request.action_id).cloned();
            holds.push(answers.hold(event, request.clone(), action));
        }
    }
    for hold in holds_of_actions(session, &requested_actions) {
        let action = actions.get(&hold.action_id).cloned();
        holds.push(LoggedHold {
            action: action.or(hold.action),
            ..hold
        });
    }
    sorting::sorted(holds, |one, other| one.event.seq.cmp(&other.event.seq))
}

/// Holds whose request is not readable: all we have of each is its action.
fn holds_of_actions(session: &Session, requested: &HashSet<&str>) -> Vec<LoggedHold> {
    let mut holds: Vec<LoggedHold> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for event in session.events() {
        let opens = match event.event_type() {
            "action.pending_approval" => true,
            "action.approved" | "action.rejected" => false,
            _ => continue,
        };
        let facts = event
            .open()
            .and_then(|payload| ActionFacts::read(payload, event.actor()));
        let Some(facts) = facts else { continue };
        let place = places.get(&facts.id).copied();
        if opens && place.is_none() && !requested.contains(facts.id.as_str()) {
            places.insert(facts.id.clone(), holds.len());
            holds.push(LoggedHold {
                request_id: None,
                action_id: facts.id.clone(),
                reason: facts.detail.clone(),
                required_authority: AuthorityFacts::default(),
                requested_at: event.timestamp().to_owned(),
                deadline: None,
                event: event.reference(),
                action: Some(Arc::new(facts)),
                outcome: LoggedOutcome::Open,
                rejected: Vec::new(),
                forged: Vec::new(),
                announce_withheld: false,
            });
        } else if let (false, Some(hold)) = (opens, place.and_then(|place| holds.get_mut(place)))
            && let (true, Some(phase)) = (hold.is_open(), facts.phase)
        {
            hold.outcome = LoggedOutcome::Ended {
                event: event.reference(),
                phase,
                verdict: facts.verdict,
            };
        }
    }
    holds
}

/// Everything in the log that answers a hold or speaks about an answer, by request.
#[derive(Default)]
pub(super) struct Answers<'a> {
    given: HashMap<String, Vec<(&'a Event, Answer, LoggedResolution)>>,
    refused: HashMap<String, Vec<(&'a Event, RejectionFacts)>>,
    planted_events: HashSet<String>,
    /// Requests every answer to which is in doubt.
    disowned: HashSet<String>,
    announce_withheld: HashSet<String>,
}

impl<'a> Answers<'a> {
    pub(super) fn read(events: &'a [Event]) -> Self {
        let mut answers = Self::default();
        for event in events {
            let Some(payload) = event.open() else {
                continue;
            };
            let answer = match event.event_type() {
                "approval.granted" => Answer::Granted,
                "approval.denied" => Answer::Denied,
                "approval.expired" => Answer::Expired,
                "guard.approval.signature_rejected" => {
                    if let Some(rejection) = RejectionFacts::read(payload, event.is_attested()) {
                        if rejection.by_guard {
                            answers
                                .planted_events
                                .extend(rejection.rejected_event_id.clone());
                            if rejection.source.is_none() && rejection.rejected_event_id.is_none() {
                                answers.disowned.insert(rejection.request_id.clone());
                            }
                        }
                        let of_request = answers.refused.entry(rejection.request_id.clone());
                        of_request.or_default().push((event, rejection));
                    }
                    continue;
                }
                "guard.approval.announce_withheld" => {
                    answers
                        .announce_withheld
                        .extend(crate::model::view::text(payload, "request_id"));
                    continue;
                }
                _ => continue,
            };
            if let Some(resolution) = LoggedResolution::read(payload) {
                let of_request = answers.given.entry(resolution.request_id.clone());
                of_request.or_default().push((event, answer, resolution));
            }
        }
        answers
    }

    /// Whether the guard says that this answer counts for nothing. A refusal that names neither
    /// its source nor an event is of an older guard and speaks of every answer to its request. A
    /// refusal that anybody could have written annuls nothing.
    fn is_planted(&self, event: &Event, answer: Answer, request_id: &str) -> bool {
        answer != Answer::Expired
            && (self.planted_events.contains(event.id()) || self.disowned.contains(request_id))
    }

    fn hold(
        &self,
        event: &Event,
        request: RequestFacts,
        action: Option<Arc<ActionFacts>>,
    ) -> LoggedHold {
        let mut outcome = LoggedOutcome::Open;
        let mut forged = Vec::new();
        let given = self
            .given
            .get(&request.request_id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        for (answered, answer, resolution) in given {
            if self.is_planted(answered, *answer, &request.request_id) {
                forged.push(ForgedAnswer {
                    event: answered.reference(),
                    answer: *answer,
                    resolution: resolution.clone(),
                });
            } else if outcome == LoggedOutcome::Open {
                let event = answered.reference();
                let resolution = resolution.clone();
                outcome = match answer {
                    Answer::Granted => LoggedOutcome::Granted { event, resolution },
                    Answer::Denied => LoggedOutcome::Denied { event, resolution },
                    Answer::Expired => LoggedOutcome::Expired { event },
                };
            }
        }
        let refused = self
            .refused
            .get(&request.request_id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        LoggedHold {
            announce_withheld: self.announce_withheld.contains(&request.request_id),
            action_id: request.action_id,
            reason: request.reason,
            required_authority: request.required_authority,
            requested_at: request
                .requested_at
                .unwrap_or_else(|| event.timestamp().to_owned()),
            deadline: request.deadline,
            event: event.reference(),
            action,
            outcome,
            rejected: refused
                .iter()
                .map(|(event, rejection)| RefusedAnswer {
                    event: event.reference(),
                    rejection: rejection.clone(),
                })
                .collect(),
            forged,
            request_id: Some(request.request_id),
        }
    }
}

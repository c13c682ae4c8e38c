use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::rc::Rc;

use super::graph::{Body, Edge, Kind, Missing, MissingReason, Node, NodeKey, Relation};
use super::hesitation;
use super::index::{Index, Link};
use super::read::{id_of, read};
use super::{History, Why};
use crate::calibration::{self, Calibration};
use crate::model::{BeliefFacts, ClaimFacts, EvidenceFacts, EvidenceRelation};
use crate::pending::{self, LoggedHold};
use crate::sentence;
use crate::session::{Event, EventRef, Session};

/// The longest chain that is followed, in nodes. A chain that is longer is marked as cut.
pub const MOST_NODES: usize = 2_000;

/// The most missing links that are named.
const MOST_MISSING: usize = 200;

/// How many edges a node has at most, on average, before the chain is cut.
const MOST_EDGES: usize = MOST_NODES * 8;

/// How many beliefs from before an action are shown as context.
const MOST_CONTEXT_BELIEFS: usize = 8;

/// Everything behind one action of the session; none where the log has no readable event of it.
///
/// Links are followed by the ids that payloads name. Where the log describes a thing more than
/// once, the first description speaks and the node is marked as disputed if they disagree: what is
/// written later cannot rewrite what stood there before.
///
/// Who asks for more than one action of a session asks [`Reasons`], which reads the session once.
///
/// ```
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::why::{Kind, why};
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let lines = Hold::push_to_main(story).log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let why = why(&session, "a-1").ok_or("no such action")?;
/// assert_eq!(why.sentence.to_text(), "claude-code wants to push branch “main”");
/// let beliefs = why.nodes.iter().filter(|node| node.key.kind == Kind::Belief && !node.is_context);
/// assert_eq!(beliefs.count(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn why(session: &Session, action_id: &str) -> Option<Why> {
    Reasons::of(session).why(action_id)
}

/// Everything behind one action, weighed with what is known of the agent from other sessions.
///
/// ```
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::why::{HesitationKind, History, why_in_history};
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let lines = Hold::push_to_main(story).log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let history = History { sessions: 12, ..History::default() };
/// let why = why_in_history(&session, "a-1", &history).ok_or("no such action")?;
/// let unlike = why.hesitations.iter().find(|found| found.kind == HesitationKind::UnlikeItsPast);
/// assert_eq!(
///     unlike.map(|found| found.detail.to_text()).as_deref(),
///     Some("First “mcp.git.push” of this agent in 12 other sessions")
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn why_in_history(session: &Session, action_id: &str, history: &History) -> Option<Why> {
    Reasons::of(session).why_in_history(action_id, history)
}

/// A session that was read for its reasons: any of its actions can then be asked for its [`Why`].
///
/// Reading takes time in proportion to the session, and so does the why of one action at worst: it
/// is bounded by [`MOST_NODES`] besides.
///
/// ```
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::why::Reasons;
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let lines = Hold::push_to_main(story).log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// // Read once, asked for every action.
/// let reasons = Reasons::of(&session);
/// for action in session.actions() {
///     assert!(reasons.why(&action.id).is_some());
/// }
/// assert_eq!(reasons.why("no-such-action"), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reasons<'a> {
    index: Index<'a>,
    /// The latest hold of each action.
    holds: HashMap<String, LoggedHold>,
    calibration: OnceCell<Calibration>,
    session: &'a Session,
    withheld_events: usize,
    /// Whether the firewall's own adoptions can be read, so that one that is missing means something.
    firewall_is_readable: bool,
}

impl<'a> Reasons<'a> {
    /// Reads a session.
    ///
    /// ```
    /// use machinaut_chain::sample::Hold;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::why::Reasons;
    ///
    /// # let story = machinaut_chain::sample::Story {
    /// #     project: "fetcher".parse()?, session: "s-1".parse()?,
    /// #     agent: "agent:claude-code".parse()?, first_seq: 0,
    /// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
    /// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
    /// # };
    /// let lines = Hold::push_to_main(story).log().lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let reasons = Reasons::of(&session);
    /// let decided = |tool: &str| {
    ///     let mut actions = session.actions().into_iter();
    ///     let action = actions.find(|action| action.tool.as_deref() == Some(tool))?;
    ///     reasons.why(&action.id)?.action.decision_id
    /// };
    /// assert!(decided("mcp.git.push").is_some());
    /// assert_eq!(decided("git.status"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(session: &'a Session) -> Self {
        let events = session.events();
        let adoptions = || {
            let adopted = |event: &&Event| event.event_type() == "firewall.belief.adopted";
            events.iter().filter(adopted)
        };
        let holds = pending::holds_of(session).into_iter();
        Self {
            index: Index::of(session),
            holds: holds.map(|hold| (hold.action_id.clone(), hold)).collect(),
            calibration: OnceCell::new(),
            session,
            withheld_events: events
                .iter()
                .filter(|event| event.withheld().is_some())
                .count(),
            firewall_is_readable: adoptions()
                .any(|event| event.is_attested() && event.open().is_some())
                && adoptions().all(|event| event.withheld().is_none()),
        }
    }

    /// Everything behind one action; see [`why`].
    ///
    /// ```
    /// use machinaut_chain::sample::Hold;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::why::Reasons;
    ///
    /// # let story = machinaut_chain::sample::Story {
    /// #     project: "fetcher".parse()?, session: "s-1".parse()?,
    /// #     agent: "agent:claude-code".parse()?, first_seq: 0,
    /// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
    /// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
    /// # };
    /// let lines = Hold::push_to_main(story).log().lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let reasons = Reasons::of(&session);
    /// let why = reasons.why("a-1").ok_or("no such action")?;
    /// assert_eq!(Some(why), machinaut_chain::why::why(&session, "a-1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn why(&self, action_id: &str) -> Option<Why> {
        self.why_in_history(action_id, &History::default())
    }

    /// Everything behind one action, weighed with what is known of the agent from other sessions.
    ///
    /// ```
    /// use machinaut_chain::sample::Hold;
    /// use machinaut_chain::session::Session;
    /// use machinaut_chain::why::{History, Reasons};
    ///
    /// # let story = machinaut_chain::sample::Story {
    /// #     project: "fetcher".parse()?, session: "s-1".parse()?,
    /// #     agent: "agent:claude-code".parse()?, first_seq: 0,
    /// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
    /// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
    /// # };
    /// let lines = Hold::push_to_main(story).log().lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let reasons = Reasons::of(&session);
    /// let history = History { sessions: 12, ..History::default() };
    /// let alone = reasons.why("a-1").ok_or("no such action")?;
    /// let in_history = reasons.why_in_history("a-1", &history).ok_or("no such action")?;
    /// // The chain is the same, weighed with more knowledge.
    /// assert_eq!(in_history.nodes, alone.nodes);
    /// assert_eq!(in_history.hesitations.len(), alone.hesitations.len() + 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn why_in_history(&self, action_id: &str, history: &History) -> Option<Why> {
        let mut walk = Walk::new(&self.index);
        let root = walk.reach(Kind::Action, action_id)?;
        walk.finish();
        walk.add_context(&root);
        walk.finish();

        let nodes: Vec<Node> = walk.nodes.into_iter().filter_map(Reached::told).collect();
        let Body::Action(action) = &nodes.first()?.body else {
            return None;
        };
        let mut why = Why {
            sentence: sentence::action_sentence(action),
            action: action.clone(),
            hold: self.holds.get(action_id).cloned(),
            nodes,
            edges: walk.edges,
            missing: walk.missing,
            hesitations: Vec::new(),
            session_events: self.session.events().len(),
            withheld_events: self.withheld_events,
            is_cut: walk.is_cut,
        };
        why.hesitations = hesitation::weigh(&why, self, history);
        Some(why)
    }

    pub(super) fn index(&self) -> &Index<'a> {
        &self.index
    }

    pub(super) fn firewall_is_readable(&self) -> bool {
        self.firewall_is_readable
    }

    /// The calibration of this session alone.
    pub(super) fn calibration(&self) -> &Calibration {
        let calibrate = || calibration::calibrate(self.session);
        self.calibration.get_or_init(calibrate)
    }
}

impl fmt::Debug for Reasons<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Reasons").finish_non_exhaustive()
    }
}

/// A node, whose links may still have to be followed.
struct Reached {
    key: NodeKey,
    body: Rc<Body>,
    events: Vec<EventRef>,
    is_context: bool,
    is_disputed: bool,
}

impl Reached {
    /// The node, once nobody reads in its body any more.
    fn told(self) -> Option<Node> {
        Some(Node {
            key: self.key,
            body: Rc::into_inner(self.body)?,
            events: self.events,
            is_context: self.is_context,
            is_disputed: self.is_disputed,
        })
    }
}

struct Walk<'a> {
    index: &'a Index<'a>,
    nodes: Vec<Reached>,
    places: HashMap<NodeKey, usize>,
    edges: Vec<Edge>,
    known_edges: HashSet<Edge>,
    missing: Vec<Missing>,
    /// The evidence about each claim that was asked for, with what it does to the claim.
    evidence: HashMap<String, Rc<[(NodeKey, Relation)]>>,
    /// How many of the nodes were followed.
    followed: usize,
    in_context: bool,
    is_cut: bool,
}

impl<'a> Walk<'a> {
    fn new(index: &'a Index<'a>) -> Self {
        Self {
            index,
            nodes: Vec::new(),
            places: HashMap::new(),
            edges: Vec::new(),
            known_edges: HashSet::new(),
            missing: Vec::new(),
            evidence: HashMap::new(),
            followed: 0,
            in_context: false,
            is_cut: false,
        }
    }

    /// The node of this kind and id, read on first sight; none where the log has none to read.
    fn reach(&mut self, kind: Kind, id: &str) -> Option<NodeKey> {
        let key = NodeKey::new(kind, id);
        if self.places.contains_key(&key) {
            return Some(key);
        }
        if self.nodes.len() >= MOST_NODES {
            self.is_cut = true;
            return None;
        }
        let events: Vec<&Event> = self
            .index
            .of_id(kind, id)
            .iter()
            .filter_map(|place| self.index.events.get(*place))
            .collect();
        let (body, is_disputed) = read(self.index, kind, &events)?;
        self.places.insert(key.clone(), self.nodes.len());
        self.nodes.push(Reached {
            key: key.clone(),
            body: Rc::new(body),
            events: events.iter().map(|event| event.reference()).collect(),
            is_context: self.in_context,
            is_disputed,
        });
        Some(key)
    }

    /// Links two nodes, unless the chain has as many links as it may.
    fn link(&mut self, from: &NodeKey, relation: Relation, to: &NodeKey) -> bool {
        if self.edges.len() >= MOST_EDGES {
            self.is_cut = true;
            return false;
        }
        let edge = Edge {
            from: from.clone(),
            relation,
            to: to.clone(),
        };
        if self.known_edges.insert(edge.clone()) {
            self.edges.push(edge);
        }
        true
    }

    /// Follows a link that the log names by id.
    fn follow(&mut self, from: &NodeKey, relation: Relation, kind: Kind, id: &str) {
        if let Some(to) = self.reach(kind, id) {
            self.link(from, relation, &to);
        } else if !self.is_cut {
            self.miss(from, relation, kind, Some(id));
        }
    }

    fn miss(&mut self, from: &NodeKey, relation: Relation, kind: Kind, id: Option<&str>) {
        if self.missing.len() >= MOST_MISSING {
            self.is_cut = true;
            return;
        }
        let place = self.place_of(from);
        let reason = match self.index.marked(kind) {
            Some(marked) => MissingReason::Withheld {
                marked,
                candidates: self
                    .index
                    .withheld_near(kind, place)
                    .into_iter()
                    .map(Event::reference)
                    .collect(),
                of: self.index.withheld(kind).len(),
            },
            None => MissingReason::Absent,
        };
        let id = id.map(str::to_owned);
        self.missing.push(Missing {
            from: from.clone(),
            relation,
            kind,
            id,
            reason,
        });
    }

    /// Follows every event that points at `from`.
    fn follow_back(&mut self, from: &NodeKey, relation: Relation, kind: Kind, link: Link) {
        for place in self.index.linked(link, &from.id) {
            if let Some(id) = self
                .index
                .events
                .get(*place)
                .and_then(|event| id_of(kind, event))
                && let Some(to) = self.reach(kind, &id)
            {
                self.link(from, relation, &to);
            }
        }
    }

    /// Where in the log the first event of a node stands.
    fn place_of(&self, key: &NodeKey) -> usize {
        self.index
            .of_id(key.kind, &key.id)
            .first()
            .copied()
            .unwrap_or_default()
    }

    fn finish(&mut self) {
        while let Some(node) = self.nodes.get(self.followed) {
            let (key, body) = (node.key.clone(), Rc::clone(&node.body));
            self.followed += 1;
            self.expand(&key, &body);
        }
    }

    fn expand(&mut self, key: &NodeKey, body: &Body) {
        match body {
            Body::Action(action) => {
                if let Some(decision) = &action.decision_id {
                    self.follow(key, Relation::DependsOn, Kind::Decision, decision);
                }
                self.follow_back(key, Relation::ApprovedBy, Kind::Hold, Link::HoldOfAction);
                self.follow_back(
                    key,
                    Relation::ResultedIn,
                    Kind::Outcome,
                    Link::OutcomeOfAction,
                );
                let observed = Link::ObservationOfAction;
                self.follow_back(key, Relation::ResultedIn, Kind::Observation, observed);
            }
            Body::Decision(decision) => {
                for belief in &decision.belief_dependencies {
                    self.follow(key, Relation::DependsOn, Kind::Belief, belief);
                }
            }
            Body::Belief(belief) => self.expand_belief(key, belief),
            Body::Claim(claim) => self.expand_claim(key, claim),
            Body::Evidence(evidence) => self.expand_evidence(key, evidence),
            Body::Outcome(outcome) => {
                for effect in &outcome.effect_observation_ids {
                    self.follow(key, Relation::ResultedIn, Kind::Observation, effect);
                }
            }
            Body::Hold(_) => {
                self.follow_back(
                    key,
                    Relation::ApprovedBy,
                    Kind::Resolution,
                    Link::AnswerToHold,
                );
                self.follow_back(
                    key,
                    Relation::AlertedBy,
                    Kind::Rejection,
                    Link::AnswerToHold,
                );
            }
            Body::Observation(_)
            | Body::Revision(_)
            | Body::Alert(_)
            | Body::Resolution(_)
            | Body::Rejection(_) => {}
        }
        if !matches!(
            key.kind,
            Kind::Alert | Kind::Revision | Kind::Resolution | Kind::Rejection
        ) {
            self.follow_back(key, Relation::AlertedBy, Kind::Alert, Link::AlertOver);
            self.follow_back(key, Relation::RevisedBy, Kind::Revision, Link::RevisionOf);
        }
    }

    fn expand_belief(&mut self, key: &NodeKey, belief: &BeliefFacts) {
        if let Some(claim_id) = &belief.claim_id {
            if let Some(claim) = self.reach(Kind::Claim, claim_id) {
                self.link(&claim, Relation::AdoptedAs, key);
            } else if !self.is_cut {
                self.miss(key, Relation::AdoptedAs, Kind::Claim, Some(claim_id));
                self.expand_evidence_of(key, claim_id);
            }
        }
        let successors: Vec<String> = belief
            .transitions
            .iter()
            .filter_map(|step| step.superseded_by.clone())
            .collect();
        for successor in successors {
            if let Some(successor) = self.reach(Kind::Belief, &successor) {
                self.link(key, Relation::RevisedBy, &successor);
            }
        }
    }

    fn expand_claim(&mut self, key: &NodeKey, claim: &ClaimFacts) {
        self.expand_evidence_of(key, &claim.id);
        for observation in &claim.source_observation_ids {
            self.follow(key, Relation::ExtractedFrom, Kind::Observation, observation);
        }
    }

    /// The evidence about a claim, hung on the claim itself or, where that is missing, its belief.
    fn expand_evidence_of(&mut self, key: &NodeKey, claim_id: &str) {
        if self
            .index
            .linked(Link::EvidenceOfClaim, claim_id)
            .is_empty()
        {
            self.miss(key, Relation::Supports, Kind::Evidence, None);
        }
        for (evidence, relation) in self.evidence_of(claim_id).iter() {
            if !self.link(evidence, *relation, key) {
                return;
            }
        }
    }

    /// The evidence about a claim. Many beliefs may name one claim, so it is looked up once.
    fn evidence_of(&mut self, claim_id: &str) -> Rc<[(NodeKey, Relation)]> {
        if let Some(known) = self.evidence.get(claim_id) {
            return Rc::clone(known);
        }
        let mut found = Vec::new();
        for place in self.index.linked(Link::EvidenceOfClaim, claim_id) {
            let event = self.index.events.get(*place);
            let id = event.and_then(|event| id_of(Kind::Evidence, event));
            if let Some(id) = id
                && let Some(evidence) = self.reach(Kind::Evidence, &id)
                && let Some(Body::Evidence(facts)) = self.body(&evidence)
            {
                let items = facts.items.iter();
                let relations = items.filter_map(|item| relation(item.relation.as_ref()?));
                let mut seen = HashSet::new();
                let relations = relations.filter(|relation| seen.insert(*relation));
                found.extend(relations.map(|relation| (evidence.clone(), relation)));
            }
        }
        let found: Rc<[_]> = found.into();
        self.evidence.insert(claim_id.to_owned(), Rc::clone(&found));
        found
    }

    fn expand_evidence(&mut self, key: &NodeKey, evidence: &EvidenceFacts) {
        for source in evidence
            .items
            .iter()
            .filter_map(|item| item.source_id.as_deref())
        {
            let kind = if self.index.of_id(Kind::Belief, source).is_empty() {
                Kind::Observation
            } else {
                Kind::Belief
            };
            self.follow(key, Relation::ExtractedFrom, kind, source);
        }
    }

    /// What came before an action whose decision cannot be followed: the latest decision of the
    /// same agent and the beliefs adopted since.
    fn add_context(&mut self, action: &NodeKey) {
        let linked = self.edges.iter().any(|edge| {
            edge.from == *action
                && edge.relation == Relation::DependsOn
                && edge.to.kind == Kind::Decision
        });
        if linked {
            return;
        }
        self.in_context = true;
        let end = self.place_of(action);
        let before = self.index.events.get(..end).unwrap_or_default();
        let actor = self
            .index
            .events
            .get(end)
            .map(Event::actor)
            .unwrap_or_default();
        let decision = before.iter().rposition(|event| {
            event.event_type() == "decision.made"
                && event.actor() == actor
                && event.open().is_some()
        });
        if let Some(decision) = decision.and_then(|place| self.index.events.get(place))
            && let Some(id) = id_of(Kind::Decision, decision)
            && let Some(decision) = self.reach(Kind::Decision, &id)
        {
            self.link(action, Relation::PrecededBy, &decision);
        } else if !self.index.withheld(Kind::Decision).is_empty()
            && !self
                .missing
                .iter()
                .any(|missing| missing.kind == Kind::Decision)
        {
            self.miss(action, Relation::PrecededBy, Kind::Decision, None);
        }
        let since = before
            .get(decision.unwrap_or_default()..)
            .unwrap_or_default();
        let beliefs: Vec<String> = since
            .iter()
            .rev()
            .filter(|event| event.event_type() == "belief.adopted" && event.actor() == actor)
            .filter_map(|event| id_of(Kind::Belief, event))
            .take(MOST_CONTEXT_BELIEFS)
            .collect();
        for belief in beliefs {
            if let Some(belief) = self.reach(Kind::Belief, &belief) {
                self.link(action, Relation::PrecededBy, &belief);
            }
        }
    }

    fn body(&self, key: &NodeKey) -> Option<&Body> {
        self.places
            .get(key)
            .and_then(|place| self.nodes.get(*place))
            .map(|node| &*node.body)
    }
}

fn relation(relation: &EvidenceRelation) -> Option<Relation> {
    Some(match relation {
        EvidenceRelation::Supports => Relation::Supports,
        EvidenceRelation::Contradicts => Relation::Contradicts,
        EvidenceRelation::Contextualises => Relation::Contextualises,
        EvidenceRelation::Other(_) => return None,
    })
}

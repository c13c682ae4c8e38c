//! Signs in the log itself: forgeries, broken records, alerts.

use super::{H, Hesitation, Scale, Weight, in_order, over};
use crate::model::AlertSeverity;
use crate::sentence::{LONGEST_QUOTE, Sentence, excerpt};
use crate::session::{EventRef, FindingKind};
use crate::why::graph::{Body, Kind, Node, NodeKey};

/// The longest message of an alert that is quoted, in characters.
const LONGEST_MESSAGE: usize = 400;

impl Scale<'_> {
    pub(super) fn forged_resolutions(&self) -> Option<Hesitation> {
        let hold = self.why.hold.as_ref()?;
        let refused = hold
            .rejected
            .iter()
            .filter(|refused| refused.rejection.by_guard);
        let mut rests_on: Vec<EventRef> = hold
            .forged
            .iter()
            .map(|forged| forged.event.clone())
            .collect();
        rests_on.extend(refused.map(|refused| refused.event.clone()));
        if rests_on.is_empty() {
            return None;
        }
        let headline = if hold.forged.is_empty() {
            "The guard refused an answer to this hold: its signature did not verify."
        } else {
            "Somebody planted an answer to this hold in the log; the guard refused it."
        };
        let named = hold
            .forged
            .iter()
            .filter_map(|forged| forged.resolution.approver_id.as_deref())
            .chain(
                hold.rejected
                    .iter()
                    .filter_map(|r| r.rejection.approver_id.as_deref()),
            )
            .next();
        let mut detail = Sentence::new();
        if let Some(approver) = named {
            detail = detail.ours("It came in the name of").said(approver);
        }
        Some(Hesitation {
            kind: H::ForgedResolution,
            weight: Weight::Critical,
            headline: Sentence::new().ours(headline),
            detail,
            subjects: Vec::new(),
            rests_on: in_order(rests_on),
            is_context: false,
        })
    }

    pub(super) fn integrity(&self) -> Option<Hesitation> {
        let broken = |node: &&Node| node.events.iter().any(|event| !event.findings.is_empty());
        let nodes: Vec<&Node> = self.why.nodes.iter().filter(broken).collect();
        let events = nodes.iter().flat_map(|node| &node.events);
        let events: Vec<EventRef> = events
            .filter(|event| !event.findings.is_empty())
            .cloned()
            .collect();
        let mismatched = events
            .iter()
            .any(|event| event.findings.contains(&FindingKind::PayloadHashMismatch));
        let headline = if mismatched {
            "A record behind it does not match its hash."
        } else {
            "A record behind it is contested: its place or its id is claimed twice."
        };
        over(
            H::IntegrityFinding,
            Weight::Critical,
            headline,
            &nodes,
            events,
        )
    }

    pub(super) fn described_twice(&self) -> Option<Hesitation> {
        let nodes: Vec<&Node> = self
            .why
            .nodes
            .iter()
            .filter(|node| node.is_disputed)
            .collect();
        let (headline, weight) = if nodes.iter().any(|node| node.key.kind == Kind::Action) {
            (
                "The log describes this action in two ways that do not agree.",
                Weight::Critical,
            )
        } else {
            (
                "The log describes something behind it in two ways that do not agree.",
                Weight::Warning,
            )
        };
        let events = nodes.iter().flat_map(|node| node.events.clone()).collect();
        over(H::DescribedTwice, weight, headline, &nodes, events)
    }

    pub(super) fn alerts(&self) -> Vec<Hesitation> {
        let mut alerts = Vec::new();
        for node in &self.why.nodes {
            let Body::Alert(alert) = &node.body else {
                continue;
            };
            let over = self.leading_to(&node.key).iter();
            let subjects: Vec<NodeKey> = over.map(|edge| edge.from.clone()).collect();
            let weight = match (&alert.severity, alert.by_sentinel) {
                (_, false) => Weight::Notice,
                (Some(AlertSeverity::Critical), true) => Weight::Critical,
                (_, true) => Weight::Warning,
            };
            let mut headline = if alert.by_sentinel {
                Sentence::new().ours("A sentinel raised an alert:")
            } else {
                Sentence::new().ours("An event that anybody could have written claims an alert:")
            };
            if let Some(rule) = alert.rule.as_deref().or(alert.sentinel.as_deref()) {
                headline = headline.said(rule);
            }
            let mut detail = Sentence::new();
            if let Some(message) = &alert.message {
                detail = detail.said(excerpt(message, LONGEST_MESSAGE));
            }
            alerts.push(Hesitation {
                kind: H::SentinelAlert,
                weight,
                headline,
                detail,
                subjects,
                rests_on: node.events.clone(),
                is_context: node.is_context,
            });
        }
        alerts
    }

    pub(super) fn unlike_its_past(&self) -> Option<Hesitation> {
        let node = self.why.nodes.first()?;
        let tool = self.why.action.tool.as_deref()?;
        if self.history.sessions == 0 || self.history.sessions_with_tool > 0 {
            return None;
        }
        let of = match self.history.sessions {
            1 => "in one other session".to_owned(),
            sessions => format!("in {sessions} other sessions"),
        };
        Some(Hesitation {
            kind: H::UnlikeItsPast,
            weight: Weight::Notice,
            headline: Sentence::new().ours("It has not done this before."),
            detail: Sentence::new()
                .ours("First")
                .said(tool)
                .ours("of this agent")
                .ours(of),
            subjects: vec![node.key.clone()],
            rests_on: node.events.clone(),
            is_context: false,
        })
    }

    pub(super) fn preconditions(&self) -> Option<Hesitation> {
        let first = self.why.action.preconditions.first()?;
        let count = self.why.action.preconditions.len();
        let mut detail = Sentence::new().said(excerpt(first, LONGEST_QUOTE));
        if count > 1 {
            detail = detail.ours(format!("and {} more", count - 1));
        }
        let node = self.why.nodes.first()?;
        Some(Hesitation {
            kind: H::Precondition,
            weight: Weight::Notice,
            headline: Sentence::new().ours("It is only right while a condition holds, which must be checked again when it runs."),
            detail,
            subjects: vec![node.key.clone()],
            rests_on: node.events.clone(),
            is_context: false,
        })
    }
}

//! Logs of any length, most of them made to cost: each asks for the square of its own length from a
//! reader that is not careful.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each user takes a part of it, and may fail anywhere"
)]

use machinaut_chain::json::{Limits, Value};
use machinaut_chain::links::links_of;
use machinaut_chain::sample::Log;
use machinaut_chain::session::{Event, Session};
use machinaut_chain::timestamp::Instant;
use machinaut_chain::why::Reasons;
use machinaut_chain::{calibration, harvest, pending, projection, report};

/// A way to make a log of about `n` events.
pub type Shape = (&'static str, fn(usize) -> Session);

/// Reads a session, and answers with the size of what it has to tell.
pub type ReadIt = fn(&Session) -> usize;

/// Everything that follows from a session, by its name.
pub const READERS: &[(&str, ReadIt)] = &[
    ("summary", |session| session.summary().events),
    ("holds", |session| pending::holds_of(session).len()),
    ("pending", |session| {
        pending::pending_approvals(session).to_json().len()
    }),
    ("projection", |session| {
        projection::project(session).to_json().len()
    }),
    ("calibration", |session| {
        calibration::calibrate(session).sample_count
    }),
    ("harvest", |session| {
        harvest::candidates(session).to_json().len()
    }),
    ("report", |session| report::report(session).len()),
    ("links", |session| links_of(session).len()),
    ("one why", |session| {
        let reasons = Reasons::of(session);
        let last = session.actions().pop();
        let why = last.and_then(|action| reasons.why(&action.id));
        why.map_or(0, |why| why.nodes.len() + why.hesitations.len())
    }),
    ("an event", |session| {
        let found = session.events().iter().filter(|event| {
            session
                .event(event.seq(), event.id())
                .is_some_and(|found| found.id() == event.id())
        });
        found.count()
    }),
];

pub const SHAPES: &[Shape] = &[
    ("an honest story again and again", honest),
    ("one place and one id for every event", one_place),
    ("one hold, answered and refused again and again", one_hold),
    ("holds of one action with long inputs", one_action),
    ("actions of one decision on many beliefs", one_decision),
    ("beliefs of one long claim", one_claim),
    ("one claim, told and judged again and again", repeated_claim),
    ("transitions of one long belief", one_belief),
    ("beliefs that supersede each other", one_line),
    (
        "beliefs of a missing claim with much evidence",
        missing_claim,
    ),
    ("a circle of beliefs", circle),
    ("kinds of firewall events without end", many_kinds),
    ("classes that begin alike", alike_classes),
    ("alerts over one action", one_target),
    ("an action that rests on what is withheld", withheld),
];

struct Writer {
    log: Log,
}

impl Writer {
    fn new() -> Self {
        let (project, session, agent) = ("p", "s", "agent:a");
        let log = Log::new(
            project.parse().unwrap(),
            session.parse().unwrap(),
            agent.parse().unwrap(),
            0,
            Instant::from_millis(1_795_409_175_531),
        );
        Self { log }
    }

    fn add(&mut self, event_type: &str, payload: &str) {
        let version = if event_type.starts_with("firewall.") || event_type.starts_with("guard.") {
            "1"
        } else {
            "0.1.0"
        };
        let payload = Value::parse(payload.as_bytes(), &Limits::default()).unwrap();
        self.log.event(event_type, version, payload);
    }

    fn session(&self) -> Session {
        Session::from_log_lines(self.log.lines().split(|byte| *byte == b'\n')).unwrap()
    }

    fn events(&self) -> Vec<Event> {
        self.session().events().to_vec()
    }

    fn adopt(&mut self, belief: &str, claim: &str, more: &str) {
        self.add(
            "firewall.belief.adopted",
            &format!(
                r#"{{"kind":"belief.adopted","belief_id":"{belief}","claim_id":"{claim}","evidence_id":"e"}}"#
            ),
        );
        self.add(
            "belief.adopted",
            &format!(
                r#"{{"id":"{belief}","claim_id":"{claim}","confidence":0.9,"calibration_class":"c",
                "scope":{{"level":"project","identifier":"p"}},"sensitivity":"internal",
                "authority":"observed","truth_status":"supported","retrieval_status":"normal",
                "security_status":"clean","freshness_status":"fresh",
                "observed_at":"2026-11-23T04:46:15Z"{more}}}"#
            ),
        );
    }

    fn claim(&mut self, id: &str, statement: &str) {
        self.add(
            "claim.extracted",
            &format!(
                r#"{{"id":"{id}","statement":"{statement}","source_observation_ids":["o"],
                "extraction_method":"m","extracted_by":"a","status":"accepted",
                "scope":{{"level":"project","identifier":"p"}},"sensitivity":"internal",
                "authors":["a"],"created_at":"2026-11-23T04:46:15Z"}}"#
            ),
        );
    }

    fn evidence(&mut self, id: &str, claim: &str, items: usize) {
        let item = |n: usize| {
            format!(
                r#"{{"source_id":"o{n}","relation":"supports","quality":"tool_result","freshness":"fresh"}}"#
            )
        };
        let items: Vec<String> = (0..items).map(item).collect();
        self.add(
            "evidence.assessed",
            &format!(
                r#"{{"id":"{id}","claim_id":"{claim}","items":[{}],"assessed_by":"a",
                "assessed_at":"2026-11-23T04:46:15Z"}}"#,
                items.join(",")
            ),
        );
    }

    fn decide_and_act(&mut self, beliefs: &[String]) {
        let beliefs: Vec<String> = beliefs.iter().map(|id| format!("\"{id}\"")).collect();
        self.add(
            "decision.made",
            &format!(
                r#"{{"id":"d","belief_dependencies":[{}]}}"#,
                beliefs.join(",")
            ),
        );
        self.add(
            "action.completed",
            r#"{"id":"x","decision_id":"d","tool":"t","phase":"completed","contract":{}}"#,
        );
    }
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|n| format!("b{n}")).collect()
}

fn honest(n: usize) -> Session {
    let mut log = Writer::new();
    for round in 0..n / 9 {
        let claim = format!("c{round}");
        log.add(
            "observation.recorded",
            &format!(
                r#"{{"id":"o{round}","schema":"tool.output","source":{{"tool":"fs.read","invocation_id":"x{round}"}},
                "context":{{}},"trust":"tool","sensitivity":"internal","payload":{{"contents":"{}"}}}}"#,
                "what the file says ".repeat(20)
            ),
        );
        log.claim(&claim, "the tests pass");
        log.evidence(&format!("e{round}"), &claim, 2);
        log.adopt(&format!("b{round}"), &claim, "");
        log.add(
            "decision.made",
            &format!(
                r#"{{"id":"d{round}","question":"what next?","belief_dependencies":["b{round}"]}}"#
            ),
        );
        for phase in ["proposed", "approved", "completed"] {
            log.add(
                &format!("action.{phase}"),
                &format!(
                    r#"{{"id":"x{round}","decision_id":"d{round}","tool":"git.push","intent":"publish",
                    "inputs":{{"branch":"main"}},"phase":"{phase}","proposed_at":"2026-11-23T04:46:15Z",
                    "contract":{{"required_level":3,"blast_radius":"project","reversibility":"reversible"}}}}"#
                ),
            );
        }
    }
    log.session()
}

fn repeated_claim(n: usize) -> Session {
    let mut log = Writer::new();
    for round in 0..n / 2 {
        log.claim("c", "the tests pass");
        log.evidence(&format!("e{round}"), "c", 2);
    }
    log.session()
}

fn one_place(n: usize) -> Session {
    let mut log = Writer::new();
    for _ in 0..n {
        log.add("agent.note", r#""note""#);
    }
    let mut events = log.events();
    let first = events[0].header.clone();
    for (place, event) in events.iter_mut().enumerate() {
        event.header.seq = first.seq;
        if place % 2 == 0 {
            event.header.id = first.id.clone();
        }
    }
    Session::from_events(events)
}

fn one_hold(n: usize) -> Session {
    let mut log = Writer::new();
    log.add(
        "action.pending_approval",
        r#"{"id":"x","tool":"t","phase":"pending_approval","contract":{}}"#,
    );
    log.add(
        "approval.requested",
        r#"{"request_id":"r","action_id":"x","reason":"why","required_authority":{},"requested_at":"2026-11-23T04:46:15Z"}"#,
    );
    for _ in 0..n / 2 {
        log.add(
            "approval.granted",
            r#"{"request_id":"r","action_id":"x","approver_id":"a","at":"2026-11-23T04:46:15Z"}"#,
        );
        log.add(
            "guard.approval.signature_rejected",
            r#"{"request_id":"r","approver_id":"a","source":"log","rejected_event_id":"nobody"}"#,
        );
    }
    log.session()
}

fn one_action(n: usize) -> Session {
    let mut log = Writer::new();
    log.add(
        "action.pending_approval",
        &format!(
            r#"{{"id":"x","tool":"t","inputs":{{"text":"{}"}},"phase":"pending_approval","contract":{{}}}}"#,
            "x".repeat(n * 64)
        ),
    );
    for number in 0..n {
        log.add(
            "approval.requested",
            &format!(
                r#"{{"request_id":"r{number}","action_id":"x","reason":"why","required_authority":{{}},"requested_at":"2026-11-23T04:46:15Z"}}"#
            ),
        );
    }
    log.session()
}

fn one_decision(n: usize) -> Session {
    let mut log = Writer::new();
    let beliefs = names(n / 3);
    for belief in &beliefs {
        log.adopt(belief, "c", "");
    }
    log.decide_and_act(&beliefs);
    for number in 0..n / 3 {
        log.add(
            "action.completed",
            &format!(r#"{{"id":"x{number}","decision_id":"d","tool":"t","phase":"completed"}}"#),
        );
    }
    log.session()
}

fn one_claim(n: usize) -> Session {
    let mut log = Writer::new();
    log.claim("c", &"so it is ".repeat(n * 8));
    log.evidence("e", "c", n);
    let beliefs = names(n / 2);
    for belief in &beliefs {
        log.adopt(belief, "c", "");
    }
    log.decide_and_act(&beliefs);
    log.session()
}

fn one_belief(n: usize) -> Session {
    let mut log = Writer::new();
    log.claim("c", "so it is");
    let scope = format!(
        r#","scope":{{"level":"project","identifier":"{}"}}"#,
        "x".repeat(n * 64)
    );
    log.adopt("b0", "c", &scope);
    for number in 0..n {
        let to = if number % 2 == 0 { "stale" } else { "fresh" };
        log.add(
            "firewall.belief.transitioned",
            &format!(
                r#"{{"kind":"belief.transitioned","belief_id":"b0","axis":"freshness_status","from_value":"x",
                "to_value":"{to}","by_authority":"reflection","rationale_id":"r","by_actor_id":"a","at":"2026-11-23T04:46:15Z"}}"#
            ),
        );
    }
    log.decide_and_act(&names(1));
    log.session()
}

fn one_line(n: usize) -> Session {
    let mut log = Writer::new();
    log.claim("c", &"so it is ".repeat(n));
    let beliefs = names(n / 2);
    for (number, belief) in beliefs.iter().enumerate() {
        let next = format!(r#","superseded_by":"b{}""#, number + 1);
        log.adopt(belief, "c", &next);
    }
    log.decide_and_act(&beliefs);
    log.session()
}

fn missing_claim(n: usize) -> Session {
    let mut log = Writer::new();
    for number in 0..n / 4 {
        log.evidence(&format!("e{number}"), "ghost", 8);
    }
    log.evidence("long", "ghost", n);
    let beliefs = names(n / 4);
    for belief in &beliefs {
        log.adopt(belief, "ghost", "");
    }
    log.decide_and_act(&beliefs);
    log.session()
}

fn circle(n: usize) -> Session {
    let mut log = Writer::new();
    let beliefs = names(n / 4);
    for (number, belief) in beliefs.iter().enumerate() {
        let next = (number + 1) % beliefs.len();
        let claim = format!("c{number}");
        log.adopt(belief, &claim, &format!(r#","superseded_by":"b{next}""#));
        log.add(
            "claim.extracted",
            &format!(r#"{{"id":"{claim}","statement":"s","source_observation_ids":["b{next}"]}}"#),
        );
        log.add(
            "evidence.assessed",
            &format!(
                r#"{{"id":"e{number}","claim_id":"{claim}","items":[{{"source_id":"b{next}","relation":"supports"}}]}}"#
            ),
        );
    }
    log.decide_and_act(&beliefs);
    log.session()
}

fn many_kinds(n: usize) -> Session {
    let mut log = Writer::new();
    for number in 0..n {
        log.add(
            &format!("firewall.kind-{number}"),
            &format!(r#"{{"kind":"kind-{number}"}}"#),
        );
    }
    log.session()
}

fn alike_classes(n: usize) -> Session {
    let mut log = Writer::new();
    let alike = "so it is ".repeat(20);
    let beliefs = names(n / 2);
    for (number, belief) in beliefs.iter().enumerate() {
        log.add(
            "belief.adopted",
            &format!(
                r#"{{"id":"{belief}","claim_id":"c","confidence":0.9,"calibration_class":"{alike}{}"}}"#,
                number * 7919 % beliefs.len()
            ),
        );
    }
    log.decide_and_act(&beliefs);
    log.session()
}

fn one_target(n: usize) -> Session {
    let mut log = Writer::new();
    for number in 0..n {
        log.add(
            "sentinel.alerted",
            &format!(
                r#"{{"alert_id":"l{number}","severity":"critical","message":"m","subject":{{"kind":"action","id":"x"}},
                "detail":{{"steps":[{{"action_id":"x"}},{{"belief_id":"b{number}"}}]}}}}"#
            ),
        );
    }
    log.decide_and_act(&names(1));
    log.session()
}

fn withheld(n: usize) -> Session {
    let mut log = Writer::new();
    let beliefs = names(n / 4);
    for belief in &beliefs {
        log.adopt(belief, belief, "");
        log.evidence(belief, belief, 1);
    }
    log.decide_and_act(&beliefs);
    let mut events = log.events();
    for event in &mut events {
        if event.event_type() == "evidence.assessed" {
            event.payload = machinaut_chain::session::Payload::Withheld(
                machinaut_chain::ship::Sensitivity::Secret,
            );
        }
    }
    Session::from_events(events)
}

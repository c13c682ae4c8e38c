//! The requests that a real guard made, in their order and at their times, with our decisions in
//! the place of those that it got then. What it makes of them is what it made of the others.

use std::time::Duration;

use machinaut_chain::approval::{Request, ResolutionKind};
use machinaut_chain::timestamp::Instant;

use super::bench::{APPROVER, Approver};
use crate::clock::Moment;
use crate::holds::delivery::Stage;
use crate::ids::HoldId;
use crate::ingest::tests::lodestar_data;
use crate::trial::Trial;
use crate::{Credential, Scope, holds};

/// How the last decision of a case has to stand, a while after the last request.
const CASES: [(&str, Stage, usize); 13] = [
    ("grant", Stage::Accepted, 1),
    ("grant-with-reason-offset-time", Stage::Accepted, 1),
    ("deny", Stage::Accepted, 1),
    ("forged-attacker-key", Stage::Refused, 1),
    ("forged-then-valid", Stage::Accepted, 2),
    // The last of seven refused decisions was deleted just before the deadline.
    ("forged-persistent", Stage::Undetermined, 7),
    ("unsigned", Stage::Undetermined, 8),
    ("late-decision", Stage::PassedOver, 1),
    ("wrong-action-binding", Stage::PassedOver, 1),
    ("wrong-request-binding", Stage::PassedOver, 1),
    ("announce-fails-500", Stage::Accepted, 1),
    ("long-poll-held-get", Stage::Accepted, 1),
    ("base-path-and-odd-project-id", Stage::Accepted, 1),
];

struct Played<'a> {
    trial: &'a Trial,
    scope: Scope,
    guard: Credential,
    alice: Approver,
    hold: Option<HoldId>,
    request: Option<Request>,
}

#[tokio::test]
async fn the_requests_of_a_real_guard_mean_what_it_meant() {
    let Some(data) = lodestar_data() else { return };
    Trial::each(async |trial| {
        for (name, stage, decisions) in CASES {
            let file = data.join(format!("http-approval/{name}.jsonl"));
            let played = play(trial, name, &std::fs::read_to_string(file).unwrap()).await;
            trial.clock.advance(Duration::from_secs(4));
            let page = holds::get(&played.scope, &trial.control, played.hold.unwrap())
                .await
                .unwrap();
            assert_eq!(page.decisions.len(), decisions, "{name}");
            assert_eq!(page.decisions[0].delivery.stage, stage, "{name}");
        }
    })
    .await;
}

async fn play<'a>(trial: &'a Trial, name: &str, transcript: &str) -> Played<'a> {
    let scope = trial.organisation(name).await;
    let guard = trial.machine(&scope).await;
    let alice = Approver::new(APPROVER, 7);
    alice.register(trial, &scope).await;
    let mut played = Played {
        trial,
        scope,
        guard,
        alice,
        hold: None,
        request: None,
    };
    let began = trial.control.now();
    for line in transcript.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let at = Duration::from_secs_f64(line["t_ms"].as_f64().unwrap() / 1_000.0);
        trial.clock.advance((began + at).since(trial.control.now()));
        match line["method"].as_str().unwrap() {
            "POST" => played.announce(line["body"].as_str().unwrap()).await,
            "GET" => played.ask(&line).await,
            "DELETE" if line["response_status"] == 204 => played.delete(&line).await,
            method => panic!("{name}: {method}"),
        }
    }
    played
}

impl Played<'_> {
    /// The announcement, moved to the present.
    async fn announce(&mut self, body: &str) {
        let mut request = Request::parse(body.as_bytes()).unwrap();
        let now = Instant::from_millis(self.trial.control.now().millis());
        let asked = request.requested_at.instant().unwrap();
        request.deadline = request.deadline.map(|deadline| {
            let left = deadline.instant().unwrap().millis() - asked.millis();
            Instant::from_millis(now.millis() + left).to_timestamp()
        });
        request.requested_at = now.to_timestamp();
        let body = request.to_json();
        let id = holds::announce(&self.guard, &self.trial.control, body.as_bytes())
            .await
            .unwrap();
        (self.hold, self.request) = (Some(id), Some(request));
    }

    async fn ask(&mut self, line: &serde_json::Value) {
        let got_decision = line["response_status"] == 200;
        if got_decision {
            self.decide_unless_decided().await;
        }
        let (project, request) = ids(line);
        let control = &self.trial.control;
        let answer = holds::fetch(&self.guard, control, &project, &request, Duration::ZERO)
            .await
            .unwrap();
        assert_eq!(answer.is_some(), got_decision, "{line}");
    }

    async fn delete(&self, line: &serde_json::Value) {
        let (project, request) = ids(line);
        holds::consume(&self.guard, &self.trial.control, &project, &request)
            .await
            .unwrap();
    }

    /// Signs a decision where none is on its way. A refused one is out of the way by the guard's
    /// next question, which therefore comes first, as it does when a person reacts to a refusal.
    async fn decide_unless_decided(&mut self) {
        let id = self.hold.unwrap();
        let page = holds::get(&self.scope, &self.trial.control, id)
            .await
            .unwrap();
        let is_deleted = |stage| matches!(stage, Stage::Settling | Stage::Accepted);
        match page.decisions.first() {
            Some(last) if last.in_force && !is_deleted(last.delivery.stage) => return,
            Some(last) if last.in_force => {
                let request = page.row.request_id.unwrap();
                let project = page.row.project_id.unwrap();
                let asked = holds::fetch(
                    &self.guard,
                    &self.trial.control,
                    &project,
                    &request,
                    Duration::ZERO,
                );
                assert_eq!(asked.await.unwrap(), None);
            }
            _ => {}
        }
        let announced = self.request.clone().unwrap();
        let now: Moment = self.trial.control.now();
        let mut document = self.alice.document(ResolutionKind::Granted, now);
        document.request_id = announced.request_id.as_str().into();
        document.action_id = announced.action_id.as_str().into();
        let resolution = self.alice.sign(&document);
        holds::decide(&self.scope, &self.trial.control, id, &resolution)
            .await
            .unwrap();
    }
}

/// Project and request id of a path, as a server reads them.
fn ids(line: &serde_json::Value) -> (String, String) {
    let path = line["path"].as_str().unwrap();
    let (_, rest) = path.split_once("/v1/approvals/").unwrap();
    let (project, request) = rest.split_once('/').unwrap();
    (decoded(project), decoded(request))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            let (hex, after) = after.split_at(2);
            bytes.push(u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap());
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

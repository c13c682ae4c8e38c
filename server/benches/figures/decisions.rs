//! How long it takes from a guard's announcement to a card in an open inbox, and from a signature to the
//! guard that waits for it.

use std::thread;
use std::time::{Duration, Instant};

use ed25519_dalek::{Signer as _, SigningKey};
use machinaut_chain::approval::{Document, Resolution, ResolutionKind};
use machinaut_chain::sample::{Hold, Story};
use machinaut_chain::signature::{PublicKey, Signature};
use machinaut_chain::timestamp;
use machinaut_control::holds;
use machinaut_control::keys::{self, NewKey};

use crate::house::House;
use crate::http::Caller;
use crate::table::{Row, Times, millis, timed, times};

const ROUNDS: usize = 40;
const PROJECT: &str = "infra-tools";
const APPROVER: &str = "ada@bench";

pub(crate) fn run() -> Vec<Row> {
    let house = House::open();
    let key = SigningKey::from_bytes(&[7; 32]);
    register(&house, &key);
    let mut browser = house.browser();
    let answered = |_| timed(|| assert_eq!(browser.get("/healthz").status, 200)).1;
    let answered = Times::of((0..ROUNDS).map(answered).collect()).percentile(95);

    let (mut shown, mut told) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let hold = held(&house, round);
        shown.push(until_card(&house, &mut browser, &hold));
        told.push(until_told(&house, &key, &hold));
    }
    let floor = format!("{}, the smallest answer of this server", millis(answered));
    let row = |what: &str, took: Vec<Duration>, target| {
        let took = Times::of(took);
        let slow = took.percentile(95);
        Row {
            what: what.to_owned(),
            figure: format!("{} (median {})", millis(slow), millis(took.percentile(50))),
            floor: floor.clone(),
            ratio: times(slow, answered),
            target,
        }
    };
    vec![
        row(
            "from an announcement to its card in an open inbox, 95 of 100",
            shown,
            "< 250 ms",
        ),
        row(
            "from a decision to the guard that waits, 95 of 100",
            told,
            "< 150 ms",
        ),
    ]
}

fn register(house: &House, key: &SigningKey) {
    let public = PublicKey::from_bytes(key.verifying_key().as_bytes()).unwrap();
    let new = NewKey {
        approver_id: APPROVER.parse().unwrap(),
        label: "bench".to_owned(),
        public_key: public.to_pem(),
    };
    let registered = keys::register(&house.scope, house.control(), new);
    house.runtime.block_on(registered).unwrap();
}

fn held(house: &House, round: usize) -> Hold {
    let now = house.control().now().millis();
    Hold::push_to_main(Story {
        project: PROJECT.parse().unwrap(),
        session: format!("session-{round}").parse().unwrap(),
        agent: "agent:bench".parse().unwrap(),
        first_seq: 0,
        request_id: format!("request-{round:04}"),
        action_id: format!("action-{round:04}"),
        held_at: timestamp::Instant::from_millis(now),
        deadline: Some(timestamp::Instant::from_millis(now + 600_000)),
    })
}

/// An open inbox hears that something changed, and reads itself again.
fn until_card(house: &House, browser: &mut Caller, hold: &Hold) -> Duration {
    let mut live = house.browser();
    live.begin("GET", "/live", "", b"");
    while !live.line().is_empty() {}
    let mut guard = house.caller();
    let request = hold.request();
    let began = Instant::now();
    guard.announce(&request.to_json());
    while !live.line().contains("\"hold\"") {}
    let inbox = browser.get("/inbox");
    let took = began.elapsed();
    let inbox = String::from_utf8_lossy(&inbox.body);
    let row = row_of(house, &request.request_id);
    assert!(
        inbox.contains(&row.to_string()),
        "the inbox has no card of the hold"
    );
    took
}

/// Our id of a hold that waits.
fn row_of(house: &House, request: &str) -> machinaut_control::ids::HoldId {
    let inbox = house
        .runtime
        .block_on(holds::inbox(&house.scope, house.control()))
        .unwrap();
    let mut waiting = inbox.waiting.into_iter();
    let row = waiting.find(|row| row.request_id.as_deref() == Some(request));
    row.expect("a hold that waits").id
}

/// A guard waits for its answer, and somebody decides.
fn until_told(house: &House, key: &SigningKey, hold: &Hold) -> Duration {
    let request = hold.request();
    let id = row_of(house, &request.request_id);
    let path = format!("/v1/approvals/{PROJECT}/{}", request.request_id);
    let mut guard = house.caller();
    guard.begin("GET", &path, "", b"");
    while house.waiting() == 0 {
        thread::sleep(Duration::from_millis(1));
    }
    let at = timestamp::Instant::from_millis(house.control().now().millis()).to_timestamp();
    let document = Document {
        request_id: request.request_id.as_str().into(),
        action_id: request.action_id.as_str().into(),
        kind: ResolutionKind::Granted,
        approver_id: APPROVER.into(),
        reason: None,
        at: at.as_str().into(),
    };
    let signature = key.sign(&document.signing_message()).to_bytes();
    let resolution = Resolution {
        request_id: document.request_id.clone(),
        action_id: document.action_id.clone(),
        kind: document.kind,
        approver_id: document.approver_id.clone(),
        reason: None,
        at,
        signature: Some(Signature::of(&document, &signature)),
    };
    let began = Instant::now();
    let decided = holds::decide(&house.scope, house.control(), id, &resolution);
    house.runtime.block_on(decided).unwrap();
    let answer = guard.answer();
    let took = began.elapsed();
    assert_eq!(answer.status, 200);
    let consumed = guard.send("DELETE", &path, b"");
    assert_eq!(consumed.status, 204);
    took
}

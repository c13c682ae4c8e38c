//! A process that ships and decides is killed at whatever it does. What it was told is kept is
//! kept, and nothing is half there.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use machinaut_chain::approval::ResolutionKind;
use machinaut_chain::sample::{Hold, Story};
use machinaut_chain::session::Sensitivity;
use machinaut_chain::timestamp::Instant;
use secrecy::{ExposeSecret as _, SecretString};

use crate::holds::tests::bench::{APPROVER, Approver};
use crate::ingest::Encoding;
use crate::sessions::{self, Filter};
use crate::trial::Trial;
use crate::{Control, Credential, Grant, Options, Scope, holds, identity, ingest, tokens};

const URL: &str = "MACHINAUT_CRASH_DATABASE";
const TOKEN: &str = "MACHINAUT_CRASH_TOKEN";
const SIGN_IN: &str = "MACHINAUT_CRASH_SIGN_IN";
const ROUND: &str = "MACHINAUT_CRASH_ROUND";
const VICTIM: &str = "ingest::tests::crash::victim";

/// How many ship at once.
const SHIPPERS: u64 = 3;
/// What the victim says before it is killed: after so many lines, at whatever it does then.
const LINES: [usize; 8] = [1, 2, 4, 6, 9, 14, 21, 30];

#[tokio::test]
async fn a_server_that_is_killed_leaves_nothing_half_there() {
    let trial = Trial::sqlite().await;
    let scope = trial.organisation("acme").await;
    let token = trial.token(&scope, &Grant::ALL, None).await;
    Approver::new(APPROVER, 7).register(&trial, &scope).await;
    let (mut shipped, mut decided) = (0, 0);
    for (round, lines) in LINES.into_iter().enumerate() {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args([
                VICTIM,
                "--exact",
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(URL, trial.database_url.expose_secret())
            .env(TOKEN, token.expose_secret())
            .env(SIGN_IN, scope.sign_in().to_string())
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(victim.stdout.take().unwrap());
        let mut told = said
            .lines()
            .map_while(Result::ok)
            .filter(|line| line.starts_with("kept "));
        for line in told.by_ref().take(lines) {
            *if line == "kept ship" {
                &mut shipped
            } else {
                &mut decided
            } += 1;
        }
        victim.kill().unwrap();
        victim.wait().unwrap();
        // Lines that were on their way when it was killed.
        for line in told {
            *if line == "kept ship" {
                &mut shipped
            } else {
                &mut decided
            } += 1;
        }

        let control = &trial.control;
        let mut ships = 0;
        let all = sessions::list(&scope, control, &Filter::default(), None, 100)
            .await
            .unwrap();
        for row in all.sessions {
            let page = sessions::get(&scope, control, row.id).await.unwrap();
            let records = sessions::records(&scope, control, row.id).await.unwrap();
            assert_eq!(u64::try_from(records.len()).unwrap(), row.events);
            assert_eq!(u64::try_from(page.receipts.len()).unwrap(), row.ships);
            let appended: u64 = page.receipts.iter().map(|receipt| receipt.appended).sum();
            assert_eq!(appended, row.events);
            let holds = holds::of_session(&scope, control, row.id).await.unwrap();
            assert_eq!(u64::try_from(holds.len()).unwrap(), row.holds);
            ships += row.ships;
        }
        let decisions = trial.count("decisions").await;
        let inbox = holds::inbox(&scope, control).await.unwrap();
        let in_force = inbox
            .ended
            .iter()
            .filter(|hold| hold.decision.is_some())
            .count();
        assert_eq!(i64::try_from(in_force).unwrap(), decisions);
        // Each of its shippers may have kept one more that it did not live to tell.
        let untold = (u64::try_from(round).unwrap() + 1) * SHIPPERS;
        assert!(
            (shipped..=shipped + untold).contains(&ships),
            "{ships} of {shipped}"
        );
        assert!((decided..=decided + untold).contains(&u64::try_from(decisions).unwrap()));
        assert_eq!(ships_counted(&trial).await, ships);
    }
    assert!(
        shipped > 10 && decided > 5,
        "{shipped} ships, {decided} decisions"
    );
}

/// How many ships the tenant's account has.
async fn ships_counted(trial: &Trial) -> u64 {
    use sea_orm::{ConnectionTrait as _, Statement};

    let sum = Statement::from_string(
        trial.control.read().get_database_backend(),
        "SELECT CAST(SUM(ships) AS BIGINT) AS ships FROM ship_usage",
    );
    let row = trial.control.read().query_one_raw(sum).await.unwrap();
    let ships: Option<i64> = row.unwrap().try_get("", "ships").unwrap();
    u64::try_from(ships.unwrap_or_default()).unwrap()
}

/// Three at once ship growing sessions and decide their holds, over and over, and say what was kept,
/// so that what is killed is a commit that several share. It lives in a process of its own.
#[tokio::test]
#[ignore = "started, and killed, by the test above"]
async fn victim() {
    let Ok(url) = std::env::var(URL) else { return };
    let control = Control::open(Options::new(SecretString::from(url)))
        .await
        .unwrap();
    let token = SecretString::from(std::env::var(TOKEN).unwrap());
    let machine = tokens::authenticate(&control, &token).await.unwrap();
    let sign_in = std::env::var(SIGN_IN).unwrap().parse().unwrap();
    let scope = identity::scope_for(&control, sign_in).await.unwrap();
    let alice = Approver::new(APPROVER, 7);
    let round = std::env::var(ROUND).unwrap();
    let work = |shipper: u64| {
        let (control, machine, scope, alice) = (&control, &machine, &scope, &alice);
        let round = format!("{round}-{shipper}");
        async move {
            for number in 0_u64.. {
                ship_and_decide(control, machine, scope, alice, &format!("{round}-{number}")).await;
            }
        }
    };
    futures::future::join_all((0..SHIPPERS).map(work)).await;
}

async fn ship_and_decide(
    control: &Control,
    machine: &Credential,
    scope: &Scope,
    alice: &Approver,
    name: &str,
) {
    let (request, action) = (format!("r-{name}"), format!("a-{name}"));
    let now = control.now();
    let mut hold = Hold::push_to_main(Story {
        project: "p".parse().unwrap(),
        session: format!("s-{name}").parse().unwrap(),
        agent: "agent:a".parse().unwrap(),
        first_seq: 0,
        request_id: request.clone(),
        action_id: action.clone(),
        held_at: Instant::from_millis(now.millis()),
        deadline: Some(Instant::from_millis(
            (now + Duration::from_mins(5)).millis(),
        )),
    });
    ship(control, machine, &hold).await;
    let announcement = hold.request().to_json();
    let id = holds::announce(machine, control, announcement.as_bytes())
        .await
        .unwrap();
    let mut document = alice.document(ResolutionKind::Granted, now);
    (document.request_id, document.action_id) = (request.into(), action.into());
    let resolution = alice.sign(&document);
    holds::decide(scope, control, id, &resolution)
        .await
        .unwrap();
    say("kept decision");
    hold.resolve(&resolution, Instant::from_millis(control.now().millis()));
    ship(control, machine, &hold).await;
}

async fn ship(control: &Control, machine: &Credential, hold: &Hold) {
    let body = hold.log().ship_body(Sensitivity::Secret);
    let pieces = futures::stream::iter([Ok(body.into())]);
    let encoding = Encoding::Identity;
    ingest::receive(machine, control, pieces, None, encoding)
        .await
        .unwrap();
    say("kept ship");
}

fn say(line: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "\n{line}").unwrap();
    out.flush().unwrap();
}

use machinaut_chain::pending::holds_of;
use machinaut_chain::session::{FindingKind, Sensitivity};

use super::bench::{Bench, lodestar};
use crate::holds::{self, Ending, Proof};
use crate::sessions;
use crate::trial::Trial;
use crate::{Error, Grant, tokens};

#[tokio::test]
async fn every_bad_body_gets_its_answer_and_what_is_refused_leaves_no_trace() {
    let Some(data) = lodestar() else { return };
    let folder = data.join("ship/bad");
    let index = std::fs::read(folder.join("index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
    let cases = index.as_array().unwrap();
    assert!(cases.len() > 100);
    Trial::each(async |trial| {
        let mut accepted = Vec::new();
        let bench = Bench::set_up(trial).await;
        for case in cases {
            let name = case["file"].as_str().unwrap();
            let body = std::fs::read(folder.join(name)).unwrap();
            match case["answer"].as_str().unwrap() {
                "reject" => {
                    let before = bench.everything().await;
                    let error = bench.ship(&body).await.expect_err(name);
                    assert_eq!(error.status(), 422, "{name}: {error}");
                    assert!(error.line().is_some(), "{name}: {error}");
                    assert_eq!(bench.everything().await, before, "{name}");
                }
                answer => accepted.push((name, answer, case["finding"].as_str(), body)),
            }
        }
        assert!(bench.sessions().await.is_empty());
        for (name, answer, finding, body) in accepted {
            // Each in an organisation of its own: many are versions of one session.
            let scope = trial.organisation(&name.replace('.', "-")).await;
            let shipper = trial.machine(&scope).await;
            let bench = Bench {
                trial,
                scope,
                shipper,
            };
            let receipt = bench
                .ship(&body)
                .await
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let page = bench.only_session().await;
            let found = |kind: &str| {
                receipt
                    .findings
                    .iter()
                    .any(|found| found.kind.as_str() == kind)
            };
            if answer == "accept_flagged" {
                let finding = finding.unwrap();
                assert!(
                    found(finding),
                    "{name}: {finding} in {:?}",
                    receipt.findings
                );
                assert!(
                    page.findings
                        .iter()
                        .any(|found| found.kind.as_str() == finding),
                    "{name}"
                );
            } else {
                assert_eq!(receipt.findings, [], "{name}");
            }
            assert_eq!(
                receipt.appended + receipt.unchanged,
                receipt.received,
                "{name}"
            );
            let again = bench.ship(&body).await.unwrap();
            assert_eq!(
                (again.appended, again.unchanged),
                (0, receipt.received),
                "{name}"
            );
            assert_eq!(again.findings, receipt.findings, "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_real_session_ships_under_every_ceiling_and_comes_back_to_the_byte() {
    let Some(data) = lodestar() else { return };
    Trial::each(async |trial| {
        for entry in std::fs::read_dir(data.join("sessions")).unwrap() {
            let folder = entry.unwrap().path();
            if !folder.is_dir() {
                continue;
            }
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            let scope = trial.organisation(&name).await;
            let shipper = trial.machine(&scope).await;
            let bench = Bench {
                trial,
                scope,
                shipper,
            };
            for ceiling in Sensitivity::ALL {
                let body = std::fs::read(folder.join(format!("ship-{ceiling}.ndjson"))).unwrap();
                bench
                    .ship(&body)
                    .await
                    .unwrap_or_else(|error| panic!("{name} {ceiling}: {error}"));
                let page = bench.only_session().await;
                assert_eq!(page.row.ceiling, ceiling, "{name}");
                let mismatches = page
                    .findings
                    .iter()
                    .filter(|found| found.kind == FindingKind::PayloadHashMismatch);
                assert_eq!(page.incidents.len(), mismatches.count().min(1), "{name}");
                let lines: Vec<&str> = std::str::from_utf8(&body)
                    .unwrap()
                    .lines()
                    .skip(1)
                    .collect();
                assert_eq!(bench.records().await, lines, "{name} {ceiling}");
            }
            // Back to the default ceiling: what is open stays open.
            let secret = std::fs::read(folder.join("ship-secret.ndjson")).unwrap();
            let internal = std::fs::read(folder.join("ship-internal.ndjson")).unwrap();
            let receipt = bench.ship(&internal).await.unwrap();
            assert_eq!((receipt.appended, receipt.revealed), (0, 0), "{name}");
            let lines: Vec<&str> = std::str::from_utf8(&secret)
                .unwrap()
                .lines()
                .skip(1)
                .collect();
            assert_eq!(bench.records().await, lines, "{name}");
            let page = bench.only_session().await;
            assert_eq!(
                (page.row.withheld, page.row.ceiling),
                (0, Sensitivity::Secret),
                "{name}"
            );

            let org = bench.scope.org();
            let read = sessions::read_in(&trial.control, org, page.row.id)
                .await
                .unwrap();
            assert_eq!(read.events().len(), lines.len(), "{name}");
            let logged = holds_of(&read);
            let known = holds::of_session(&bench.scope, &trial.control, page.row.id)
                .await
                .unwrap();
            let logged_open = logged.iter().filter(|hold| hold.is_open()).count();
            let known_open = known.iter().filter(|hold| hold.log.is_none()).count();
            assert_eq!(
                (known.len(), known_open),
                (logged.len(), logged_open),
                "{name}"
            );
            assert_eq!(
                page.row.holds,
                u64::try_from(logged.len()).unwrap(),
                "{name}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_real_grant_signed_with_a_key_that_is_not_registered_here_is_said_to_be_that() {
    let Some(data) = lodestar() else { return };
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let body = data.join("sessions/probe-http-grant/ship-secret.ndjson");
        bench.ship(&std::fs::read(body).unwrap()).await.unwrap();
        let id = bench.only_session().await.row.id;
        let known = holds::of_session(&bench.scope, &trial.control, id)
            .await
            .unwrap();
        let log = known[0].log.clone().unwrap();
        assert_eq!(
            (log.ending, log.proof),
            (Ending::Granted, Proof::UnknownKey)
        );
        assert_eq!(log.approver_id.as_deref(), Some("human:operator"));
    })
    .await;
}

#[tokio::test]
async fn a_session_is_of_its_organisation_alone() {
    let Some(data) = lodestar() else { return };
    let body = std::fs::read(data.join("sessions/ex-greenfield/ship-internal.ndjson")).unwrap();
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        bench.ship(&body).await.unwrap();
        let id = bench.only_session().await.row.id;
        let stranger = trial.organisation("globex").await;
        let control = &trial.control;
        let is_unknown = |error: Error| matches!(error, Error::NotFound("session"));
        assert!(is_unknown(
            sessions::get(&stranger, control, id).await.unwrap_err()
        ));
        assert!(is_unknown(
            sessions::outline(&stranger, control, id).await.unwrap_err()
        ));
        assert!(is_unknown(
            sessions::records(&stranger, control, id).await.unwrap_err()
        ));
        assert!(is_unknown(
            sessions::event(&stranger, control, id, 0, None)
                .await
                .unwrap_err()
        ));
        assert!(
            sessions::projects(&stranger, control)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(holds::of_session(&stranger, control, id).await.unwrap(), []);
        // The same session, shipped by the stranger, is another one.
        let shipper = trial.machine(&stranger).await;
        let receipt = bench.ship_as(&shipper, &body).await.unwrap();
        assert_eq!(receipt.appended, receipt.received);
    })
    .await;
}

#[tokio::test]
async fn a_token_ships_only_with_the_grant_and_only_its_project() {
    let Some(data) = lodestar() else { return };
    let body = std::fs::read(data.join("sessions/ex-greenfield/ship-internal.ndjson")).unwrap();
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        let token = trial.token(&bench.scope, &[Grant::Approvals], None).await;
        let guard = tokens::authenticate(&trial.control, &token).await.unwrap();
        assert!(matches!(
            bench.ship_as(&guard, &body).await,
            Err(Error::MissingGrant(_))
        ));
        let token = trial
            .token(&bench.scope, &[Grant::Ship], Some("another-project"))
            .await;
        let other = tokens::authenticate(&trial.control, &token).await.unwrap();
        assert!(matches!(
            bench.ship_as(&other, &body).await,
            Err(Error::ProjectNotGranted)
        ));
        assert!(bench.sessions().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_tampered_session_is_kept_and_flagged_wherever_it_is_shown() {
    let Some(data) = lodestar() else { return };
    let body = std::fs::read(data.join("ship/bad/tampered-payload.ndjson")).unwrap();
    Trial::each(async |trial| {
        let bench = Bench::set_up(trial).await;
        bench.ship(&body).await.unwrap();
        let page = bench.only_session().await;
        assert_eq!((page.row.findings, page.findings.len()), (1, 1));
        let found = &page.findings[0];
        assert_eq!(found.kind, FindingKind::PayloadHashMismatch);
        let (scope, control) = (&bench.scope, &trial.control);
        let id = Some(found.event_id.as_str());
        let shown = sessions::event(scope, control, page.row.id, found.seq, id)
            .await
            .unwrap();
        assert!(!shown.event.verified);
        assert_eq!(shown.event.findings, [FindingKind::PayloadHashMismatch]);
        assert_eq!(shown.findings, page.findings);
    })
    .await;
}

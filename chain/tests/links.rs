//! What people find at a clearance is what Lodestar would have sent at that ceiling.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

#[cfg(not(target_arch = "wasm32"))]
mod lodestar;
#[cfg(target_arch = "wasm32")]
use crate::lodestar;

use machinaut_chain::links::{Link, links_of};
use machinaut_chain::session::{Sensitivity, Session};
use machinaut_chain::why::Kind;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn sessions(ceiling: &str) -> Vec<(&'static str, Session)> {
    lodestar::files("sessions/", &format!("/ship-{ceiling}.ndjson"))
        .into_iter()
        .map(|(path, body)| {
            let lines = body.split(|byte| *byte == b'\n').skip(1);
            let folder = path.rsplit_once('/').unwrap().0;
            (folder, Session::from_record_lines(lines).unwrap())
        })
        .collect()
}

/// What somebody with that clearance finds, whoever else finds it.
fn found_at(session: &Session, clearance: Sensitivity) -> Vec<Link> {
    links_of(session)
        .into_iter()
        .filter(|link| (link.from..=link.until).contains(&clearance))
        .map(|link| Link {
            from: clearance,
            until: clearance,
            ..link
        })
        .collect()
}

#[test]
fn a_session_that_was_shipped_whole_shows_at_each_clearance_what_that_ceiling_would_have_sent() {
    let mut compared = 0;
    let whole = sessions("secret");
    for clearance in Sensitivity::ALL {
        for ((folder, sent), (_, whole)) in sessions(clearance.as_str()).iter().zip(&whole) {
            let ours = found_at(whole, clearance);
            let theirs = found_at(sent, clearance);
            for (ours, theirs) in ours.iter().zip(&theirs) {
                assert_eq!(ours, theirs, "{folder} at {clearance}");
            }
            assert_eq!(ours.len(), theirs.len(), "{folder} at {clearance}");
            compared += ours.len();
        }
    }
    assert!(whole.is_empty() || compared > 2_000, "{compared}");
}

#[test]
fn every_kind_of_link_is_found_in_what_lodestar_wrote() {
    let links: Vec<Link> = sessions("secret")
        .iter()
        .flat_map(|(_, session)| found_at(session, Sensitivity::Secret))
        .collect();
    if links.is_empty() {
        return;
    }
    for kind in [
        Kind::Observation,
        Kind::Claim,
        Kind::Belief,
        Kind::Decision,
        Kind::Action,
        Kind::Outcome,
        Kind::Alert,
        Kind::Hold,
    ] {
        let of_kind = links.iter().filter(|link| link.kind == kind);
        assert!(
            of_kind.clone().any(|link| !link.title.is_empty()),
            "{kind:?}"
        );
    }
    let facet = |pick: fn(&Link) -> Option<&String>| links.iter().any(|link| pick(link).is_some());
    assert!(facet(|link| link.facets.agent.as_ref()));
    assert!(facet(|link| link.facets.tool.as_ref()));
    assert!(facet(|link| link.facets.level.as_ref()));
    assert!(facet(|link| link.facets.phase.as_ref()));
    assert!(facet(|link| link.facets.verdict.as_ref()));
    assert!(facet(|link| link.facets.truth.as_ref()));
    assert!(facet(|link| link.facets.security.as_ref()));
    assert!(facet(|link| link.facets.severity.as_ref()));
}

#[test]
fn a_withheld_thing_is_a_link_without_a_word_of_its_payload() {
    for (folder, session) in sessions("public") {
        for link in found_at(&session, Sensitivity::Secret) {
            if link.withheld.is_some() {
                assert_eq!(
                    (link.title.as_str(), link.text.as_str()),
                    ("", ""),
                    "{folder}"
                );
                assert_eq!(link.id, None, "{folder}");
            }
        }
    }
}

#[test]
fn one_clearance_sees_one_telling_of_a_thing() {
    for (folder, session) in sessions("secret") {
        for clearance in Sensitivity::ALL {
            let mut seen = std::collections::HashSet::new();
            for link in found_at(&session, clearance) {
                let thing = (link.kind, link.seq, link.event_id.clone());
                assert!(seen.insert(thing), "{folder} at {clearance}: {link:?}");
            }
        }
    }
}

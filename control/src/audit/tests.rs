use std::time::Duration;

use sea_orm::ConnectionTrait as _;

use super::*;
use crate::trial::Trial;

async fn note_one(trial: &Trial, scope: &Scope) -> IncidentId {
    let control = &trial.control;
    let incident = IncidentId::mint(control);
    let act = Act::IncidentFound {
        incident,
        session: SessionKey::mint(control),
        kind: IncidentKind::Rewritten,
    };
    let write = control.begin().await.unwrap();
    note(&write, control, scope.org(), Actor::System, &act)
        .await
        .unwrap();
    write.commit().await.unwrap();
    incident
}

#[tokio::test]
async fn the_log_is_of_its_organisation_alone_and_goes_on_where_it_stopped() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        let stranger = trial.organisation("globex").await;
        let mut noted = Vec::new();
        for _ in 0..5 {
            noted.push(note_one(trial, &scope).await);
            trial.clock.advance(Duration::from_secs(1));
        }
        note_one(trial, &stranger).await;
        noted.reverse();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = list(&scope, &trial.control, after, 2).await.unwrap();
            for line in page.lines {
                let Act::IncidentFound { incident, .. } = line.act;
                assert_eq!(line.actor, Actor::System);
                seen.push(incident);
            }
            after = match page.next {
                Some(next) => Some(next.to_string().parse().unwrap()),
                None => break,
            };
        }
        assert_eq!(seen, noted);
        let theirs = list(&stranger, &trial.control, None, 100).await.unwrap();
        assert_eq!(theirs.lines.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_line_is_never_changed_or_taken_away() {
    Trial::each(async |trial| {
        let scope = trial.organisation("acme").await;
        note_one(trial, &scope).await;
        for change in [
            "UPDATE audit_log SET act = 'nothing'",
            "DELETE FROM audit_log",
        ] {
            let write = trial.control.begin().await.unwrap();
            assert!(write.execute_unprepared(change).await.is_err(), "{change}");
        }
        assert_eq!(trial.count("audit_log").await, 1);
    })
    .await;
}

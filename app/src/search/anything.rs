//! What the palette finds: holds that wait, sessions, and links, in one list.

use machinaut_chain::sentence::action_sentence;
use machinaut_chain::why::Kind;
use machinaut_control::search::{self, Ask, Sort};
use machinaut_control::sessions::{self, Filter};
use machinaut_control::{Control, Error, Scope, holds};

use super::model::HitView;
use super::reading::hit;
use crate::ui::as_title;

const HOLDS: usize = 4;
const SESSIONS: u64 = 3;
const HITS: usize = 8;

/// Finds by a few words, or what is most likely wanted before any are typed.
pub(super) async fn find(
    scope: &Scope,
    control: &Control,
    text: &str,
) -> Result<Vec<HitView>, Error> {
    let text = text.trim();
    let mut found = waiting(scope, control, text).await?;
    found.extend(shipped(scope, control, text).await?);
    if !text.is_empty() {
        let links = links(scope, control, text).await?;
        let is_new = |link: &HitView| !found.iter().any(|known| known.href == link.href);
        let links: Vec<HitView> = links.into_iter().filter(is_new).collect();
        found.extend(links);
    }
    Ok(found)
}

async fn waiting(scope: &Scope, control: &Control, text: &str) -> Result<Vec<HitView>, Error> {
    let holds = holds::waiting(scope, control, text, HOLDS)
        .await?
        .into_iter();
    let holds = holds.map(|row| {
        let sentence = row.facts.as_ref().map(action_sentence);
        let said = sentence.as_ref().map(as_title).or(row.reason);
        HitView {
            href: format!("/holds/{}", row.id),
            kind: Some(Kind::Hold),
            title: said.into_iter().collect(),
            project: row.project_id,
            state: Some("open".to_owned()),
            ..HitView::default()
        }
    });
    Ok(holds.collect())
}

async fn shipped(scope: &Scope, control: &Control, text: &str) -> Result<Vec<HitView>, Error> {
    let filter = Filter {
        text: Some(text.to_owned()),
        ..Filter::default()
    };
    let list = sessions::list(scope, control, &filter, None, SESSIONS).await?;
    let sessions = list.sessions.into_iter().map(|row| HitView {
        href: format!("/sessions/{}", row.id),
        title: vec![
            row.summary
                .headline
                .as_ref()
                .map_or(row.session_id, as_title),
        ],
        project: Some(row.project_id),
        ..HitView::default()
    });
    Ok(sessions.collect())
}

async fn links(scope: &Scope, control: &Control, text: &str) -> Result<Vec<HitView>, Error> {
    let ask = Ask {
        text: text.to_owned(),
        sort: Sort::Best,
        after: None,
        limit: HITS,
    };
    match search::find(scope, control, &ask).await {
        Ok(results) => Ok(results.hits.into_iter().filter_map(hit).collect()),
        // It is still being typed, or the engine is busy or away: places are found all the same.
        Err(Error::Query(_) | Error::SearchUnavailable(_) | Error::Busy { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

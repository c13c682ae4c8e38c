//! A guard announces a hold: once, without waiting for an answer, and without saying of which
//! project it is.

use machinaut_chain::approval::{Request, SchemaError};

use super::known::{Joined, Names, Word, join, save};
use crate::clock::Moment;
use crate::ids::HoldId;
use crate::live::Topic;
use crate::search::outbox::{self, Subject};
use crate::{Control, Credential, Error, Grant, Result};

/// The longest announcement, in bytes.
pub const MOST_ANNOUNCED_BYTES: usize = 64 * 1024;
/// How much of a reason is kept, in characters. It is shown, not signed.
const REASON_CHARS: usize = 4_000;
/// How much of the required authority is kept, in bytes.
const AUTHORITY_BYTES: usize = 4_096;
/// How often it is tried again where another request made the same row at the same moment.
pub(super) const TRIES: usize = 8;

/// Notes an announced hold. Announcing it again changes nothing.
///
/// # Errors
/// [`Error::MissingGrant`], [`Error::TooLarge`], [`Error::Malformed`] where the body is not what a
/// guard announces, [`Error::Conflict`] where the request was announced for another action.
pub async fn announce(credential: &Credential, control: &Control, body: &[u8]) -> Result<HoldId> {
    credential.require(Grant::Approvals)?;
    if body.len() > MOST_ANNOUNCED_BYTES {
        return Err(Error::TooLarge {
            limit: u64::try_from(MOST_ANNOUNCED_BYTES).unwrap_or(u64::MAX),
        });
    }
    let request = Request::parse(body).map_err(|error| malformed(&error))?;
    for _ in 0..TRIES {
        match note(credential, control, &request).await {
            Err(Error::Database(error)) if Error::is_duplicate(&error) => {}
            done => return done,
        }
    }
    Err(Error::Busy {
        retry_after: std::time::Duration::from_secs(1),
    })
}

async fn note(credential: &Credential, control: &Control, request: &Request) -> Result<HoldId> {
    let org = credential.org();
    let now = control.now();
    let mut write = control.begin().await?;
    let names = Names {
        project: credential.project().map(crate::ids::ProjectId::as_str),
        request: Some(&request.request_id),
        action: Some(&request.action_id),
        ..Names::default()
    };
    let Some(Joined { mut hold, is_new }) = join(&write, control, org, &names, Word::Guard).await?
    else {
        return Err(Error::Conflict(
            "This request was announced before, for another action. What came first stands."
                .to_owned(),
        ));
    };
    let id = hold.id;
    if hold.announced_at.is_some() {
        return Ok(id);
    }
    hold.announced_at = Some(now);
    hold.announced_by = Some(credential.token());
    hold.reason = Some(cut(&request.reason.to_display(), REASON_CHARS));
    hold.required_authority = Some(
        serde_json::to_string(&request.required_authority)
            .ok()
            .filter(|json| json.len() <= AUTHORITY_BYTES)
            .unwrap_or_else(|| "{}".to_owned()),
    );
    hold.requested_at = Some(request.requested_at.as_str().to_owned());
    hold.requested_ms = request
        .requested_at
        .instant()
        .map(|at| Moment::from_millis(at.millis()));
    hold.deadline = request.deadline.as_ref().map(|at| at.as_str().to_owned());
    hold.deadline_ms = request
        .deadline
        .as_ref()
        .and_then(machinaut_chain::timestamp::Timestamp::instant)
        .map(|at| Moment::from_millis(at.millis()));
    save(&write, Joined { hold, is_new }, now).await?;
    outbox::note(&write, control, org, Subject::Hold(id)).await?;
    write.tell(org, Topic::Hold(id));
    write.commit().await?;
    Ok(id)
}

/// The beginning of a text, marked where it was cut.
pub(super) fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn malformed(error: &SchemaError) -> Error {
    Error::Malformed {
        line: None,
        expected: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_says_so() {
        assert_eq!(cut("üüü", 3), "üüü");
        assert_eq!(cut("üüü", 2), "üü…");
    }
}

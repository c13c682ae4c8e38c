//! A session as a report in markdown, for people and for other tools.
//!
//! The sections and the facts in them are those of Lodestar's own report; the words are ours. What
//! an agent wrote stands in it as text: characters that mean something in markdown are escaped and
//! line breaks and control characters are shown, so that no statement can pretend to be a heading,
//! a link or a line of the report.

mod sections;
mod text;

use std::fmt::Write as _;

use crate::json::Value;
use crate::projection::project;
use crate::session::Session;

/// The report of a session.
///
/// ```
/// use machinaut_chain::report::report;
/// use machinaut_chain::sample::Hold;
/// use machinaut_chain::session::Session;
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let lines = Hold::push_to_main(story).log().lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let report = report(&session);
/// assert!(report.starts_with("# Trust report\n"));
/// assert!(report.contains(
///     "- `mcp.git.push`: push 3 commits to origin/main \
///      (L4, external, irreversible, ended as `pending_approval`)"
/// ));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn report(session: &Session) -> String {
    let withheld = session
        .events()
        .iter()
        .filter(|event| event.withheld().is_some())
        .count();
    let mut report = of_projection(&project(session));
    if withheld > 0 {
        let of = session.events().len();
        // Writing to a string does not fail.
        let _ = writeln!(
            report,
            "\n{withheld} of {of} payloads are withheld; their commitments are kept."
        );
    }
    report
}

/// The report of a projected session.
fn of_projection(projection: &Value) -> String {
    let parts = [
        sections::head(projection),
        sections::observations(projection),
        sections::claims(projection),
        sections::evidence(projection),
        sections::beliefs(projection),
        sections::decisions(projection),
        sections::actions(projection),
        sections::firewall(projection),
        sections::ingestion(projection),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let mut report = parts.join("\n");
    report.push_str(
        "\n---\n\nA projection of the log: everything above follows from its events, and a type is \
         a claim of whoever wrote it.\n",
    );
    let is_empty = |name| {
        let list = projection.get(name).and_then(Value::as_array);
        list.is_none_or(<[Value]>::is_empty)
    };
    if is_empty("beliefs") && is_empty("transitions") {
        report.push_str(
            "\nThis session recorded no belief and nothing of the memory firewall: look whether \
             the guard was wired up.\n",
        );
    }
    report
}

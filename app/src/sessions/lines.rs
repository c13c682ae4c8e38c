use machinaut_chain::session::EventRef;
use machinaut_chain::why::Kind;

use super::encoded;

/// The name of a kind's glyph.
pub const fn glyph(kind: Kind) -> &'static str {
    match kind {
        Kind::Observation => "observation",
        Kind::Claim => "claim",
        Kind::Evidence => "evidence",
        Kind::Belief => "belief",
        Kind::Decision => "decision",
        Kind::Action => "action",
        Kind::Outcome => "outcome",
        Kind::Revision => "revision",
        Kind::Alert => "sentinel",
        Kind::Hold | Kind::Resolution | Kind::Rejection => "approval",
    }
}

/// The name of the glyph for a type of event; a type is a claim, and one that we do not know is
/// shown as other.
pub fn glyph_of_type(event_type: &str) -> &'static str {
    match event_type {
        "observation.recorded" => "observation",
        "claim.extracted" | "firewall.claim.accepted" => "claim",
        "evidence.assessed" => "evidence",
        "belief.adopted"
        | "firewall.belief.adopted"
        | "belief.transitioned"
        | "firewall.belief.transitioned" => "belief",
        "decision.made" => "decision",
        "outcome.observed" | "action.outcome" => "outcome",
        "revision.recorded" | "reflection.completed" => "revision",
        "sentinel.alerted" => "sentinel",
        other if other.starts_with("approval.") || other.starts_with("guard.approval.") => {
            "approval"
        }
        other if other.starts_with("action.") => "action",
        _ => "other",
    }
}

/// The address of an event. Its id goes along: a place in the log may be claimed twice.
pub fn event_href(session_key: &str, event: &EventRef) -> String {
    event_address(session_key, event.seq, &event.event_id)
}

/// The same, of an event that is only named.
pub fn event_address(session_key: &str, seq: u64, event_id: &str) -> String {
    format!(
        "/sessions/{session_key}/events/{seq}?event={}",
        encoded(event_id)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_nobody_knows_has_the_glyph_of_others() {
        assert_eq!(glyph_of_type("custom.date"), "other");
        assert_eq!(glyph_of_type("guard.session.started"), "other");
        assert_eq!(
            glyph_of_type("guard.approval.signature_rejected"),
            "approval"
        );
        assert_eq!(glyph_of_type("action.pending_approval"), "action");
    }
}

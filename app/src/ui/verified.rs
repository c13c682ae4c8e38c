use leptos::prelude::*;

use super::{Icon, Tone};

/// Where a check was made, or why none could be. A green sign needs another place than our server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The reader's own browser computed it again, and it matched.
    Browser,
    /// The reader's own browser computed it again, and it did not match.
    BrowserMismatch,
    /// The guard consumed the decision and stopped asking.
    Guard,
    /// The guard consumed the decision and went on asking.
    GuardRefused,
    /// A shipped log holds it.
    Log,
    /// A shipped log contradicts it.
    LogMismatch,
    /// Only the server says so.
    Server,
    /// The payload is withheld: there is a commitment and nothing to check it against.
    Withheld,
    /// Nobody has checked it yet.
    NotYet,
}

impl Place {
    const fn sign(self) -> (Tone, &'static str, &'static str) {
        match self {
            Self::Browser => (Tone::Granted, "browser-check", "verified in this browser"),
            Self::BrowserMismatch => (Tone::Denied, "browser-x", "does not match in this browser"),
            Self::Guard => (Tone::Granted, "guard-check", "accepted by the guard"),
            Self::GuardRefused => (Tone::Denied, "guard-x", "refused by the guard"),
            Self::Log => (Tone::Granted, "log-check", "confirmed in the log"),
            Self::LogMismatch => (Tone::Denied, "log-x", "contradicted by the log"),
            Self::Server => (Tone::Neutral, "server", "says the server, not checked here"),
            Self::Withheld => (Tone::Neutral, "lock", "withheld, commitment kept"),
            Self::NotYet => (Tone::Neutral, "clock", "not checked yet"),
        }
    }
}

/// A check and its place.
#[component]
pub fn Verified(
    /// Where it was checked.
    place: Place,
    /// Another wording than the usual one; it must name the place too.
    #[prop(optional, into)]
    text: Option<String>,
) -> impl IntoView {
    let (tone, icon, usual) = place.sign();
    view! {
        <span class="verified" data-tone=tone.as_str()>
            <Icon name=icon/>
            {text.unwrap_or_else(|| usual.to_owned())}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_place_outside_the_server_is_green() {
        assert_eq!(Place::Server.sign().0, Tone::Neutral);
        assert_eq!(Place::Withheld.sign().0, Tone::Neutral);
        assert_eq!(Place::NotYet.sign().0, Tone::Neutral);
        assert_eq!(Place::Browser.sign().0, Tone::Granted);
    }
}

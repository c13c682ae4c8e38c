/// Where in the app a path leads, for the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Inbox,
    Hold,
    Sessions,
    Session,
    Incidents,
    Search,
    Keys,
    Tokens,
    Elsewhere,
}

impl Place {
    pub(super) fn of(path: &str) -> Self {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        match (parts.next(), parts.next()) {
            (None | Some("inbox"), _) => Self::Inbox,
            (Some("holds"), _) => Self::Hold,
            (Some("sessions"), None) => Self::Sessions,
            (Some("sessions"), Some(_)) => Self::Session,
            (Some("incidents"), _) => Self::Incidents,
            (Some("search"), _) => Self::Search,
            (Some("keys"), _) => Self::Keys,
            (Some("settings"), Some("tokens")) => Self::Tokens,
            _ => Self::Elsewhere,
        }
    }

    /// What the head of a phone calls it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Inbox => "Inbox",
            Self::Hold => "Hold",
            Self::Sessions => "Sessions",
            Self::Session => "Session",
            Self::Incidents => "Incidents",
            Self::Search => "Search",
            Self::Keys => "Keys",
            Self::Tokens => "Tokens",
            Self::Elsewhere => "Machinaut",
        }
    }

    /// Which entry of the navigation it belongs to.
    pub(super) const fn entry(self) -> Self {
        match self {
            Self::Hold => Self::Inbox,
            Self::Session | Self::Incidents => Self::Sessions,
            other => other,
        }
    }

    /// Where "back" leads from a place inside an entry.
    pub(super) const fn back(self) -> Option<&'static str> {
        match self {
            Self::Hold => Some("/inbox"),
            Self::Session | Self::Incidents => Some("/sessions"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_its_entry() {
        assert_eq!(Place::of("/holds/018f").entry(), Place::Inbox);
        assert_eq!(
            Place::of("/sessions/018f/events/3").entry(),
            Place::Sessions
        );
        assert_eq!(Place::of("/incidents").entry(), Place::Sessions);
        assert_eq!(Place::of("/search"), Place::Search);
        assert_eq!(Place::of("/settings/tokens"), Place::Tokens);
        assert_eq!(Place::of("/nowhere"), Place::Elsewhere);
    }
}

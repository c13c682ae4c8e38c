/// What a colour means. A tone never stands alone: a shape or a word always comes with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Waiting, or weigh this.
    Hold,
    /// Granted, accepted, verified.
    Granted,
    /// Denied, refused, critical, mismatch.
    Denied,
    /// Expired, withheld, not yet, only our word.
    #[default]
    Neutral,
    /// Information.
    Info,
    /// The one accent: selection and keys.
    Accent,
}

impl Tone {
    /// The value of `data-tone`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Granted => "granted",
            Self::Denied => "denied",
            Self::Neutral => "neutral",
            Self::Info => "info",
            Self::Accent => "accent",
        }
    }
}

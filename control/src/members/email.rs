//! The address that a person signs in with.

use crate::{Error, Result};

/// An email address in lower case, so that one person has one account however it was typed.
/// Whether mail arrives there is not ours to know: the shape is checked only as far as it helps
/// against slips of the finger.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Email(String);

impl Email {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let plausible = text.len() <= 254
            && !text.chars().any(|c| c.is_control() || c.is_whitespace())
            && text
                .rsplit_once('@')
                .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        if plausible {
            Ok(Self(text.to_lowercase()))
        } else {
            Err(Error::invalid("email", "must look like name@example.com"))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_account_however_it_was_typed() {
        assert_eq!(
            Email::parse(" Ada@Example.COM ").unwrap().as_str(),
            "ada@example.com"
        );
    }

    #[test]
    fn what_cannot_be_an_email_is_refused() {
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a da@example.com",
            "a\u{0}@b",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
    }
}

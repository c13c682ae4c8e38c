//! Where a page of results ends, as text for an address. It is good for the question that it was
//! given out for, and for no other.

use super::engine::{Place, Question, Sort};
use crate::sessions::{hex, identity};
use crate::{Error, Result};

const BINDING: usize = 16;

/// What a place belongs to: who asks, with which clearance, what, and in which order.
pub(super) fn binding(question: &Question, text: &str) -> String {
    let sort = match question.sort {
        Sort::Newest => "newest",
        Sort::Best => "best",
    };
    let digest = identity(&[
        &question.org().to_string(),
        question.clearance().as_str(),
        sort,
        text.trim(),
    ]);
    hex(digest.get(..BINDING / 2).unwrap_or_default())
}

pub(super) fn write(place: &Place, binding: &str) -> String {
    let Place {
        fit,
        at,
        rank,
        before,
    } = place;
    format!("{binding}-{fit:x}-{at}-{rank:x}-{before:x}").replace("--", "-m")
}

pub(super) fn read(text: &str, binding: &str) -> Result<Place> {
    let refused = || Error::invalid("place in the results", "is none that this query gave out");
    let parts: Vec<&str> = text.split('-').collect();
    let [bound, fit, at, rank, before] = parts.as_slice() else {
        return Err(refused());
    };
    let place = (|| {
        Some(Place {
            fit: u32::from_str_radix(fit, 16).ok()?,
            at: at.replace('m', "-").parse().ok()?,
            rank: u64::from_str_radix(rank, 16).ok()?,
            before: u64::from_str_radix(before, 16).ok()?,
        })
    })();
    place.filter(|_| *bound == binding).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_being_text_and_is_good_for_its_own_question_only() {
        for at in [0, -62_135_596_800_000, 1_795_435_200_000] {
            let place = Place {
                fit: 12,
                at,
                rank: (1 << 52) - 1,
                before: 40,
            };
            let text = write(&place, "00ff");
            assert_eq!(read(&text, "00ff").unwrap(), place);
            assert!(read(&text, "00fe").is_err());
        }
        for bad in ["", "00ff", "00ff-1-x-1-1", "00ff-1-1-1-1-1", "00ff--1--1"] {
            assert!(
                matches!(read(bad, "00ff"), Err(Error::Invalid { .. })),
                "{bad}"
            );
        }
    }
}

//! Lists that are read a page at a time, the newest first. A page goes on after the last row of the
//! one before, so that what comes in meanwhile neither repeats nor hides anything.

use std::fmt;
use std::str::FromStr;

use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder as _, QuerySelect as _, Select};

use crate::clock::Moment;
use crate::{Control, Error, Result};

/// A place in a list, to go on from. As text it can stand in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor<Id> {
    pub(crate) at: Moment,
    pub(crate) id: Id,
}

impl<Id: fmt::Display> fmt::Display for Cursor<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.millis(), self.id)
    }
}

impl<Id: FromStr> FromStr for Cursor<Id> {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || Error::invalid("place in the list", "is none that a list gave out");
        let (at, id) = text.split_once('.').ok_or_else(refused)?;
        Ok(Self {
            at: Moment::from_millis(at.parse().map_err(|_| refused())?),
            id: id.parse().map_err(|_| refused())?,
        })
    }
}

/// At most `limit` rows of a query from `after` on, ordered by these columns, and where the next page
/// starts, if there is one.
pub(crate) async fn page<Rows, Id>(
    control: &Control,
    mut query: Select<Rows>,
    (at, id): (Rows::Column, Rows::Column),
    after: Option<Cursor<Id>>,
    limit: u64,
    place: impl Fn(&Rows::Model) -> Cursor<Id>,
) -> Result<(Vec<Rows::Model>, Option<Cursor<Id>>)>
where
    Rows: EntityTrait,
    Id: Into<Value>,
{
    if let Some(after) = after {
        let same = Condition::all().add(at.eq(after.at)).add(id.lt(after.id));
        query = query.filter(Condition::any().add(at.lt(after.at)).add(same));
    }
    let mut rows = query
        .order_by_desc(at)
        .order_by_desc(id)
        .limit(limit + 1)
        .all(control.read())
        .await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        rows.pop();
    }
    let next = rows.last().filter(|_| more).map(place);
    Ok((rows, next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SessionKey;

    #[test]
    fn a_place_in_the_list_survives_being_text_and_nonsense_is_refused() {
        let cursor: Cursor<SessionKey> = Cursor {
            at: Moment::from_millis(1_764_000_000_007),
            id: "0190163d-8694-739b-aea5-966c26f8ad91".parse().unwrap(),
        };
        assert_eq!(
            cursor.to_string().parse::<Cursor<SessionKey>>().unwrap(),
            cursor
        );
        for bad in [
            "",
            ".",
            "1764.",
            "x.0190163d-8694-739b-aea5-966c26f8ad91",
            "1' OR 1=1",
        ] {
            assert!(
                matches!(
                    bad.parse::<Cursor<SessionKey>>(),
                    Err(Error::Invalid { .. })
                ),
                "{bad}"
            );
        }
    }
}

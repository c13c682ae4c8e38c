//! Searches that a member gave a name, to come back to. They are the member's own: nobody else of
//! the organisation sees them.

use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, QueryOrder};

use super::engine::Sort;
use super::query::Query;
use super::table::saved;
use crate::clock::Moment;
use crate::ids::SavedSearchId;
use crate::{Control, Error, Result, Scope, names};

/// The most searches that a member may save.
pub const MOST_SAVED: u64 = 100;

/// A search to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSavedSearch {
    /// What the member calls it. A search of the same name is replaced.
    pub name: String,
    /// The query, as it is typed.
    pub text: String,
    /// In which order results come.
    pub sort: Sort,
}

/// A saved search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedSearch {
    /// Its id.
    pub id: SavedSearchId,
    /// What the member calls it.
    pub name: String,
    /// The query, as it is typed.
    pub text: String,
    /// In which order results come.
    pub sort: Sort,
    /// When it was saved.
    pub saved_at: Moment,
}

/// The searches that the one who asks saved, by name.
///
/// # Errors
/// [`Error::Database`].
pub async fn saved(scope: &Scope, control: &Control) -> Result<Vec<SavedSearch>> {
    let rows = own(scope)
        .order_by_asc(saved::Column::Name)
        .order_by_asc(saved::Column::Id)
        .all(control.read())
        .await?;
    Ok(rows.into_iter().map(SavedSearch::from).collect())
}

/// Saves a search for the one who asks.
///
/// # Errors
/// [`Error::Invalid`] for a name that cannot be shown and for an empty query, [`Error::Query`] for
/// one that is not understood, [`Error::Conflict`] where there are [`MOST_SAVED`] already.
pub async fn save(scope: &Scope, control: &Control, new: NewSavedSearch) -> Result<SavedSearch> {
    let name = names::parse("name of the search", &new.name)?;
    if Query::parse(&new.text, control.now())?.is_empty() {
        return Err(Error::invalid("search", "asks for nothing"));
    }
    let write = control.begin().await?;
    saved::Entity::delete_many()
        .filter(saved::Column::OrgId.eq(scope.org()))
        .filter(saved::Column::MemberId.eq(scope.member()))
        .filter(saved::Column::Name.eq(&name))
        .exec(&*write)
        .await?;
    if own(scope).count(&*write).await? >= MOST_SAVED {
        return Err(Error::Conflict(format!(
            "There are {MOST_SAVED} saved searches already. Delete one first."
        )));
    }
    let row = saved::Model {
        id: SavedSearchId::mint(control),
        org_id: scope.org(),
        member_id: scope.member(),
        name,
        query: new.text.trim().to_owned(),
        newest_first: new.sort == Sort::Newest,
        created_at: control.now(),
    };
    saved::Entity::insert(row.clone().into_active_model())
        .exec_without_returning(&*write)
        .await?;
    write.commit().await?;
    Ok(row.into())
}

/// Forgets a search that the one who asks saved.
///
/// # Errors
/// [`Error::NotFound`], also for a search of somebody else.
pub async fn forget(scope: &Scope, control: &Control, id: SavedSearchId) -> Result<()> {
    let write = control.begin().await?;
    let done = saved::Entity::delete_many()
        .filter(saved::Column::OrgId.eq(scope.org()))
        .filter(saved::Column::MemberId.eq(scope.member()))
        .filter(saved::Column::Id.eq(id))
        .exec(&*write)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::NotFound("saved search"));
    }
    write.commit().await
}

fn own(scope: &Scope) -> Select<saved::Entity> {
    saved::Entity::find()
        .filter(saved::Column::OrgId.eq(scope.org()))
        .filter(saved::Column::MemberId.eq(scope.member()))
}

impl From<saved::Model> for SavedSearch {
    fn from(row: saved::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            text: row.query,
            sort: if row.newest_first {
                Sort::Newest
            } else {
                Sort::Best
            },
            saved_at: row.created_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::Trial;

    fn new(name: &str, text: &str) -> NewSavedSearch {
        NewSavedSearch {
            name: name.to_owned(),
            text: text.to_owned(),
            sort: Sort::Newest,
        }
    }

    #[tokio::test]
    async fn a_saved_search_comes_back_as_it_was_and_a_name_has_one() {
        Trial::each(async |trial| {
            let scope = trial.organisation("acme").await;
            let control = &trial.control;
            let first = new("pushes", "git_push");
            save(&scope, control, first).await.unwrap();
            let second = new(" pushes ", " kind:action git_push ");
            save(&scope, control, second).await.unwrap();
            let list = saved(&scope, control).await.unwrap();
            let told: Vec<_> = list
                .iter()
                .map(|one| (one.name.as_str(), one.text.as_str(), one.sort))
                .collect();
            assert_eq!(told, [("pushes", "kind:action git_push", Sort::Newest)]);

            forget(&scope, control, list[0].id).await.unwrap();
            assert_eq!(saved(&scope, control).await.unwrap(), []);
            let again = forget(&scope, control, list[0].id).await;
            assert!(matches!(again, Err(Error::NotFound(_))));
        })
        .await;
    }

    #[tokio::test]
    async fn a_stranger_neither_sees_nor_deletes_what_a_member_saved() {
        Trial::each(async |trial| {
            let (ours, theirs) = (
                trial.organisation("acme").await,
                trial.organisation("other").await,
            );
            let one = save(&ours, &trial.control, new("mine", "push"))
                .await
                .unwrap();
            assert_eq!(saved(&theirs, &trial.control).await.unwrap(), []);
            let refused = forget(&theirs, &trial.control, one.id).await;
            assert!(matches!(refused, Err(Error::NotFound(_))));
            assert_eq!(saved(&ours, &trial.control).await.unwrap(), [one]);
        })
        .await;
    }

    #[tokio::test]
    async fn what_cannot_be_asked_or_shown_is_not_saved() {
        Trial::each(async |trial| {
            let scope = trial.organisation("acme").await;
            let control = &trial.control;
            let nameless = save(&scope, control, new(" ", "push")).await;
            assert!(matches!(nameless, Err(Error::Invalid { .. })));
            let nothing = save(&scope, control, new("all", "  ")).await;
            assert!(matches!(nothing, Err(Error::Invalid { .. })));
            let slip = save(&scope, control, new("slip", "kind:klaim")).await;
            assert!(matches!(slip, Err(Error::Query(_))));
        })
        .await;
    }

    #[tokio::test]
    async fn nobody_saves_without_end() {
        Trial::each(async |trial| {
            let scope = trial.organisation("acme").await;
            let control = &trial.control;
            for number in 0..MOST_SAVED {
                let name = format!("search {number}");
                save(&scope, control, new(&name, "push")).await.unwrap();
            }
            let refused = save(&scope, control, new("one more", "push")).await;
            assert!(matches!(refused, Err(Error::Conflict(_))));
            // One of them can still be changed.
            save(&scope, control, new("search 0", "pull"))
                .await
                .unwrap();
        })
        .await;
    }
}

//! Slowing down those who guess: failed sign-ins are counted for each email, for each network that
//! they come from, and for each pair of the two, in the database, so that neither a restart nor a
//! second server forgets them.
//!
//! A try is counted before its password is looked at, so that many at once count as many.

use std::net::IpAddr;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, QuerySelect};

use crate::clock::Moment;
use crate::database::Write;
use crate::{Control, Error, Result, secrets};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_failures")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_hash: Vec<u8>,
    pub failures: i32,
    pub window_ends_at: Moment,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Whose failures are counted, and up to what number tries are heard.
struct Subject {
    hash: Vec<u8>,
    allowed: u32,
    /// Whether a right password makes its failures forgotten.
    starts_afresh: bool,
}

/// Counts a try as failed; [`forgive`] takes it back when it was not.
///
/// # Errors
/// [`Error::TooManyAttempts`] when there were too many already; the try is not heard then.
pub(super) async fn count(control: &Control, email: &str, from: Option<IpAddr>) -> Result<()> {
    let now = control.now();
    let write = control.begin().await?;
    for subject in subjects(control, email, from) {
        let row = current(&write, &subject.hash, now, control).await?;
        if u32::try_from(row.failures).unwrap_or(0) >= subject.allowed {
            return Err(Error::TooManyAttempts {
                retry_after: row.window_ends_at.since(now),
            });
        }
        add(&write, subject.hash, 1).await?;
    }
    write.commit().await
}

/// Takes back the try of one who turned out to know the password; from where that was, the email
/// starts afresh.
pub(super) async fn forgive(
    control: &Control,
    write: &Write,
    email: &str,
    from: Option<IpAddr>,
) -> Result<()> {
    for subject in subjects(control, email, from) {
        if subject.starts_afresh {
            Entity::delete_by_id(subject.hash).exec(&**write).await?;
        } else {
            add(write, subject.hash, -1).await?;
        }
    }
    Ok(())
}

async fn add(write: &Write, hash: Vec<u8>, failures: i32) -> Result<()> {
    let sum = ExprTrait::add(Expr::col(Column::Failures), failures);
    Entity::update_many()
        .col_expr(Column::Failures, sum)
        .filter(Column::SubjectHash.eq(hash))
        .exec(&**write)
        .await?;
    Ok(())
}

/// Drops counters whose time is over.
pub(super) async fn delete_over(write: &Write, now: Moment) -> Result<()> {
    Entity::delete_many()
        .filter(Column::WindowEndsAt.lte(now))
        .exec(&**write)
        .await?;
    Ok(())
}

/// The counter of a subject, locked, fresh where the last one's time is over.
async fn current(write: &Write, hash: &[u8], now: Moment, control: &Control) -> Result<Model> {
    let fresh = ActiveModel {
        subject_hash: Set(hash.to_vec()),
        failures: Set(0),
        window_ends_at: Set(now + control.limits().sign_in_window),
    };
    Entity::delete_many()
        .filter(Column::SubjectHash.eq(hash))
        .filter(Column::WindowEndsAt.lte(now))
        .exec(&**write)
        .await?;
    Entity::insert(fresh)
        .on_conflict(
            OnConflict::column(Column::SubjectHash)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(&**write)
        .await?;
    Entity::find_by_id(hash.to_vec())
        .lock_exclusive()
        .one(&**write)
        .await?
        .ok_or(Error::Broken("a counter that was just written is there"))
}

/// In one order for everybody, so that no two tries wait for each other.
fn subjects(control: &Control, email: &str, from: Option<IpAddr>) -> Vec<Subject> {
    let limits = control.limits();
    let network = from.map(network_of);
    let pair = format!(
        "network {} email {email}",
        network.as_deref().unwrap_or("unknown")
    );
    let everywhere = Subject {
        hash: secrets::hash(&format!("email {email}")),
        allowed: limits.sign_in_failures_per_email,
        starts_afresh: false,
    };
    let whole_network = network.map(|network| Subject {
        hash: secrets::hash(&format!("network {network}")),
        allowed: limits.sign_in_failures_per_network,
        starts_afresh: false,
    });
    let here = Subject {
        hash: secrets::hash(&pair),
        allowed: limits.sign_in_failures_per_email_and_network,
        starts_afresh: true,
    };
    [Some(everywhere), whole_network, Some(here)]
        .into_iter()
        .flatten()
        .collect()
}

/// One subscriber usually has a whole /64 of IPv6 addresses.
fn network_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

//! The server as it is reached from outside: the real router on a loopback port, on SQLite and, where
//! `MACHINAUT_TEST_POSTGRES_URL` names a cluster, on PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what arranges a test fails with it"
)]

mod approver;
mod house;
mod process;

mod approvals;
mod chain;
mod events;
mod headers;
mod live;
mod operations;
mod pages;
mod rehearsal;
mod routes;
mod search;
mod several;
mod sign_in;
#[cfg(unix)]
mod traces;

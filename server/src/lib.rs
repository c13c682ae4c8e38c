//! The machine room of Machinaut: the web server, the machine API under `/v1`, and the `machinaut` command.
//!
//! Nothing here decides anything. A handler reads the request, finds out who is asking, makes one call into
//! `machinaut_control`, and writes the answer down as HTTP.

#![recursion_limit = "512"]

pub mod authorized_keys;
pub mod cli;
pub mod figures;
pub mod logging;
pub mod problem;
pub mod rehearsal;
pub mod settings;
pub mod traces;
pub mod v1;
pub mod web;

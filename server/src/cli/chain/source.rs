//! A file named on the command line, or standard input.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use machinaut_chain::json::Error as JsonError;

use super::hidden;
use crate::cli::Failure;

/// A file named on the command line; `-` is standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source(PathBuf);

impl From<OsString> for Source {
    fn from(name: OsString) -> Self {
        Self(name.into())
    }
}

impl Source {
    pub(super) fn is_stdin(&self) -> bool {
        self.0.as_os_str() == "-"
    }

    /// What it is called in a sentence.
    pub(super) fn name(&self) -> String {
        if self.is_stdin() {
            "standard input".to_owned()
        } else {
            hidden::shown(&self.0.display().to_string())
        }
    }

    /// Opens it for reading piece by piece.
    pub(super) fn open(&self) -> Result<Box<dyn Read>, Failure> {
        if self.is_stdin() {
            return Ok(Box::new(io::stdin().lock()));
        }
        let file = File::open(&self.0).map_err(|error| self.cannot_be_read(&error))?;
        Ok(Box::new(file))
    }

    /// Reads it whole.
    pub(super) fn read(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let read = self.open()?.read_to_end(&mut bytes);
        read.map_err(|error| self.cannot_be_read(&error))?;
        Ok(bytes)
    }

    /// The operating system does not give it.
    pub(super) fn cannot_be_read(&self, error: &io::Error) -> Failure {
        Failure::Unreadable(format!("{} cannot be read: {error}.", self.name()))
    }

    /// It is not what the command reads; `why` says where and why.
    pub(super) fn is_unfit(&self, why: impl std::fmt::Display) -> Failure {
        Failure::Unreadable(format!("{}, {why}.", self.name()))
    }

    /// It is not JSON.
    pub(super) fn is_not_json(&self, error: &JsonError) -> Failure {
        let JsonError { line, column, kind } = error;
        self.is_unfit(format_args!(
            "line {line}, column {column}: this is not JSON: {kind}"
        ))
    }
}

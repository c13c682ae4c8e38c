//! The records of a session, one after another: from a raw log or from a shipped body.
//!
//! Which of the two a file is, its first line tells. Neither is ever held whole: a body goes piece
//! by piece through the reader that the server uses, a log line by line.

use std::io::{BufRead, BufReader, Read};

use clap::Args;
use machinaut_chain::json::{Limits as JsonLimits, Value};
use machinaut_chain::session::{Event, Session as Events};
use machinaut_chain::ship::{self, Limits, Reader, Record, Summary, read_log_line};

use super::hidden;
use super::source::Source;
use crate::cli::Failure;

/// How much of a body is read at once.
const PIECE: usize = 64 * 1024;

/// A session in a file.
#[derive(Debug, Args)]
pub(super) struct Session {
    /// A raw log or a shipped body; - is standard input.
    #[arg(value_name = "FILE")]
    pub(super) source: Source,
    /// Which session, where a raw log holds several.
    #[arg(long, value_name = "ID")]
    session: Option<String>,
}

/// What a file was, once all of it is read.
pub(super) enum Form {
    /// A raw log.
    Log,
    /// A shipped body, and what it said.
    Ship(Summary),
}

impl Session {
    /// The only session of a file.
    pub(super) const fn all_of(source: Source) -> Self {
        Self {
            source,
            session: None,
        }
    }

    /// That the file has no such action, in a sentence.
    pub(super) fn has_no_action(&self, id: &str) -> String {
        format!(
            "{} has no readable event of the action {}.",
            self.source.name(),
            hidden::name(id)
        )
    }

    /// The events of the session, with their payloads.
    pub(super) fn events(&self) -> Result<Events, Failure> {
        let mut events = Vec::new();
        self.records(&mut |record| events.push(Event::from_record(record)))?;
        Ok(Events::from_events(events))
    }

    /// Hands out each record in the order of the file.
    pub(super) fn records(&self, sink: &mut dyn FnMut(Record<'_>)) -> Result<Form, Failure> {
        let limits = Limits::default();
        let mut lines = Lines {
            source: &self.source,
            input: BufReader::with_capacity(PIECE, self.source.open()?),
            longest: limits.line_bytes,
            number: 0,
            line: Vec::new(),
        };
        while lines.next()? {
            if lines.text().trim_ascii().is_empty() {
                continue;
            }
            return if self.is_ship(&lines)? {
                self.read_ship(lines, limits, sink).map(Form::Ship)
            } else {
                self.read_log(lines, limits, sink).map(|()| Form::Log)
            };
        }
        let what = "is empty: it is neither a log nor a shipped body";
        Err(Failure::Unreadable(format!(
            "{} {what}.",
            self.source.name()
        )))
    }

    /// Whether the first line is of a shipped body, and not of a log.
    fn is_ship(&self, first: &Lines<'_>) -> Result<bool, Failure> {
        let at = first.number;
        let line = Value::parse(first.text(), &JsonLimits::default()).map_err(|error| {
            let (column, kind) = (error.column, error.kind);
            self.source.is_unfit(format_args!(
                "line {at}, column {column}: the line is not JSON: {kind}"
            ))
        })?;
        let kind = line.get("kind");
        if kind.and_then(Value::as_str) == Some("lodestar.session_ship") {
            return Ok(true);
        }
        if line.get("payload_hash").is_some() || line.get("seq").is_some() {
            return Ok(false);
        }
        if line.get("envelope").is_some() {
            return Err(self.source.is_unfit(format_args!(
                "line {at}, column 1: this is a record of a shipped body, whose first line has to be the manifest"
            )));
        }
        Err(self.source.is_unfit(format_args!(
            "line {at}, column 1: this is neither an event of a log nor the manifest of a shipped body"
        )))
    }

    fn read_ship(
        &self,
        first: Lines<'_>,
        limits: Limits,
        sink: &mut dyn FnMut(Record<'_>),
    ) -> Result<Summary, Failure> {
        let unfit = |error: ship::Error| self.source.is_unfit(error);
        let mut reader = Reader::new(limits);
        // Lines before the first that says something count, and say nothing.
        for _ in 1..first.number {
            reader.push(b"\n", sink).map_err(unfit)?;
        }
        reader.push(&first.line, sink).map_err(unfit)?;
        let mut input = first.input;
        loop {
            let piece = input
                .fill_buf()
                .map_err(|error| self.source.cannot_be_read(&error))?;
            let read = piece.len();
            if read == 0 {
                break;
            }
            reader.push(piece, sink).map_err(unfit)?;
            input.consume(read);
        }
        let summary = reader.finish(sink).map_err(unfit)?;
        let carried = summary.manifest.session_id.as_ref();
        match &self.session {
            Some(asked) if asked != carried => Err(self.holds_no(asked)),
            _ => Ok(summary),
        }
    }

    fn read_log(
        &self,
        mut lines: Lines<'_>,
        limits: Limits,
        sink: &mut dyn FnMut(Record<'_>),
    ) -> Result<(), Failure> {
        let mut of = None;
        loop {
            let number = lines.number;
            if !lines.text().trim_ascii().is_empty() {
                let mut record = read_log_line(lines.text(), &limits).map_err(|error| {
                    self.source.is_unfit(ship::Error {
                        line: number,
                        ..error
                    })
                })?;
                record.line = number;
                let session: &str = record.header.session_id.as_ref();
                if self.session.as_deref().is_none_or(|asked| asked == session) {
                    let (project, session) = of.get_or_insert_with(|| {
                        let header = &record.header;
                        (header.project_id.clone(), header.session_id.clone())
                    });
                    if *session != record.header.session_id {
                        return Err(self.source.is_unfit(format_args!(
                            "line {number}: the event is of another session than those before it; \
                             say which one you mean with --session"
                        )));
                    }
                    if *project != record.header.project_id {
                        return Err(self.source.is_unfit(format_args!(
                            "line {number}: the event is of another project than those before it"
                        )));
                    }
                    sink(record);
                }
            }
            if !lines.next()? {
                break;
            }
        }
        match (&self.session, of) {
            (Some(asked), None) => Err(self.holds_no(asked)),
            _ => Ok(()),
        }
    }

    fn holds_no(&self, asked: &str) -> Failure {
        Failure::NotThere(format!(
            "{} holds no event of the session {}.",
            self.source.name(),
            hidden::name(asked)
        ))
    }
}

/// The lines of a file, none of them longer than allowed.
struct Lines<'a> {
    source: &'a Source,
    input: BufReader<Box<dyn Read>>,
    longest: usize,
    number: usize,
    /// The line that was read last, with its line feed.
    line: Vec<u8>,
}

impl Lines<'_> {
    /// The line that was read last, without its line feed.
    fn text(&self) -> &[u8] {
        self.line.strip_suffix(b"\n").unwrap_or(&self.line)
    }

    /// Reads the next line; false at the end of the file.
    fn next(&mut self) -> Result<bool, Failure> {
        self.line.clear();
        // One more for the line feed, and one more to see that it is too long.
        let most = u64::try_from(self.longest)
            .unwrap_or(u64::MAX)
            .saturating_add(2);
        let read = self
            .input
            .by_ref()
            .take(most)
            .read_until(b'\n', &mut self.line);
        let read = read.map_err(|error| self.source.cannot_be_read(&error))?;
        self.number += usize::from(read > 0);
        if self.text().len() > self.longest {
            let (number, longest) = (self.number, self.longest);
            return Err(self.source.is_unfit(format_args!(
                "line {number}: the line is longer than {longest} bytes"
            )));
        }
        Ok(read > 0)
    }
}

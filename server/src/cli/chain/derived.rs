//! What Lodestar derives from a session, in exactly the bytes that Lodestar writes, and the report.

use std::io::Write;

use machinaut_chain::calibration::calibrate;
use machinaut_chain::harvest::candidates;
use machinaut_chain::pending::pending_approvals;
use machinaut_chain::projection::project;

use super::records::Session;
use crate::cli::Failure;

/// How far Lodestar indents what it does not write on one line.
const INDENT: usize = 1;

pub(super) fn projection(session: &Session, out: &mut dyn Write) -> Result<u8, Failure> {
    writeln!(out, "{}", project(&session.events()?).to_json())?;
    Ok(0)
}

pub(super) fn pending(session: &Session, out: &mut dyn Write) -> Result<u8, Failure> {
    let pending = pending_approvals(&session.events()?);
    writeln!(out, "{}", pending.to_json_indented(INDENT))?;
    Ok(0)
}

pub(super) fn calibration(session: &Session, out: &mut dyn Write) -> Result<u8, Failure> {
    let calibration = calibrate(&session.events()?).to_value();
    writeln!(out, "{}", calibration.to_json_indented(INDENT))?;
    Ok(0)
}

pub(super) fn harvest(session: &Session, out: &mut dyn Write) -> Result<u8, Failure> {
    writeln!(out, "{}", candidates(&session.events()?).to_json())?;
    Ok(0)
}

pub(super) fn report(session: &Session, out: &mut dyn Write) -> Result<u8, Failure> {
    let report = machinaut_chain::report::report(&session.events()?);
    write!(out, "{report}")?;
    Ok(0)
}

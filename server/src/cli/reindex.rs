//! `machinaut reindex`: builds the search index anew. Servers that run do it, each its own, and this
//! command shows how far they are; where none runs, it does it itself. It can be stopped at any time
//! and given again: what is under way goes on.

use std::io::{IsTerminal as _, Write};
use std::time::Duration;

use machinaut_control::search::{self, Progress, Rebuild};
use machinaut_control::{Control, LocalOperator};

use super::Failure;
use super::serve::open;
use crate::settings::Settings;

/// How often a line is written where nobody looks at a bar.
const LINES: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(250);
const BAR: u64 = 30;

pub(super) async fn reindex(settings: &Settings, out: &mut dyn Write) -> Result<(), Failure> {
    let control = open(settings).await?;
    control.migrate().await?;
    let wish = search::rebuild(LocalOperator::at_the_console(), &control).await?;
    if wish.is_under_way {
        writeln!(
            out,
            "The search index is being built already; going on with that."
        )?;
    }
    let mut shown = Shown::new();
    let servers = wish.nodes(&control).await?.len();
    match servers {
        0 => writeln!(out, "No server runs: the search index is built here.")?,
        1 => writeln!(out, "The running server builds its search index anew.")?,
        _ => writeln!(
            out,
            "{servers} running servers build their search indexes anew."
        )?,
    }
    let is_done = servers > 0 && watch(&control, &wish, &mut shown, out).await?;
    if !is_done {
        if servers > 0 {
            writeln!(
                out,
                "No server runs any more: the search index is built here."
            )?;
        }
        build_here(&control, &wish, &mut shown, out).await?;
    }
    shown.finish(out)?;
    writeln!(out, "The search index is complete.")?;
    control.close().await?;
    Ok(())
}

async fn build_here(
    control: &Control,
    wish: &Rebuild,
    shown: &mut Shown,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    while let Some(progress) = wish.step(control).await? {
        shown.show(progress, out)?;
    }
    Ok(())
}

/// Whether the servers did it; not where all of them are gone before.
async fn watch(
    control: &Control,
    wish: &Rebuild,
    shown: &mut Shown,
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    loop {
        let nodes = wish.nodes(control).await?;
        if nodes.is_empty() {
            return Ok(false);
        }
        if nodes.iter().all(|node| node.is_done) {
            return Ok(true);
        }
        // The slowest of them is the one that people wait for.
        let slowest = nodes
            .iter()
            .filter(|node| !node.is_done)
            .map(|node| node.progress.unwrap_or_default())
            .min_by_key(|progress| progress.percent());
        shown.show(slowest.unwrap_or_default(), out)?;
        tokio::time::sleep(LOOK).await;
    }
}

/// A bar on a terminal; a line now and then everywhere else.
struct Shown {
    is_terminal: bool,
    last: Option<std::time::Instant>,
}

impl Shown {
    fn new() -> Self {
        Self {
            is_terminal: std::io::stdout().is_terminal(),
            last: None,
        }
    }

    fn show(&mut self, progress: Progress, out: &mut dyn Write) -> std::io::Result<()> {
        let percent = progress.percent();
        let Progress { done, of } = progress;
        if self.is_terminal {
            let bar: String = (0..BAR)
                .map(|place| {
                    if place * 100 < percent * BAR {
                        '█'
                    } else {
                        '░'
                    }
                })
                .collect();
            write!(out, "\r{bar} {percent:3} %  {done} of {of}  ")?;
            return out.flush();
        }
        if self.last.is_none_or(|last| last.elapsed() > LINES) {
            self.last = Some(std::time::Instant::now());
            writeln!(out, "{percent} %: {done} of {of} sessions and holds")?;
        }
        Ok(())
    }

    fn finish(&self, out: &mut dyn Write) -> std::io::Result<()> {
        if self.is_terminal {
            writeln!(out)?;
        }
        Ok(())
    }
}

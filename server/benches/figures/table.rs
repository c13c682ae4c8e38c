//! Figures as a table of markdown.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// A figure beside its floor.
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: String,
    /// The figure.
    pub(crate) figure: String,
    /// The floor, and what it is.
    pub(crate) floor: String,
    /// How the two stand to each other.
    pub(crate) ratio: String,
    /// What is to be reached.
    pub(crate) target: &'static str,
}

pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| what | figure | floor on the same machine | ratio | to reach |\n| --- | --- | --- | --- | --- |\n",
    );
    for row in rows {
        let Row {
            what,
            figure,
            floor,
            ratio,
            target,
        } = row;
        writeln!(text, "| {what} | {figure} | {floor} | {ratio} | {target} |").unwrap();
    }
    text
}

/// How long something takes.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let done = work();
    (done, began.elapsed())
}

/// The shortest of a few runs: the one that was disturbed the least.
pub(crate) fn best_of(runs: usize, mut work: impl FnMut()) -> Duration {
    (0..runs).map(|_| timed(&mut work).1).min().unwrap()
}

/// A folder on the disk that everything is built on, never one in memory. Removed when it is dropped.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// The lines that are not empty.
pub(crate) fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
}

/// How many cores there are.
pub(crate) fn cores() -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    f64::from(u32::try_from(cores).unwrap())
}

/// Megabytes (10^6 bytes) a second.
pub(crate) fn rate(bytes: usize, took: Duration) -> f64 {
    f64::from(u32::try_from(bytes / 1000).unwrap()) / 1000.0 / took.as_secs_f64()
}

/// Many times of one thing.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The time within which so many of a hundred were.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let last = self.0.len() - 1;
        self.0[(self.0.len() * percent / 100).min(last)]
    }
}

/// A time in milliseconds, with as many digits as it is worth.
pub(crate) fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1000.0;
    if millis < 10.0 {
        format!("{millis:.2} ms")
    } else {
        format!("{millis:.0} ms")
    }
}

/// How many times as long one is as the other.
pub(crate) fn times(time: Duration, floor: Duration) -> String {
    ratio(time.as_secs_f64(), floor.as_secs_f64())
}

/// How many times as large one is as the other, with as many digits as it is worth.
pub(crate) fn ratio(figure: f64, floor: f64) -> String {
    let ratio = figure / floor;
    if ratio < 1.0 {
        format!("{ratio:.3} ×")
    } else {
        format!("{ratio:.1} ×")
    }
}

//! The figures of docs/performance.md, each beside the floor it stands on: what the same machine needs
//! for the least that has to be done anyway. Sessions are made from Lodestar's load data, and the real
//! server answers on loopback, over its default database.
//!
//! `./bench [--events N]… [NAME…]` runs it; without names, everything.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark may fail anywhere, and prints its figures"
)]

mod decisions;
mod house;
mod http;
mod ingest;
mod load;
mod memory;
mod pages;
mod process;
mod search;
mod table;
mod verify;
mod words;

use std::fs;

use table::Row;
use tikv_jemallocator::Jemalloc;

/// The one that the command has: some of it is measured inside of this process.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Among how many events things are looked for, where nobody says otherwise.
const EVENTS: [usize; 2] = [100_000, 1_000_000];
const NAMES: &str = "verify, ingest, memory, search, pages, decisions";

fn main() {
    let mut names: Vec<String> = Vec::new();
    let mut events: Vec<usize> = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // Cargo says so.
            "--bench" => {}
            "--events" => match arguments.next().map(|number| number.parse()) {
                Some(Ok(number)) => events.push(number),
                _ => refuse("--events needs a number"),
            },
            name if NAMES.split(", ").any(|known| known == name) => names.push(argument),
            name => refuse(&format!(
                "there is no benchmark '{name}'; they are: {NAMES}"
            )),
        }
    }
    if events.is_empty() {
        events = EVENTS.to_vec();
    }

    let before = machine();
    let warning = load::warning();
    if let Some(warning) = &warning {
        eprintln!("{warning}");
    }
    let mut rows = Vec::new();
    for name in NAMES.split(", ") {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            eprintln!("{name} …");
            rows.extend(run(name, &events));
        }
    }
    if let Some(warning) = warning {
        println!("{warning}\n");
    }
    println!("{before}\n\n{}", table::markdown(&rows));
}

fn run(name: &str, events: &[usize]) -> Vec<Row> {
    match name {
        "verify" => verify::run(),
        "ingest" => ingest::run(),
        "memory" => memory::run(),
        "search" => events
            .iter()
            .flat_map(|events| search::over(*events))
            .collect(),
        "pages" => pages::run(),
        _ => decisions::run(),
    }
}

fn refuse(why: &str) -> ! {
    eprintln!("error: {why}.");
    std::process::exit(2);
}

/// What the figures were measured on, and what else it was doing.
fn machine() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |model| {
        model.trim_start_matches([' ', '\t', ':'])
    });
    format!(
        "{} cores, {model}; load average before the first figure: {load} (below 0.2: idle).",
        table::cores()
    )
}

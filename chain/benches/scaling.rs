//! What one event costs, in sessions that double: a reader whose work grows with the square of a
//! log shows as a cost that doubles with it.
//!
//! `cargo bench --package machinaut-chain --bench scaling [-- SHAPE…]`

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark may fail anywhere, and prints its figures"
)]

use std::hint::black_box;
use std::time::Instant;

#[path = "../tests/shapes/mod.rs"]
mod shapes;

const EVENTS: [usize; 4] = [2_500, 5_000, 10_000, 20_000];

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    println!(
        "nanoseconds per event, in sessions of {EVENTS:?} events; what is marked grows faster than twice"
    );
    for (shape, make) in shapes::SHAPES {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| shape.contains(wanted.as_str())) {
            continue;
        }
        println!("\n{shape}");
        let sessions: Vec<_> = EVENTS.iter().map(|events| make(*events)).collect();
        for (reader, read) in shapes::READERS {
            let mut figures = Vec::new();
            for session in &sessions {
                // The least disturbed of a few.
                let nanos = (0..3).map(|_| {
                    let began = Instant::now();
                    black_box(read(black_box(session)));
                    began.elapsed().as_nanos()
                });
                let events = u128::try_from(session.events().len()).unwrap();
                figures.push(nanos.min().unwrap() / events);
            }
            let grows = figures.last() > figures.first().map(|first| first * 2).as_ref();
            let mark = if grows { " <<" } else { "" };
            let figures: Vec<String> = figures.iter().map(|nanos| format!("{nanos:>9}")).collect();
            println!("  {reader:<12}{}{mark}", figures.concat());
        }
    }
}

//! How fast things are found, and how soon after they were shipped.

use std::thread;
use std::time::{Duration, Instant};

use machinaut_control::LocalOperator;
use machinaut_control::search::{self, Ask, Sort};
use memchr::memmem;

use crate::house::House;
use crate::load::Session;
use crate::table::{Row, Times, best_of, millis, timed, times};
use crate::words::word;

/// What people ask, by how they ask it.
const QUESTIONS: &[(&str, &[&str])] = &[
    (
        "a word",
        &["invoice", "rollback", "scheduler", "ledger", "tenant"],
    ),
    (
        "a word while it is typed",
        &[
            "ex", "exp", "expo", "expor", "roll", "sch", "sched", "snapsh",
        ],
    ),
    (
        "a word with a slip",
        &["shceduler", "invoce", "rollbck", "expoter", "snapshoot"],
    ),
    (
        "two words",
        &[
            "invoice ledger",
            "stale cache",
            "rollback tenant",
            "flaky par",
        ],
    ),
    (
        "a phrase",
        &[
            "\"drops every tenant\"",
            "\"rename the parser\"",
            "\"stale cache\"",
        ],
    ),
    (
        "a word and filters",
        &[
            "invoice kind:action",
            "rollback tool:git.commit",
            "quota kind:belief truth:supported",
            "exporter agent:agent:cody kind:action level:L4",
        ],
    ),
    (
        "filters alone",
        &[
            "kind:hold",
            "kind:action level:L4",
            "project:load-api",
            "verdict:denied",
            "kind:belief -security:clean",
        ],
    ),
    (
        "one word without another",
        &[
            "webhook -exporter",
            "migration -\"stale cache\"",
            "kind:claim -ledger",
        ],
    ),
    (
        "a span of time",
        &[
            "invoice after:2026-03-01 before:2026-03-08",
            "after:2026-03-01 before:2026-03-08",
            "kind:action after:2026-01-01 before:2026-02-01",
        ],
    ),
    ("nothing typed yet", &[""]),
    (
        "what is not there",
        &["qqqqzzzz", "invoice tool:no.such", "\"ledger ledger\""],
    ),
];

/// How often each question is asked, in turns by time and by fitness.
const ROUNDS: usize = 22;
/// How many of these are not measured.
const FIRST_ROUNDS: usize = 2;
const LATE_SHIPS: u64 = 20;
/// Asking how much is waiting takes time of its own while much is.
const SELDOM: Duration = Duration::from_millis(500);
const OFTEN: Duration = Duration::from_millis(10);

pub(crate) fn over(events: usize) -> Vec<Row> {
    let house = House::open();
    let logs = shipped(&house, events);
    let caught_up = until(SELDOM, || is_all_found(&house));
    let again = search::rebuild(LocalOperator::at_the_console(), house.control());
    house.runtime.block_on(again).unwrap();
    let built = until(SELDOM, || is_all_found(&house));
    until_merged(&house);

    let (documents, bytes) = (documents(&house), house.index_bytes());
    let scanned = best_of(3, || assert!(lines_with(&logs, "rollback") > 0));
    let asked = ask_all(&house, &logs);
    let late = ships_until_found(&house);
    let size: usize = logs.iter().map(Vec::len).sum();

    let shown = in_thousands(events);
    let floor = format!("{}, scanning the lines for one word", millis(scanned));
    let row = |what: String, figure: String, slow: Duration, target| Row {
        what: format!("search, {shown} events: {what}"),
        figure,
        floor: floor.clone(),
        ratio: times(slow, scanned),
        target,
    };
    let all = Times::of(asked.iter().flat_map(|asked| asked.times.clone()).collect());
    let (median, slow) = (all.percentile(50), all.percentile(99));
    let mut rows = vec![
        row(
            "all questions, median".to_owned(),
            millis(median),
            median,
            "< 10 ms",
        ),
        row(
            "all questions, 99 of 100".to_owned(),
            millis(slow),
            slow,
            "< 50 ms",
        ),
    ];
    for asked in asked {
        let times = Times::of(asked.times);
        let (median, slow) = (times.percentile(50), times.percentile(99));
        let figure = format!("{}, 99 of 100 in {}", millis(median), millis(slow));
        let found = asked.found;
        rows.push(row(
            format!("{} ({found} found)", asked.how),
            figure,
            median,
            "",
        ));
    }
    let late = Times::of(late);
    let plain = |what: &str, figure: String, floor: String, target| Row {
        what: format!("search, {shown} events: {what}"),
        figure,
        floor,
        ratio: String::new(),
        target,
    };
    let megabytes = |bytes: u64| format!("{} MB", bytes / 1_000_000);
    rows.push(plain(
        "from a ship to finding it, 95 of 100",
        format!(
            "{} (median {})",
            millis(late.percentile(95)),
            millis(late.percentile(50))
        ),
        String::new(),
        "< 2 s",
    ));
    rows.push(plain(
        "the index on disk",
        format!("{} for {documents} links", megabytes(bytes)),
        format!("{} of lines", megabytes(u64::try_from(size).unwrap())),
        "",
    ));
    rows.push(plain(
        "building the index anew",
        format!("{:.0} s", built.as_secs_f64()),
        format!(
            "{:.0} s behind the last ship, when all came at once",
            caught_up.as_secs_f64()
        ),
        "",
    ));
    rows
}

/// Ships sessions until there are so many events, and tells their bodies.
fn shipped(house: &House, events: usize) -> Vec<Vec<u8>> {
    let mut caller = house.caller();
    let (mut logs, mut shipped) = (Vec::new(), 0);
    while shipped < events {
        let session = Session::usual(u64::try_from(logs.len()).unwrap());
        shipped += session.events();
        let body = session.body();
        caller.ship(&body);
        logs.push(body);
        if logs.len().is_multiple_of(500) {
            eprintln!("  {shipped} events are shipped");
        }
    }
    logs
}

/// How one kind of question was answered.
struct Asked {
    how: &'static str,
    /// How much there was, of the question that found the most.
    found: u64,
    times: Vec<Duration>,
}

fn ask_all(house: &House, logs: &[Vec<u8>]) -> Vec<Asked> {
    let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let mut questions: Vec<(&str, Vec<String>)> = QUESTIONS
        .iter()
        .map(|(how, texts)| (*how, own(texts)))
        .collect();
    questions.push(("a rare word", [900, 3_000, 9_000].map(word).to_vec()));
    let ids = logs.iter().step_by(logs.len() / 3).map(|log| id_in(log));
    questions.push(("a pasted id", ids.collect()));

    let mut asked: Vec<Asked> = questions
        .iter()
        .map(|(how, _)| Asked {
            how,
            found: 0,
            times: Vec::new(),
        })
        .collect();
    for round in 0..ROUNDS {
        let sort = [Sort::Newest, Sort::Best][round % 2];
        for ((_, texts), asked) in questions.iter().zip(&mut asked) {
            for text in texts {
                let (found, took) = timed(|| find(house, text, sort));
                asked.found = asked.found.max(found);
                // The first rounds bring to memory what a server has there after a while.
                if round >= FIRST_ROUNDS {
                    asked.times.push(took);
                }
            }
        }
    }
    asked
}

/// The id of the first thing in a log.
fn id_in(log: &[u8]) -> String {
    let log = std::str::from_utf8(log).unwrap();
    let (_, after) = log.split_once(r#""payload":{"id":""#).unwrap();
    after.split('"').next().unwrap().to_owned()
}

/// How long it takes after a ship until a word of it is found.
fn ships_until_found(house: &House) -> Vec<Duration> {
    let mut caller = house.caller();
    let late = |number| {
        let word = format!("unheardof{number}");
        let mut session = Session::usual(10_000_000 + number);
        session.observe(&word);
        caller.ship(&session.body());
        until(OFTEN, || find(house, &word, Sort::Newest) > 0)
    };
    (0..LATE_SHIPS).map(late).collect()
}

/// How much is found.
fn find(house: &House, text: &str, sort: Sort) -> u64 {
    let ask = Ask {
        text: text.to_owned(),
        sort,
        ..Ask::default()
    };
    let found = search::find(&house.scope, house.control(), &ask);
    house.runtime.block_on(found).unwrap().total
}

fn documents(house: &House) -> u64 {
    let size = search::size(house.control());
    house.runtime.block_on(size).unwrap().unwrap().1
}

fn is_all_found(house: &House) -> bool {
    let freshness = search::freshness(house.control());
    let freshness = house.runtime.block_on(freshness).unwrap();
    freshness.is_complete() && freshness.waiting == 0
}

/// Waits until the pieces of the index are no longer put together.
fn until_merged(house: &House) {
    let (mut before, mut now) = (0, house.index_bytes());
    while before != now {
        thread::sleep(Duration::from_secs(2));
        (before, now) = (now, house.index_bytes());
    }
}

/// How many lines say this.
fn lines_with(logs: &[Vec<u8>], text: &str) -> usize {
    let finder = memmem::Finder::new(text);
    let mut lines = 0;
    for log in logs {
        let mut rest = log.as_slice();
        while let Some(at) = finder.find(rest) {
            lines += 1;
            let end = memchr::memchr(b'\n', &rest[at..]).unwrap();
            rest = &rest[at + end..];
        }
    }
    lines
}

fn in_thousands(number: usize) -> String {
    if number < 1000 {
        number.to_string()
    } else {
        format!("{},{:03}", in_thousands(number / 1000), number % 1000)
    }
}

/// How long it takes until something is so, asked so often.
fn until(pause: Duration, happened: impl Fn() -> bool) -> Duration {
    let began = Instant::now();
    while !happened() {
        thread::sleep(pause);
    }
    began.elapsed()
}

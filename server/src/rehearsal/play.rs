//! How a rehearsal goes, step by step, and what it tells.

use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use machinaut_chain::approval::{Resolution, ResolutionKind};
use machinaut_chain::sample::Hold;
use machinaut_chain::ship::Sensitivity;
use machinaut_chain::signature::{Binding, Pins, Refusal, guard_check};
use machinaut_chain::timestamp::Instant;

use super::channel::{Channel, Trouble};

/// A guard's pause between an answer and the next question.
const PAUSE: Duration = Duration::from_millis(100);
/// The pause after no answer at all.
const LONG_PAUSE: Duration = Duration::from_secs(2);

/// What to play.
pub struct Script {
    /// The session with the hold.
    pub hold: Hold,
    /// Until when a decision counts.
    pub deadline: Instant,
    /// The pinned keys.
    pub pins: Pins,
    /// How much of the session is shipped.
    pub ceiling: Sensitivity,
    /// How long to stay silent after a decision was accepted, before the session is shipped again. A server takes
    /// silence for acceptance.
    pub silence: Duration,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// A decision came and counts.
    Decided(ResolutionKind),
    /// Nobody decided in time.
    Undecided,
    /// Decisions came, and none of them counts.
    Refused,
}

/// Why it could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The server.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The listener.
    #[error("The story could not be told: {0}.")]
    Untold(#[from] io::Error),
}

/// A rehearsal under way.
pub struct Play<'a> {
    script: Script,
    channel: Channel,
    out: &'a mut dyn Write,
    refused: bool,
    told: Vec<String>,
}

impl<'a> Play<'a> {
    /// A rehearsal over `channel`, told to `out`.
    pub fn new(script: Script, channel: Channel, out: &'a mut dyn Write) -> Self {
        Self {
            script,
            channel,
            out,
            refused: false,
            told: Vec::new(),
        }
    }

    /// Plays it to its end.
    pub fn run(mut self) -> Result<Ending, Stopped> {
        self.open()?;
        while now() <= self.script.deadline {
            let Some(resolution) = self.ask()? else {
                continue;
            };
            match guard_check(&resolution, &self.binding(), &self.script.pins) {
                Ok(()) => return self.accept(&resolution),
                Err(refusal) => self.refuse(&resolution, &refusal)?,
            }
        }
        self.expire()
    }

    fn open(&mut self) -> Result<(), Stopped> {
        let log = self.script.hold.log();
        let opening = format!(
            "An agent, {}, wants to push 3 commits to origin/main of the project {}. A Lodestar guard would hold that \
             for a human; this rehearsal holds it in its place. Nothing will really be pushed.",
            log.agent(),
            log.project(),
        );
        self.say(&opening)?;
        self.channel
            .announce(&self.script.hold.request().to_json())?;
        self.say("1. Announced the hold. The announcement names no project and no tool; a server learns those later.")?;
        self.ship("2. Shipped the session")?;
        let left = (self.script.deadline.millis() - now().millis()).max(0) / 1000;
        let invitation = format!(
            "3. Decide now: open {} and read why. There are {left} seconds.",
            self.channel.page("/inbox")
        );
        self.say(&invitation)
    }

    /// One question, and the answer as strictly read as the guard reads it.
    fn ask(&mut self) -> Result<Option<Resolution>, Stopped> {
        let (project, request) = self.names();
        let body = match self.channel.fetch(&project, &request) {
            Ok(body) => body,
            Err(trouble @ Trouble::Unreachable { .. }) => {
                self.say_once(&format!("   {trouble} Asking on."))?;
                std::thread::sleep(LONG_PAUSE);
                return Ok(None);
            }
            Err(trouble) => return Err(trouble.into()),
        };
        std::thread::sleep(PAUSE);
        let Some(body) = body else { return Ok(None) };
        let Ok(resolution) = Resolution::parse(&body) else {
            self.say_once(
                "   An answer came that is no resolution, so it means \"not yet\" to a guard. Asking on.",
            )?;
            return Ok(None);
        };
        Ok(Some(resolution))
    }

    fn accept(mut self, resolution: &Resolution) -> Result<Ending, Stopped> {
        let approver = resolution.approver_id.to_display().into_owned();
        let verb = match resolution.kind {
            ResolutionKind::Granted => "GRANTED",
            ResolutionKind::Denied => "DENIED",
        };
        self.say(&format!(
            "4. A decision came: {verb} by {approver}, at {}.",
            resolution.at
        ))?;
        if let Some(reason) = &resolution.reason {
            self.say(&format!("   The reason: {}", shown(&reason.to_display())))?;
        }
        self.say("   It is for this request and this action, was made in time, and its signature verifies with the key \
                  that is pinned for this approver. It counts.")?;
        let (project, request) = self.names();
        self.channel.consume(&project, &request)?;
        self.say("5. Took the decision off the channel, and asked no more: that silence tells the server that it was accepted.")?;
        std::thread::sleep(self.script.silence);
        self.script.hold.resolve(resolution, now());
        self.ship("6. Shipped the session again, with the decision and what became of it")?;
        self.say(match resolution.kind {
            ResolutionKind::Granted => {
                "The action proceeded. The page of the hold says \"confirmed in the log\" now."
            }
            ResolutionKind::Denied => {
                "The action was not run. The page of the hold says \"confirmed in the log\" now."
            }
        })?;
        Ok(Ending::Decided(resolution.kind))
    }

    fn refuse(&mut self, resolution: &Resolution, refusal: &Refusal) -> Result<(), Stopped> {
        let approver = shown(&resolution.approver_id.to_display());
        if matches!(
            refusal,
            Refusal::OtherRequest | Refusal::OtherAction | Refusal::NoInstant | Refusal::TooLate
        ) {
            // The guard says nothing of these, and leaves them where they are.
            return self.say_once(&format!(
                "   A decision by {approver} came that means nothing here: {refusal}. Asking on."
            ));
        }
        let first = !self.refused;
        self.refused = true;
        self.say_once(&format!("   REFUSED a decision by {approver}: {refusal}."))?;
        if let Refusal::NotPinned { .. } = refusal {
            self.say_once(
                "   A guard believes only keys that its operator pinned. Copy the list from the page Keys into a file and \
                 give it with --pins FILE.",
            )?;
        }
        if first {
            self.script
                .hold
                .refuse_signature(&resolution.approver_id.to_display(), now());
        }
        let (project, request) = self.names();
        self.channel.consume(&project, &request)?;
        self.say_once(
            "   Took it off the channel and ask on: that tells the server that it was refused.",
        )
    }

    fn expire(mut self) -> Result<Ending, Stopped> {
        self.script.hold.expire(now());
        self.ship("4. The deadline passed, which means no. Shipped the session again, saying so")?;
        Ok(if self.refused {
            Ending::Refused
        } else {
            Ending::Undecided
        })
    }

    fn ship(&mut self, what: &str) -> Result<(), Stopped> {
        let body = self.script.hold.log().ship_body(self.script.ceiling);
        let receipt = self.channel.ship(&body)?;
        let withheld = if receipt.redacted == 0 {
            "nothing withheld".to_owned()
        } else {
            format!(
                "{} withheld at the ceiling {}",
                receipt.redacted,
                self.script.ceiling.as_str()
            )
        };
        self.say(&format!(
            "{what}: {} events, {} of them new, {withheld}.",
            receipt.received, receipt.appended
        ))
    }

    fn binding(&self) -> Binding {
        let request = self.script.hold.request();
        Binding {
            request_id: request.request_id.as_str().into(),
            action_id: request.action_id.as_str().into(),
            deadline: request.deadline.clone(),
        }
    }

    fn names(&self) -> (String, String) {
        (
            self.script.hold.log().project().to_string(),
            self.script.hold.request().request_id.clone(),
        )
    }

    fn say(&mut self, sentence: &str) -> Result<(), Stopped> {
        writeln!(self.out, "{sentence}")?;
        self.out.flush()?;
        Ok(())
    }

    /// Says a sentence unless it was said before: the same thing may happen ten times a second.
    fn say_once(&mut self, sentence: &str) -> Result<(), Stopped> {
        if self.told.iter().any(|told| told == sentence) {
            return Ok(());
        }
        self.told.push(sentence.to_owned());
        self.say(sentence)
    }
}

/// What a stranger wrote, without what a terminal would obey.
fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// The present moment.
pub(crate) fn now() -> Instant {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Instant::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

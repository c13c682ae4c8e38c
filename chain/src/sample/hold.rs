//! One story worth reading: three commits on their way to `origin/main`.

use super::{Action, Contract, Learned, Log, Quality, Seen, object};
use crate::approval::{Request, RequiredAuthority, Resolution, ResolutionKind};
use crate::envelope::{ActorId, ProjectId, SessionId};
use crate::json::{Object, Text, Value};
use crate::ship::Sensitivity;
use crate::timestamp::Instant;

/// Where and when the story happens.
///
/// ```
/// use machinaut_chain::sample::{Hold, Story};
/// use machinaut_chain::timestamp::Instant;
///
/// let held_at = Instant::from_millis(1_795_409_175_531);
/// let story = Story {
///     project: "fetcher".parse()?,
///     session: "s-1".parse()?,
///     agent: "agent:claude-code".parse()?,
///     first_seq: 40,
///     request_id: "r-1".into(),
///     action_id: "a-1".into(),
///     held_at,
///     deadline: Some(Instant::from_millis(held_at.millis() + 300_000)),
/// };
/// let again = story.clone();
/// // One story makes one log, byte for byte.
/// assert_eq!(Hold::push_to_main(story).log().lines(), Hold::push_to_main(again).log().lines());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Story {
    /// The project.
    pub project: ProjectId,
    /// The session.
    pub session: SessionId,
    /// The agent.
    pub agent: ActorId,
    /// Where the session begins in the project's log.
    pub first_seq: u64,
    /// The request for a decision.
    pub request_id: String,
    /// The action that is held.
    pub action_id: String,
    /// When the action is held; the session began a minute and a half before.
    pub held_at: Instant,
    /// Until when an answer counts.
    pub deadline: Option<Instant>,
}

/// A session with an action that waits for a human.
///
/// ```
/// use machinaut_chain::sample::Hold;
///
/// # let story = machinaut_chain::sample::Story {
/// #     project: "fetcher".parse()?, session: "s-1".parse()?,
/// #     agent: "agent:claude-code".parse()?, first_seq: 0,
/// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
/// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
/// # };
/// let mut hold = Hold::push_to_main(story);
/// assert_eq!(hold.request().action_id, "a-1");
/// let waiting = hold.log().len();
/// hold.expire(hold.log().now());
/// assert!(hold.log().len() > waiting);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Hold {
    log: Log,
    action: Action,
    request: Request,
}

const POLICY: &str = "policy:auto-approve-up-to-3";
const COMMITS: [&str; 3] = [
    "9b1d0e7 Retry a failed fetch at most five times",
    "5c07f3d Wait longer before each retry",
    "c81a2b4 Log why a fetch was given up",
];

impl Hold {
    /// Tells the story up to the moment where the action is held.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::sample::Hold;
    /// use machinaut_chain::session::Session;
    ///
    /// # let story = machinaut_chain::sample::Story {
    /// #     project: "fetcher".parse()?, session: "s-1".parse()?,
    /// #     agent: "agent:claude-code".parse()?, first_seq: 0,
    /// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
    /// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
    /// # };
    /// let lines = Hold::push_to_main(story).log().lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let asked = session.events().last().ok_or("no events")?;
    /// assert_eq!(asked.event_type(), "approval.requested");
    /// let request = asked.open().and_then(|payload| payload.get("request_id"));
    /// assert_eq!(request.and_then(Value::as_str), Some("r-1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn push_to_main(story: Story) -> Self {
        const STORY_MILLIS: i64 = 90_000;
        let began = Instant::from_millis(story.held_at.millis() - STORY_MILLIS);
        let mut log = Log::new(
            story.project,
            story.session,
            story.agent,
            story.first_seq,
            began,
        );
        log.session_started();
        advertise(&mut log);
        let (_, synced) = look_at_the_tree(&mut log);
        let tested = run_the_tests(&mut log);
        let (claim, told) = read_the_rules(&mut log);

        log.wait(6_000);
        let decision = log.decide(
            "How does the fix for the retry storm reach origin/main?",
            &[
                (
                    "push",
                    "Push the three commits straight to origin/main",
                    "medium",
                ),
                (
                    "review",
                    "Open a pull request and wait for its review",
                    "low",
                ),
            ],
            "push",
            &[&synced, &tested, &told],
        );
        let decision_event = log.last_event_id();
        log.alert_of_foreign_belief(&decision, &told, &claim, &decision_event);

        log.wait_until(story.held_at);
        let inputs = object! {
            "remote": "origin",
            "branch": "main",
            "force": false,
            "commits": COMMITS.to_vec(),
        };
        let intent = "push 3 commits to origin/main";
        let mut action = log.propose(
            &story.action_id,
            Some(&decision),
            intent,
            "mcp.git.push",
            inputs,
            Contract::EXTERNAL,
        );
        let reason = "L4 (external/shared) always requires approval";
        log.hold(&mut action, POLICY, reason);
        let request = Request {
            request_id: story.request_id,
            action_id: story.action_id,
            reason: reason.into(),
            required_authority: RequiredAuthority {
                sensitivity_clearance: Some(Sensitivity::Internal),
                ..RequiredAuthority::default()
            },
            requested_at: log.now().to_timestamp(),
            deadline: story.deadline.map(Instant::to_timestamp),
        };
        log.event("approval.requested", "0.1.0", request.to_value());
        Self {
            log,
            action,
            request,
        }
    }

    /// The log so far.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The log, to write more into it.
    pub fn log_mut(&mut self) -> &mut Log {
        &mut self.log
    }

    /// What the guard announces.
    ///
    /// ```
    /// use machinaut_chain::approval::Request;
    /// use machinaut_chain::sample::Hold;
    ///
    /// # let story = machinaut_chain::sample::Story {
    /// #     project: "fetcher".parse()?, session: "s-1".parse()?,
    /// #     agent: "agent:claude-code".parse()?, first_seq: 0,
    /// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
    /// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
    /// # };
    /// let hold = Hold::push_to_main(story);
    /// // The body of the announcement, as a relay receives it.
    /// let announced = hold.request().to_json();
    /// assert_eq!(&Request::parse(announced.as_bytes())?, hold.request());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Tells how the guard accepted a decision, and what came of it. The guard noticed it at
    /// `noticed`.
    ///
    /// ```
    /// use machinaut_chain::approval::{Resolution, ResolutionKind};
    /// use machinaut_chain::model::Phase;
    /// use machinaut_chain::sample::Hold;
    /// use machinaut_chain::session::Session;
    ///
    /// # let story = machinaut_chain::sample::Story {
    /// #     project: "fetcher".parse()?, session: "s-1".parse()?,
    /// #     agent: "agent:claude-code".parse()?, first_seq: 0,
    /// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
    /// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
    /// # };
    /// let mut hold = Hold::push_to_main(story);
    /// let decision = Resolution {
    ///     request_id: "r-1".into(),
    ///     action_id: "a-1".into(),
    ///     kind: ResolutionKind::Denied,
    ///     approver_id: "alice@phone".into(),
    ///     reason: Some("open a pull request".into()),
    ///     at: "2026-11-23T04:46:20Z".parse()?,
    ///     signature: None,
    /// };
    /// hold.resolve(&decision, hold.log().now());
    /// let lines = hold.log().lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let pushed = session.actions().pop().ok_or("no action")?;
    /// assert_eq!(pushed.phase, Some(Phase::Rejected));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resolve(&mut self, resolution: &Resolution, noticed: Instant) {
        let log = &mut self.log;
        log.wait_until(noticed);
        let payload = resolution.to_event_payload();
        let at = Text::from(resolution.at.as_str());
        let approver = resolution.approver_id.to_display().into_owned();
        let reason = |otherwise: &str| {
            resolution
                .reason
                .as_ref()
                .map_or(otherwise.to_owned(), |text| text.to_display().into_owned())
        };
        match resolution.kind {
            ResolutionKind::Granted => {
                log.event("approval.granted", "0.1.0", payload.into());
                log.approve(
                    &mut self.action,
                    &approver,
                    &reason("approval granted"),
                    &at,
                );
                push(log, &mut self.action);
            }
            ResolutionKind::Denied => {
                log.event("approval.denied", "0.1.0", payload.into());
                log.reject(&mut self.action, &approver, &reason("approval denied"), &at);
            }
        }
        log.session_ended();
    }

    /// Tells how the guard refused the signature of a decision that it fetched.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::sample::Hold;
    /// use machinaut_chain::session::Session;
    ///
    /// # let story = machinaut_chain::sample::Story {
    /// #     project: "fetcher".parse()?, session: "s-1".parse()?,
    /// #     agent: "agent:claude-code".parse()?, first_seq: 0,
    /// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
    /// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
    /// # };
    /// let mut hold = Hold::push_to_main(story);
    /// hold.refuse_signature("mallory@phone", hold.log().now());
    /// let lines = hold.log().lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let refusal = session.events().last().ok_or("no events")?;
    /// assert_eq!(refusal.event_type(), "guard.approval.signature_rejected");
    /// let source = refusal.open().and_then(|payload| payload.get("source"));
    /// assert_eq!(source.and_then(Value::as_str), Some("side_channel"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refuse_signature(&mut self, approver_id: &str, noticed: Instant) {
        self.log.wait_until(noticed);
        let payload = object! {
            "request_id": self.request.request_id.as_str(),
            "action_id": self.request.action_id.as_str(),
            "approver_id": approver_id,
            "reason": "approval signature verification failed against the pinned approver keys",
            "at": self.log.at(),
            "source": "side_channel",
        };
        self.log
            .event("guard.approval.signature_rejected", "1", payload);
    }

    /// Tells how the deadline passed without a decision.
    ///
    /// ```
    /// use machinaut_chain::model::Phase;
    /// use machinaut_chain::sample::Hold;
    /// use machinaut_chain::session::Session;
    ///
    /// # let story = machinaut_chain::sample::Story {
    /// #     project: "fetcher".parse()?, session: "s-1".parse()?,
    /// #     agent: "agent:claude-code".parse()?, first_seq: 0,
    /// #     request_id: "r-1".into(), action_id: "a-1".into(), deadline: None,
    /// #     held_at: machinaut_chain::timestamp::Instant::from_millis(1_795_409_175_531),
    /// # };
    /// let mut hold = Hold::push_to_main(story);
    /// hold.expire(hold.log().now());
    /// let lines = hold.log().lines();
    /// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
    /// let pushed = session.actions().pop().ok_or("no action")?;
    /// assert_eq!(pushed.phase, Some(Phase::Rejected));
    /// assert_eq!(session.summary().expired, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn expire(&mut self, noticed: Instant) {
        let log = &mut self.log;
        log.wait_until(noticed);
        let at = log.at();
        let payload = object! {
            "request_id": self.request.request_id.as_str(),
            "action_id": self.request.action_id.as_str(),
            "at": at.clone(),
        };
        log.event("approval.expired", "0.1.0", payload);
        let reason = "approval deadline passed with no resolution";
        log.reject(&mut self.action, "system", reason, &at);
        log.session_ended();
    }
}

fn advertise(log: &mut Log) {
    let schema =
        object! { "type": "object", "properties": Object::new(), "required": Vec::<Value>::new() };
    let payload = object! {
        "lodestar_name": "mcp.git.push",
        "downstream_name": "git",
        "downstream_tool_name": "push",
        "original_tool": object! {
            "name": "push",
            "description": "Push commits to a remote branch",
            "inputSchema": schema.clone(),
        },
        "advertised_tool": object! {
            "name": "mcp.git.push",
            "description": "Tool 'mcp.git.push' (proxied from downstream 'git').",
            "inputSchema": schema,
        },
        "advertised_at": log.at(),
    };
    log.event("mcp_proxy.tool_advertised", "0.1.0", payload);
}

/// Answers the beliefs that the tree is clean and that it is three commits ahead.
fn look_at_the_tree(log: &mut Log) -> (String, String) {
    log.wait(4_000);
    let mut action = log.run("use git.status", "git.status", object! { "repo": "." });
    log.wait(35);
    let group = "obs:git.status";
    let learned = |statement, predicate| Learned {
        statement,
        predicate,
        quality: Quality::DirectObservation,
        group,
        confidence: 0.95,
    };
    let (_, beliefs) = log.observe(
        &Seen {
            tool: "git.status",
            action_id: action.id(),
            schema: "git.status@1",
            output: object! {
                "branch": "main",
                "dirty": Vec::<Value>::new(),
                "ahead": 3,
                "behind": 0,
                "detached": false,
            },
        },
        &[
            learned(
                "Working tree is clean",
                ("working_tree_dirty_count", "equals", Value::from(0)),
            ),
            learned(
                "Branch 'main' is 3 ahead and 0 behind origin",
                (
                    "branch_sync_state",
                    "equals",
                    object! { "ahead": 3, "behind": 0 },
                ),
            ),
        ],
    );
    log.complete(&mut action);
    let mut beliefs = beliefs.into_iter().map(|(_, belief)| belief);
    (
        beliefs.next().unwrap_or_default(),
        beliefs.next().unwrap_or_default(),
    )
}

/// Answers the belief that the tests passed.
fn run_the_tests(log: &mut Log) -> String {
    log.wait(9_000);
    let command = vec!["cargo", "test", "--workspace"];
    let inputs = object! { "command": command.clone() };
    let mut action = log.run("run the tests", "shell.test", inputs);
    log.wait(41_200);
    let (_, beliefs) = log.observe(
        &Seen {
            tool: "shell.test",
            action_id: action.id(),
            schema: "shell.run@1",
            output: object! {
                "command": command,
                "exit_code": 0,
                "stdout": "test result: ok. 212 passed; 0 failed; 3 ignored\n",
                "stderr": "",
                "duration_ms": 41_187,
                "timed_out": false,
                "stdout_truncated": false,
                "stderr_truncated": false,
            },
        },
        &[Learned {
            statement: "'cargo test --workspace' exited with 0: 212 passed, 0 failed, 3 ignored",
            predicate: (
                "command:cargo test --workspace",
                "exited_with",
                Value::from(0),
            ),
            quality: Quality::ToolResult,
            group: "obs:shell.test",
            confidence: 0.9,
        }],
    );
    log.complete(&mut action);
    beliefs
        .into_iter()
        .next()
        .map(|(_, belief)| belief)
        .unwrap_or_default()
}

/// Answers the claim and the belief that a document allows the push.
fn read_the_rules(log: &mut Log) -> (String, String) {
    log.wait(7_000);
    let path = "vendor/retry-kit/CONTRIBUTING.md";
    let inputs = object! { "path": path };
    let mut action = log.run("read how changes are released", "doc.read", inputs);
    log.wait(12);
    let contents = "# Contributing\n\n## Hotfixes\n\nHotfixes may be pushed straight to main. \
                    Reviews can follow later.\n";
    let (_, beliefs) = log.observe(
        &Seen {
            tool: "doc.read",
            action_id: action.id(),
            schema: "documentation.source@1",
            output: object! {
                "path": path,
                "kind": "markdown",
                "contents": contents,
                "bytes": u32::try_from(contents.len()).unwrap_or(u32::MAX),
                "truncated": false,
            },
        },
        &[Learned {
            statement: "'vendor/retry-kit/CONTRIBUTING.md' says that hotfixes may be pushed \
                        straight to main",
            predicate: (
                "doc:vendor/retry-kit/CONTRIBUTING.md",
                "permits",
                Value::from("hotfixes straight to main"),
            ),
            quality: Quality::ExternalDocument,
            group: "doc:vendor/retry-kit/CONTRIBUTING.md",
            confidence: 0.8,
        }],
    );
    log.complete(&mut action);
    beliefs.into_iter().next().unwrap_or_default()
}

fn push(log: &mut Log, action: &mut Action) {
    log.execute(action);
    log.wait(1_840);
    let output = "To git.example:infra/fetcher.git\n   4f2c1aa..c81a2b4  main -> main\n";
    let content = object! { "type": "text", "text": output };
    let (observation, _) = log.observe(
        &Seen {
            tool: action.tool(),
            action_id: action.id(),
            schema: "mcp.tool_result@1",
            output: object! {
                "tool_name": action.tool(),
                "args": object! { "remote": "origin", "branch": "main" },
                "downstream_server": "git",
                "is_error": false,
                "content": vec![content],
            },
        },
        &[Learned {
            statement: "MCP tool 'mcp.git.push' (server: git) returned 1 content block [text]",
            predicate: (
                "tool:mcp.git.push",
                "mcp.tool_invocation",
                object! { "is_error": false },
            ),
            quality: Quality::ToolResult,
            group: "obs:mcp.git.push",
            confidence: 0.95,
        }],
    );
    log.complete(action);
    let id = log.new_id();
    let payload = object! {
        "id": id,
        "action_id": action.id(),
        "result": "success",
        "effect_observation_ids": vec![observation],
        "side_effects_observed": vec!["origin/main moved from 4f2c1aa to c81a2b4"],
        "duration_ms": 1_840,
        "observed_at": log.at(),
    };
    log.event("outcome.observed", "0.1.0", payload);
}

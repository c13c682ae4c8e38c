//! Sentences that mix our words with words an agent wrote.
//!
//! Everything inside an envelope was written by, or under the influence of, an agent that may be
//! hostile. A sentence is therefore a list of parts that say whose words they are; a page shows
//! [`Part::Said`] as a quotation and never as its own voice. Nothing here is markup.

use serde::{Deserialize, Serialize};

use crate::model::ActionFacts;

/// A piece of a sentence, with the voice it is spoken in.
///
/// ```
/// use machinaut_chain::sentence::{Part, Sentence};
///
/// let sentence = Sentence::new().ours("It rests on").said("<b>Approved</b>");
/// for part in &sentence.0 {
///     match part {
///         Part::Said(words) => assert_eq!(words, "<b>Approved</b>", "to be quoted, never obeyed"),
///         Part::Ours(words) => assert_eq!(words, "It rests on"),
///         Part::Actor(_) | Part::Id(_) => panic!("neither stands in it"),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "voice", content = "text", rename_all = "snake_case")]
pub enum Part {
    /// Our own words, safe to show as they are.
    Ours(String),
    /// The name of an agent or another actor, as the log gives it.
    Actor(String),
    /// Words taken from the log: inputs, statements, tool names. Untrusted, to be quoted.
    Said(String),
    /// An identifier from the log, to be shortened by the page.
    Id(String),
}

/// Parts in reading order. Spaces between parts are not written: a page separates them.
///
/// ```
/// use machinaut_chain::sentence::{Part, Sentence};
///
/// let sentence = Sentence::new().ours("belief").id("b-1");
/// assert_eq!(sentence.0, [Part::Ours("belief".into()), Part::Id("b-1".into())]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sentence(pub Vec<Part>);

impl Sentence {
    /// An empty sentence to be built upon.
    ///
    /// ```
    /// use machinaut_chain::sentence::Sentence;
    ///
    /// assert_eq!(Sentence::new().to_text(), "");
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds our own words.
    ///
    /// ```
    /// use machinaut_chain::sentence::{Part, Sentence};
    ///
    /// let sentence = Sentence::new().ours("and 2 more");
    /// assert_eq!(sentence.0, [Part::Ours("and 2 more".into())]);
    /// ```
    pub fn ours(mut self, words: impl Into<String>) -> Self {
        self.0.push(Part::Ours(words.into()));
        self
    }

    /// Adds the name of an actor.
    ///
    /// ```
    /// use machinaut_chain::sentence::{Part, Sentence};
    ///
    /// let sentence = Sentence::new().actor("claude-code").ours("was held");
    /// assert_eq!(sentence.0.first(), Some(&Part::Actor("claude-code".into())));
    /// ```
    pub fn actor(mut self, name: impl Into<String>) -> Self {
        self.0.push(Part::Actor(name.into()));
        self
    }

    /// Adds words from the log.
    ///
    /// ```
    /// use machinaut_chain::sentence::Sentence;
    ///
    /// let sentence = Sentence::new().ours("Let claude-code run").said("rm -rf build");
    /// assert_eq!(sentence.to_text(), "Let claude-code run “rm -rf build”");
    /// ```
    pub fn said(mut self, words: impl Into<String>) -> Self {
        self.0.push(Part::Said(words.into()));
        self
    }

    /// Adds an identifier from the log.
    ///
    /// ```
    /// use machinaut_chain::sentence::{Part, Sentence};
    ///
    /// let sentence = Sentence::new().ours("decision").id("b62c0b5e-3d0a");
    /// assert_eq!(sentence.0.last(), Some(&Part::Id("b62c0b5e-3d0a".into())));
    /// assert_eq!(sentence.to_text(), "decision b62c0b5e-3d0a");
    /// ```
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.0.push(Part::Id(id.into()));
        self
    }

    /// The sentence as plain text, quotations in quotation marks: for terminals and titles.
    ///
    /// ```
    /// use machinaut_chain::sentence::Sentence;
    /// let s = Sentence::new().actor("claude-code").ours("wants to push branch").said("main");
    /// assert_eq!(s.to_text(), "claude-code wants to push branch “main”");
    /// ```
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for part in &self.0 {
            if !text.is_empty() {
                text.push(' ');
            }
            match part {
                Part::Ours(words) | Part::Actor(words) | Part::Id(words) => text.push_str(words),
                Part::Said(words) => {
                    text.push('“');
                    text.push_str(words);
                    text.push('”');
                }
            }
        }
        text
    }
}

/// The longest quotation that a sentence carries, in characters. Longer ones end in `…`.
pub const LONGEST_QUOTE: usize = 120;

/// What an agent wants to do, in one sentence: «claude-code wants to push branch "feature/x"».
///
/// The verb comes from the tool's name, the quoted object from the one input that names the
/// target (a branch, a path, a URL …). A tool whose name says nothing to us is quoted whole.
///
/// ```
/// use machinaut_chain::json::{Limits, Value};
/// use machinaut_chain::model::ActionFacts;
/// use machinaut_chain::sentence::action_sentence;
///
/// let payload = br#"{"id":"a-1","tool":"mcp.git.push","inputs":{"branch":"main"}}"#;
/// let payload = Value::parse(payload, &Limits::default())?;
/// let action = ActionFacts::read(&payload, "agent:claude-code").ok_or("no action")?;
/// assert_eq!(action_sentence(&action).to_text(), "claude-code wants to push branch “main”");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn action_sentence(action: &ActionFacts) -> Sentence {
    phrase(action, "wants to")
}

/// The same sentence for the question before a signature: «Let claude-code push branch "x"».
///
/// ```
/// use machinaut_chain::json::{Limits, Value};
/// use machinaut_chain::model::ActionFacts;
/// use machinaut_chain::sentence::action_request;
///
/// let payload = br#"{"id":"a-1","tool":"frobnicate","inputs":{"path":"/etc/hosts"}}"#;
/// let payload = Value::parse(payload, &Limits::default())?;
/// let action = ActionFacts::read(&payload, "agent:claude-code").ok_or("no action")?;
/// assert_eq!(
///     action_request(&action).to_text(),
///     "Let claude-code use the tool “frobnicate” with “/etc/hosts”"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn action_request(action: &ActionFacts) -> Sentence {
    let mut sentence = Sentence::new().ours("Let");
    sentence.0.extend(phrase(action, "").0);
    sentence
}

fn phrase(action: &ActionFacts, wants: &str) -> Sentence {
    let mut sentence = Sentence::new().actor(short_actor(&action.agent));
    let verb = Verb::of(action);
    let words = match (&verb, wants.is_empty()) {
        (Verb::Known { verb, noun }, empty) => {
            let lead = if empty {
                String::new()
            } else {
                format!("{wants} ")
            };
            match noun {
                Some(noun) => format!("{lead}{verb} {noun}"),
                None => format!("{lead}{verb}"),
            }
        }
        (Verb::Tool(_), true) => "use the tool".to_owned(),
        (Verb::Tool(_), false) => format!("{wants} use the tool"),
        (Verb::Nameless, true) => "run an action that its log does not describe".to_owned(),
        (Verb::Nameless, false) => format!("{wants} run an action that its log does not describe"),
    };
    sentence = sentence.ours(words);
    if let Verb::Tool(tool) = verb {
        sentence = sentence.said(excerpt(&tool, LONGEST_QUOTE));
        if action.object.is_some() {
            sentence = sentence.ours("with");
        }
    }
    match &action.object {
        Some(object) => sentence.said(excerpt(&object.value, LONGEST_QUOTE)),
        None => sentence,
    }
}

/// `agent:claude-code` is spoken as `claude-code`: the prefix tells a machine, not a reader.
fn short_actor(actor: &str) -> &str {
    match actor.split_once(':') {
        Some(("agent", name)) if !name.is_empty() => name,
        _ => actor,
    }
}

/// Cuts `text` to at most `longest` characters and marks the cut.
///
/// ```
/// use machinaut_chain::sentence::excerpt;
///
/// assert_eq!(excerpt("größer", 10), "größer");
/// assert_eq!(excerpt("größer", 3), "grö…");
/// ```
pub fn excerpt(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

enum Verb {
    Known {
        verb: &'static str,
        noun: Option<&'static str>,
    },
    Tool(String),
    Nameless,
}

impl Verb {
    fn of(action: &ActionFacts) -> Self {
        let Some(tool) = action.tool.as_deref().filter(|tool| !tool.is_empty()) else {
            return Self::Nameless;
        };
        let noun = action.object.as_ref().and_then(|object| noun(&object.key));
        let name = local_name(tool).to_ascii_lowercase();
        let words: Vec<&str> = name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|w| !w.is_empty())
            .collect();
        let whole_tool = tool.to_ascii_lowercase();
        let verb = VERBS
            .iter()
            .find(|(word, _)| words.contains(word))
            .map(|(_, verb)| *verb);
        match verb {
            Some("list") => Self::Known {
                verb: "list",
                noun: None,
            },
            Some("run") => Self::Known {
                verb: "run",
                noun: noun.or(Some("a command")),
            },
            Some(verb) => Self::Known { verb, noun },
            None if whole_tool.starts_with("shell.") => Self::Known {
                verb: "run",
                noun: noun.or(Some("a command")),
            },
            None => Self::Tool(tool.to_owned()),
        }
    }
}

/// `mcp.devtools.git_push` is known on its server as `git_push`.
fn local_name(tool: &str) -> &str {
    match tool
        .strip_prefix("mcp.")
        .and_then(|rest| rest.split_once('.'))
    {
        Some((_server, name)) if !name.is_empty() => name,
        _ => tool,
    }
}

/// Words of tool names that say what a tool does. The first hit wins.
const VERBS: &[(&str, &str)] = &[
    ("push", "push"),
    ("commit", "commit"),
    ("merge", "merge"),
    ("deploy", "deploy"),
    ("publish", "publish"),
    ("release", "release"),
    ("migrate", "migrate"),
    ("rotate", "rotate"),
    ("delete", "delete"),
    ("remove", "remove"),
    ("drop", "drop"),
    ("pay", "pay"),
    ("transfer", "transfer"),
    ("refund", "refund"),
    ("send", "send"),
    ("upload", "upload"),
    ("write", "write"),
    ("edit", "edit"),
    ("create", "create"),
    ("update", "update"),
    ("request", "send a request to"),
    ("fetch", "fetch"),
    ("download", "download"),
    ("read", "read"),
    ("list", "list"),
    ("search", "search for"),
    ("status", "check the status of"),
    ("install", "install"),
    ("revert", "revert"),
    ("build", "build"),
    ("tag", "tag"),
    ("run", "run"),
    ("exec", "run"),
];

fn noun(key: &str) -> Option<&'static str> {
    NOUNS
        .iter()
        .find(|(name, _)| *name == key)
        .and_then(|(_, noun)| *noun)
}

/// Inputs that name the target of an action, the most telling first, and our word for them.
pub(crate) const NOUNS: &[(&str, Option<&str>)] = &[
    ("branch", Some("branch")),
    ("path", Some("file")),
    ("file", Some("file")),
    ("file_path", Some("file")),
    ("filename", Some("file")),
    ("directory", Some("directory")),
    ("url", None),
    ("command", Some("the command")),
    ("cmd", Some("the command")),
    ("to", None),
    ("recipient", None),
    ("repo", Some("repository")),
    ("repository", Some("repository")),
    ("environment", Some("to")),
    ("env", Some("to")),
    ("target", None),
    ("migration", Some("migration")),
    ("version", Some("version")),
    ("ref", None),
    ("query", None),
    ("title", None),
    ("name", None),
    ("message", None),
];

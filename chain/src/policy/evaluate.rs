use serde::{Deserialize, Serialize};

use super::document::{Effect, Match, Policy, ResourceScope, Rule, ScopeLevel};
use crate::approval::RequiredAuthority;
use crate::model::{ActionFacts, BlastRadius, Level};

/// What a policy says about an action.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::ActionFacts;
/// use machinaut_chain::policy::{Policy, Verdict};
///
/// let policy = Policy::parse(
///     br#"{"id":"p","version":"1","rules":[{"match":{"required_level_lte":3},"effect":"allow",
///         "reason":"up to L3"}]}"#,
/// )?;
/// for (level, verdict) in [(3, Verdict::Allow), (4, Verdict::Hold), (5, Verdict::Deny)] {
///     let action = format!(r#"{{"id":"a-1","contract":{{"required_level":{level}}}}}"#);
///     let action = Value::parse(action.as_bytes(), &Default::default())?;
///     let action = ActionFacts::read(&action, "agent:a").unwrap();
///     assert_eq!(policy.evaluate(&action).verdict, verdict);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may run.
    Allow,
    /// It must not.
    Deny,
    /// It waits for a human.
    Hold,
}

/// Where a verdict comes from.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::ActionFacts;
/// use machinaut_chain::policy::{Policy, Source};
///
/// let policy = Policy::parse(
///     br#"{"id":"p","version":"1","rules":[{"match":{"tool":"fs.read"},"effect":"allow",
///         "reason":"reading"}]}"#,
/// )?;
/// let source = |tool: &str| -> Result<Source, Box<dyn std::error::Error>> {
///     let action = format!(r#"{{"id":"a-1","tool":"{tool}","contract":{{"required_level":0}}}}"#);
///     let action = Value::parse(action.as_bytes(), &Default::default())?;
///     Ok(policy.evaluate(&ActionFacts::read(&action, "agent:a").unwrap()).source)
/// };
/// assert_eq!(source("fs.read")?, Source::Rule(0));
/// assert_eq!(source("fs.write")?, Source::Default);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The trust ladder, which no rule can lift.
    Floor,
    /// This rule, counted from 0.
    Rule(usize),
    /// No rule matched.
    Default,
}

/// What a policy says about an action, and why.
///
/// ```
/// use machinaut_chain::json::Value;
/// use machinaut_chain::model::ActionFacts;
/// use machinaut_chain::policy::{Policy, Verdict};
///
/// let policy = Policy::parse(
///     br#"{"id":"p","version":"1","rules":[{"match":{"tool":"pay"},"effect":"require_approval",
///         "approval":{"required_authority":{"min_trust_baseline":0.9}},"reason":"it is money"}]}"#,
/// )?;
/// let pay = br#"{"id":"a-1","tool":"pay","contract":{"required_level":3}}"#;
/// let pay = ActionFacts::read(&Value::parse(pay, &Default::default())?, "agent:a").unwrap();
/// let evaluation = policy.evaluate(&pay);
/// assert_eq!(evaluation.verdict, Verdict::Hold);
/// assert_eq!(evaluation.reason, "it is money");
/// let authority = evaluation.required_authority.unwrap();
/// assert_eq!(authority.min_trust_baseline, Some(0.9));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The verdict.
    pub verdict: Verdict,
    /// Why: the words of the rule, or ours where none decided.
    pub reason: String,
    /// Where it comes from.
    pub source: Source,
    /// What an approver must have; there exactly for a hold.
    pub required_authority: Option<RequiredAuthority>,
}

impl Policy {
    /// What the policy says about an action, by the action's contract alone: a guard may still
    /// hold or deny what is allowed here, because of an alert or a weak belief.
    ///
    /// An action whose contract the log does not tell is denied, as one that no rule matches is.
    ///
    /// ```
    /// use machinaut_chain::json::Value;
    /// use machinaut_chain::model::ActionFacts;
    /// use machinaut_chain::policy::{Policy, Verdict};
    ///
    /// let policy = Policy::parse(
    ///     br#"{"id":"p","version":"1","rules":[
    ///         {"match":{"tool":"git.push"},"effect":"deny","reason":"a release is frozen"},
    ///         {"match":{"tool":"git.*"},"effect":"allow","reason":"git is fine here"}]}"#,
    /// )?;
    /// let action = |json: &[u8]| -> Result<ActionFacts, machinaut_chain::json::Error> {
    ///     let payload = Value::parse(json, &Default::default())?;
    ///     Ok(ActionFacts::read(&payload, "agent:a").unwrap())
    /// };
    /// let push = action(br#"{"id":"a-1","tool":"git.push","contract":{"required_level":4}}"#)?;
    /// assert_eq!(policy.evaluate(&push).reason, "a release is frozen");
    /// let commit = action(br#"{"id":"a-2","tool":"git.commit","contract":{"required_level":3}}"#)?;
    /// assert_eq!(policy.evaluate(&commit).verdict, Verdict::Allow);
    /// let untold = action(br#"{"id":"a-3","tool":"git.commit"}"#)?;
    /// assert_eq!(policy.evaluate(&untold).verdict, Verdict::Deny);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn evaluate(&self, action: &ActionFacts) -> Evaluation {
        let Some(level) = action.level else {
            return Evaluation::deny(
                Source::Default,
                "the log does not tell what the action requires",
            );
        };
        if level == Level::L5 {
            let reason = "L5 is prohibited and can never run";
            return Evaluation::deny(Source::Floor, reason);
        }
        let hit = self
            .rules
            .iter()
            .enumerate()
            .find(|(_, rule)| rule.matches.holds(action, level));
        match (hit, level) {
            (Some((place, rule)), _) if rule.effect == Effect::Deny => {
                Evaluation::deny(Source::Rule(place), &rule.reason)
            }
            (Some((place, rule)), _) if rule.effect == Effect::RequireApproval => {
                Evaluation::hold(Source::Rule(place), &rule.reason, authority_of(rule))
            }
            (Some(_), Level::L4) => Evaluation::hold(
                Source::Floor,
                "L4 (external, shared) always requires an approval; a rule that allows it cannot lift that",
                RequiredAuthority::default(),
            ),
            (None, Level::L4) => Evaluation::hold(
                Source::Floor,
                "L4 (external, shared) always requires an approval",
                RequiredAuthority::default(),
            ),
            (Some((place, rule)), _) => Evaluation {
                verdict: Verdict::Allow,
                reason: rule.reason.clone(),
                source: Source::Rule(place),
                required_authority: None,
            },
            (None, _) => Evaluation::deny(
                Source::Default,
                "no rule matches, and what no rule matches is denied",
            ),
        }
    }
}

impl Evaluation {
    fn deny(source: Source, reason: &str) -> Self {
        Self {
            verdict: Verdict::Deny,
            reason: reason.to_owned(),
            source,
            required_authority: None,
        }
    }

    fn hold(source: Source, reason: &str, authority: RequiredAuthority) -> Self {
        let required_authority = Some(authority);
        Self {
            verdict: Verdict::Hold,
            reason: reason.to_owned(),
            source,
            required_authority,
        }
    }
}

fn authority_of(rule: &Rule) -> RequiredAuthority {
    let approval = rule.approval.as_ref();
    approval
        .and_then(|approval| approval.required_authority.clone())
        .unwrap_or_default()
}

impl Match {
    fn holds(&self, action: &ActionFacts, level: Level) -> bool {
        let tool = action.tool.as_deref().unwrap_or_default();
        let tool_fits = self
            .tool
            .as_deref()
            .is_none_or(|pattern| fits(pattern, tool));
        let radius_fits = self.max_blast_radius.as_ref().is_none_or(|most| {
            action
                .blast_radius
                .as_ref()
                .is_some_and(|radius| reach(radius) <= reach(most))
        });
        let way_fits = self.reversibility.as_ref().is_none_or(|ways| {
            action
                .reversibility
                .as_ref()
                .is_some_and(|way| ways.contains(way))
        });
        let data_fits = self
            .data_sensitivity
            .as_ref()
            .is_none_or(|data| action.data_sensitivity.as_ref() == Some(data));
        let level_fits = self.required_level_lte.is_none_or(|most| level <= most);
        let scope_fits = self.scope.as_ref().is_none_or(|scope| {
            action
                .scope
                .as_ref()
                .is_some_and(|other| scope.is(&other.level, &other.identifier))
        });
        tool_fits && radius_fits && way_fits && data_fits && level_fits && scope_fits
    }
}

impl ResourceScope {
    fn is(&self, level: &str, identifier: &str) -> bool {
        let word = match self.level {
            ScopeLevel::Global => "global",
            ScopeLevel::Organization => "organization",
            ScopeLevel::User => "user",
            ScopeLevel::Project => "project",
            ScopeLevel::Repo => "repo",
            ScopeLevel::Session => "session",
        };
        word == level && self.identifier == identifier
    }
}

/// A radius that the contract does not list reaches further than any.
fn reach(radius: &BlastRadius) -> u8 {
    match radius {
        BlastRadius::Own => 0,
        BlastRadius::Session => 1,
        BlastRadius::Project => 2,
        BlastRadius::External => 3,
        BlastRadius::Other(_) => 4,
    }
}

/// Whether a name fits a pattern in which `*` stands for any characters but line breaks. Greedy
/// from the left, so its time is bounded by the product of both lengths.
fn fits(pattern: &str, name: &str) -> bool {
    if pattern == name {
        return true;
    }
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece).map(|found| rest.split_at(found)) {
            Some((skipped, after)) if !breaks_line(skipped) => {
                rest = after.strip_prefix(piece).unwrap_or_default();
            }
            _ => return false,
        }
    }
    rest.strip_suffix(last)
        .is_some_and(|skipped| !breaks_line(skipped))
}

fn breaks_line(text: &str) -> bool {
    text.contains(['\n', '\r', '\u{2028}', '\u{2029}'])
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_characters_and_a_dot_for_itself() {
        for (pattern, name, expected) in [
            ("git.*", "git.push", true),
            ("git.*", "git.", true),
            ("git.*", "gitxpush", false),
            ("*", "", true),
            ("*.push", "mcp.repo.push", true),
            ("mcp.*.push", "mcp.repo.push", true),
            ("mcp.*.push", "mcp.repo.pushed", false),
            ("a*a", "a", false),
            ("a*b*c", "abbc", true),
            ("git.push", "git.push", true),
            ("git.*", "git.a\nb", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}

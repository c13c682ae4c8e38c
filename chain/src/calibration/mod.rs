//! How well an agent's confidence fits what happened.
//!
//! A belief says how sure the agent is and in which class that sureness is measured. What happened
//! is read from two places: an action that carried out a decision resting on the belief succeeded
//! or failed, and the belief itself was later found supported or contradicted. From these samples
//! come, for each class and over all, the figures of Lodestar's `calibrate`: mean confidence,
//! accuracy, Brier score, expected calibration error and the reliability diagram.

mod metrics;
mod samples;

use serde::{Deserialize, Serialize};

pub use metrics::{Bin, Metrics};
pub use samples::Sample;

use crate::collation;
use crate::json::{Object, Value};
use crate::session::Session;
use crate::sorting;

/// How many bins the reliability diagram has.
///
/// ```
/// use machinaut_chain::calibration::{BINS, Sample, of_samples};
///
/// let sample = Sample {
///     calibration_class: "tests".to_owned(),
///     confidence: 0.95,
///     was_right: true,
///     belief_id: "b-1".to_owned(),
///     seq: 7,
/// };
/// let bin = of_samples(&[sample]).classes[0].reliability_bins[0];
/// assert_eq!((bin.lower, bin.upper), (0.9, 1.0));
/// assert_eq!(bin.lower, f64::from(BINS - 1) / f64::from(BINS), "it is the last one");
/// ```
pub const BINS: u32 = 10;
/// How many samples a class needs before it can be flagged.
///
/// ```
/// use machinaut_chain::calibration::{LEAST_SAMPLES, Sample, of_samples};
///
/// let wrong = Sample {
///     calibration_class: "tests".to_owned(),
///     confidence: 0.9,
///     was_right: false,
///     belief_id: "b-1".to_owned(),
///     seq: 7,
/// };
/// let is_flagged = |samples: usize| {
///     let calibration = of_samples(&vec![wrong.clone(); samples]);
///     calibration.classes[0].flag_reason.is_some()
/// };
/// assert!(!is_flagged(LEAST_SAMPLES - 1));
/// assert!(is_flagged(LEAST_SAMPLES));
/// ```
pub const LEAST_SAMPLES: usize = 5;
/// The expected calibration error from which on a class is flagged.
///
/// ```
/// use machinaut_chain::calibration::{ECE_THRESHOLD, GAP_THRESHOLD, Sample, of_samples};
///
/// let sample = |confidence, was_right| Sample {
///     calibration_class: "tests".to_owned(),
///     confidence,
///     was_right,
///     belief_id: "b-1".to_owned(),
///     seq: 7,
/// };
/// // Unsure where it is right and sure where it is wrong: in the mean, one hides the other.
/// let mut samples = vec![sample(0.25, true); 5];
/// samples.extend(vec![sample(0.75, false); 5]);
/// let class = &of_samples(&samples).classes[0];
/// assert!(class.metrics.calibration_gap.abs() < GAP_THRESHOLD);
/// assert!(class.metrics.ece >= ECE_THRESHOLD);
/// assert!(class.flag_reason.is_some());
/// ```
pub const ECE_THRESHOLD: f64 = 0.1;
/// The distance of confidence from accuracy from which on a class is flagged.
///
/// ```
/// use machinaut_chain::calibration::{GAP_THRESHOLD, Sample, of_samples};
///
/// let shy = Sample {
///     calibration_class: "tests".to_owned(),
///     confidence: 0.5,
///     was_right: true,
///     belief_id: "b-1".to_owned(),
///     seq: 7,
/// };
/// let class = &of_samples(&vec![shy; 5]).classes[0];
/// assert!(class.metrics.calibration_gap <= -GAP_THRESHOLD, "below accuracy counts as well");
/// assert!(class.flag_reason.as_deref().unwrap().contains("underconfident"));
/// ```
pub const GAP_THRESHOLD: f64 = 0.1;

/// The calibration of one class of beliefs.
///
/// ```
/// use machinaut_chain::calibration::{Sample, of_samples};
///
/// let sample = |confidence, was_right| Sample {
///     calibration_class: "tests".to_owned(),
///     confidence,
///     was_right,
///     belief_id: "b-1".to_owned(),
///     seq: 7,
/// };
/// let calibration = of_samples(&[sample(0.95, true), sample(0.15, false), sample(0.92, true)]);
/// let class = &calibration.classes[0];
/// let bins = class.reliability_bins.iter().map(|bin| (bin.lower, bin.n));
/// assert_eq!(bins.collect::<Vec<_>>(), [(0.1, 1), (0.9, 2)]);
/// assert_eq!(class.flag_reason, None, "three samples prove nothing");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassCalibration {
    /// The class.
    pub calibration_class: String,
    /// Its figures.
    pub metrics: Metrics,
    /// Its reliability diagram: the bins that hold samples, by rising confidence.
    pub reliability_bins: Vec<Bin>,
    /// Why it is flagged; none when it is not.
    pub flag_reason: Option<String>,
}

/// The calibration of a session, or of any set of samples.
///
/// ```
/// use machinaut_chain::calibration::{Sample, of_samples};
///
/// let sample = |class: &str| Sample {
///     calibration_class: class.to_owned(),
///     confidence: 1.0,
///     was_right: true,
///     belief_id: "b-1".to_owned(),
///     seq: 7,
/// };
/// let calibration = of_samples(&[sample("weather"), sample("tests"), sample("tests")]);
/// let classes = calibration.classes.iter();
/// let counts: Vec<_> = classes.map(|class| (&*class.calibration_class, class.metrics.n)).collect();
/// assert_eq!(counts, [("tests", 2), ("weather", 1)]);
/// assert_eq!(calibration.overall.n, calibration.sample_count);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// How many samples there are.
    pub sample_count: usize,
    /// Each class, in the order of [`collation`].
    pub classes: Vec<ClassCalibration>,
    /// The figures over all samples.
    pub overall: Metrics,
}

/// The calibration of one session, equal to Lodestar's `calibrate` with its default settings.
///
/// ```
/// use machinaut_chain::calibration::calibrate;
/// use machinaut_chain::json::Value;
/// use machinaut_chain::sample::{Contract, Learned, Log, Quality, Seen};
/// use machinaut_chain::session::Session;
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// let seen = Seen { tool: "ci", action_id: "a-0", schema: "ci@1", output: Value::from("green") };
/// let learned = Learned {
///     statement: "the tests pass",
///     predicate: ("tests", "pass", true.into()),
///     quality: Quality::ToolResult,
///     group: "ci",
///     confidence: 0.75,
/// };
/// let (_, ids) = log.observe(&seen, &[learned]);
/// let options = [("go", "release it", "low")];
/// let decision = log.decide("Release?", &options, "go", &[ids[0].1.as_str()]);
/// let inputs = Value::Null;
/// let mut action =
///     log.propose("a-1", Some(&decision), "release", "deploy", inputs, Contract::OBSERVE);
/// log.complete(&mut action);
///
/// let lines = log.lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let overall = calibrate(&session).overall;
/// assert_eq!((overall.n, overall.mean_confidence, overall.empirical_accuracy), (1, 0.75, 1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn calibrate(session: &Session) -> Calibration {
    of_samples(&samples::of(session))
}

/// The samples of one session, in the order in which they are summed. Samples of many sessions of
/// an agent, one after another, calibrate the agent.
///
/// Every action is a sample of every belief behind it. A log made to harm, whose samples would come
/// to many times its own length, is measured by the first of them.
///
/// ```
/// use machinaut_chain::calibration::samples;
/// use machinaut_chain::json::Value;
/// use machinaut_chain::sample::Log;
/// use machinaut_chain::session::Session;
/// use machinaut_chain::timestamp::Instant;
///
/// let (project, session, agent) = ("p".parse()?, "s".parse()?, "agent:a".parse()?);
/// let mut log = Log::new(project, session, agent, 0, Instant::from_millis(0));
/// let payload = |json: &str| Value::parse(json.as_bytes(), &Default::default());
/// let belief = r#"{"id":"b-1","calibration_class":"tests","confidence":0.9}"#;
/// log.event("belief.adopted", "0.1.0", payload(belief)?);
/// let moved = r#"{"belief_id":"b-1","axis":"truth_status","to_value":"contradicted"}"#;
/// log.event("firewall.belief.transitioned", "1", payload(moved)?);
///
/// let lines = log.lines();
/// let session = Session::from_log_lines(lines.split(|byte| *byte == b'\n'))?;
/// let samples = samples(&session);
/// assert_eq!((samples[0].belief_id.as_str(), samples[0].was_right), ("b-1", false));
/// assert_eq!(samples[0].seq, 1, "the event that tells what happened");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn samples(session: &Session) -> Vec<Sample> {
    samples::of(session)
}

/// The calibration of samples.
///
/// ```
/// use machinaut_chain::calibration::{Sample, of_samples};
///
/// let sample = |was_right| Sample {
///     calibration_class: "tests".to_owned(),
///     confidence: 0.75,
///     was_right,
///     belief_id: "b-1".to_owned(),
///     seq: 7,
/// };
/// // Right three times of four, and three quarters sure.
/// let overall = of_samples(&[true, true, false, true].map(sample)).overall;
/// assert_eq!((overall.calibration_gap, overall.ece), (0.0, 0.0));
/// assert_eq!(overall.brier_score, 0.1875);
/// ```
pub fn of_samples(samples: &[Sample]) -> Calibration {
    let mut order: Vec<&str> = Vec::new();
    let mut by_class: std::collections::HashMap<&str, Vec<&Sample>> =
        std::collections::HashMap::new();
    for sample in samples {
        let class = by_class.entry(&sample.calibration_class).or_default();
        if class.is_empty() {
            order.push(&sample.calibration_class);
        }
        class.push(sample);
    }
    // Stable: classes that compare equal stay in the order of their first sample.
    let order = sorting::sorted(order, |a, b| collation::compare(a, b));
    let classes = order
        .into_iter()
        .filter_map(|class| {
            let (metrics, reliability_bins) = metrics::of(by_class.get(class)?.iter().copied());
            let flag_reason = metrics.flag_reason();
            let calibration_class = class.to_owned();
            Some(ClassCalibration {
                calibration_class,
                metrics,
                reliability_bins,
                flag_reason,
            })
        })
        .collect();
    let (overall, _) = metrics::of(samples.iter());
    Calibration {
        sample_count: samples.len(),
        classes,
        overall,
    }
}

impl Calibration {
    /// The calibration of one class.
    ///
    /// ```
    /// use machinaut_chain::calibration::{Sample, of_samples};
    ///
    /// let sample = Sample {
    ///     calibration_class: "tests".to_owned(),
    ///     confidence: 0.5,
    ///     was_right: true,
    ///     belief_id: "b-1".to_owned(),
    ///     seq: 7,
    /// };
    /// let calibration = of_samples(&[sample]);
    /// assert_eq!(calibration.class("tests").map(|class| class.metrics.n), Some(1));
    /// assert_eq!(calibration.class("weather"), None);
    /// ```
    pub fn class(&self, name: &str) -> Option<&ClassCalibration> {
        self.classes
            .iter()
            .find(|class| class.calibration_class == name)
    }

    /// The report as Lodestar writes it.
    ///
    /// ```
    /// use machinaut_chain::calibration::of_samples;
    /// use machinaut_chain::json::Value;
    ///
    /// let report = of_samples(&[]).to_value();
    /// assert_eq!(report.get("sample_count").and_then(Value::as_f64), Some(0.0));
    /// assert_eq!(report.at(&["config", "ece_threshold"]).and_then(Value::as_f64), Some(0.1));
    /// ```
    pub fn to_value(&self) -> Value {
        let flagged: Vec<&str> = self
            .classes
            .iter()
            .filter(|class| class.flag_reason.is_some())
            .map(|class| class.calibration_class.as_str())
            .collect();
        let config: Object = [
            ("bins", Value::from(BINS)),
            ("min_samples", count(LEAST_SAMPLES)),
            ("ece_threshold", ECE_THRESHOLD.into()),
            ("gap_threshold", GAP_THRESHOLD.into()),
            (
                "outcome_sources",
                vec!["action_outcome", "truth_status"].into(),
            ),
            ("include_synthetic_authority", false.into()),
        ]
        .into_iter()
        .collect();
        let report: Object = [
            ("sample_count", count(self.sample_count)),
            (
                "classes",
                self.classes
                    .iter()
                    .map(ClassCalibration::to_value)
                    .collect::<Vec<_>>()
                    .into(),
            ),
            ("overall", self.overall.to_value()),
            ("flagged_classes", flagged.into()),
            ("config", config.into()),
        ]
        .into_iter()
        .collect();
        report.into()
    }
}

impl ClassCalibration {
    fn to_value(&self) -> Value {
        let class: Object = [
            (
                "calibration_class",
                Value::from(self.calibration_class.as_str()),
            ),
            ("metrics", self.metrics.to_value()),
            (
                "reliability_bins",
                self.reliability_bins
                    .iter()
                    .copied()
                    .map(Bin::to_value)
                    .collect::<Vec<_>>()
                    .into(),
            ),
            ("flagged", self.flag_reason.is_some().into()),
            (
                "flag_reason",
                self.flag_reason.as_deref().map_or(Value::Null, Value::from),
            ),
        ]
        .into_iter()
        .collect();
        class.into()
    }
}

/// A count as a JSON number. Counts of samples are far below 2^32.
fn count(count: usize) -> Value {
    Value::from(u32::try_from(count).unwrap_or(u32::MAX))
}

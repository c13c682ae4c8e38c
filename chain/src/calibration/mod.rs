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
pub const BINS: u32 = 10;
/// How many samples a class needs before it can be flagged.
pub const LEAST_SAMPLES: usize = 5;
/// The expected calibration error from which on a class is flagged.
pub const ECE_THRESHOLD: f64 = 0.1;
/// The distance of confidence from accuracy from which on a class is flagged.
pub const GAP_THRESHOLD: f64 = 0.1;

/// The calibration of one class of beliefs.
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
pub fn calibrate(session: &Session) -> Calibration {
    of_samples(&samples::of(session))
}

/// The samples of one session, in the order in which they are summed. Samples of many sessions of
/// an agent, one after another, calibrate the agent.
///
/// Every action is a sample of every belief behind it. A log made to harm, whose samples would come
/// to many times its own length, is measured by the first of them.
pub fn samples(session: &Session) -> Vec<Sample> {
    samples::of(session)
}

/// The calibration of samples.
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
    pub fn class(&self, name: &str) -> Option<&ClassCalibration> {
        self.classes
            .iter()
            .find(|class| class.calibration_class == name)
    }

    /// The report as Lodestar writes it.
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

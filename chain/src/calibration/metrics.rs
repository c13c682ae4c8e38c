use serde::{Deserialize, Serialize};

use super::{BINS, ECE_THRESHOLD, GAP_THRESHOLD, LEAST_SAMPLES, Sample, count};
use crate::json::{Object, Value, thousandths};

/// The figures of a set of samples.
///
/// ```
/// use machinaut_chain::calibration::{Sample, of_samples};
///
/// let sure_and_wrong = Sample {
///     calibration_class: "tests".to_owned(),
///     confidence: 1.0,
///     was_right: false,
///     belief_id: "b-1".to_owned(),
///     seq: 7,
/// };
/// let metrics = of_samples(&[sure_and_wrong]).overall;
/// assert_eq!((metrics.brier_score, metrics.calibration_gap), (1.0, 1.0), "the worst there is");
/// assert!(metrics.overconfident);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Metrics {
    /// How many samples.
    pub n: usize,
    /// How sure the agent was, on average.
    pub mean_confidence: f64,
    /// How often it was right, from 0 to 1.
    pub empirical_accuracy: f64,
    /// The mean square of the distance between confidence and what happened: 0 is best.
    pub brier_score: f64,
    /// The mean distance between confidence and accuracy, bin by bin: 0 is best.
    pub ece: f64,
    /// Confidence less accuracy: above 0 the agent is surer than it is right.
    pub calibration_gap: f64,
    /// Whether it is surer than it is right.
    pub overconfident: bool,
}

/// One bin of a reliability diagram.
///
/// ```
/// use machinaut_chain::calibration::{Sample, of_samples};
///
/// let sample = |was_right| Sample {
///     calibration_class: "tests".to_owned(),
///     confidence: 0.5,
///     was_right,
///     belief_id: "b-1".to_owned(),
///     seq: 7,
/// };
/// let class = &of_samples(&[sample(true), sample(false)]).classes[0];
/// let bin = class.reliability_bins[0];
/// // A confidence on the boundary belongs to the bin that begins there.
/// assert_eq!((bin.lower, bin.upper, bin.n), (0.5, 0.6, 2));
/// assert_eq!(bin.mean_confidence, bin.empirical_accuracy);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// The confidence at which it begins.
    pub lower: f64,
    /// The confidence at which it ends; belongs to the next bin, except at 1.
    pub upper: f64,
    /// How many samples.
    pub n: usize,
    /// How sure the agent was, on average.
    pub mean_confidence: f64,
    /// How often it was right, from 0 to 1.
    pub empirical_accuracy: f64,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    count: u32,
    confidence: f64,
    right: f64,
}

impl Sum {
    fn add(&mut self, confidence: f64, right: f64) {
        self.count += 1;
        self.confidence += confidence;
        self.right += right;
    }
}

/// The figures of samples and their reliability diagram. The order of the sums is Lodestar's, so
/// that the figures are equal to the last bit.
pub(super) fn of<'a>(samples: impl Iterator<Item = &'a Sample>) -> (Metrics, Vec<Bin>) {
    let mut all = Sum::default();
    let mut squares = 0.0;
    let bounds: Vec<f64> = (1..BINS).map(f64::from).collect();
    let mut bins = vec![Sum::default(); bounds.len() + 1];
    for sample in samples {
        let right = if sample.was_right { 1.0 } else { 0.0 };
        all.add(sample.confidence, right);
        let distance = sample.confidence - right;
        squares += distance * distance;
        let scaled = sample.confidence * f64::from(BINS);
        let place = bounds.partition_point(|bound| *bound <= scaled);
        if let Some(bin) = bins.get_mut(place) {
            bin.add(sample.confidence, right);
        }
    }
    if all.count == 0 {
        return (Metrics::default(), Vec::new());
    }
    let n = f64::from(all.count);
    let mut distance = 0.0;
    let mut diagram = Vec::new();
    for (place, bin) in (0..BINS).zip(bins).filter(|(_, bin)| bin.count > 0) {
        distance += (bin.confidence - bin.right).abs();
        diagram.push(Bin {
            lower: f64::from(place) / f64::from(BINS),
            upper: f64::from(place + 1) / f64::from(BINS),
            n: whole(bin.count),
            mean_confidence: bin.confidence / f64::from(bin.count),
            empirical_accuracy: bin.right / f64::from(bin.count),
        });
    }
    let mean_confidence = all.confidence / n;
    let empirical_accuracy = all.right / n;
    let calibration_gap = mean_confidence - empirical_accuracy;
    let metrics = Metrics {
        n: whole(all.count),
        mean_confidence,
        empirical_accuracy,
        brier_score: squares / n,
        ece: distance / n,
        calibration_gap,
        overconfident: calibration_gap > 0.0,
    };
    (metrics, diagram)
}

fn whole(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

impl Metrics {
    /// Why a class with these figures is flagged, in Lodestar's words; none when it is not.
    pub(super) fn flag_reason(&self) -> Option<String> {
        let off = self.ece >= ECE_THRESHOLD || self.calibration_gap.abs() >= GAP_THRESHOLD;
        if self.n < LEAST_SAMPLES || !off {
            return None;
        }
        let which = if self.overconfident {
            "overconfident"
        } else {
            "underconfident"
        };
        let [mean, accuracy, gap, ece] = [
            self.mean_confidence,
            self.empirical_accuracy,
            self.calibration_gap,
            self.ece,
        ]
        .map(thousandths);
        Some(format!(
            "{which}: mean confidence {mean} vs accuracy {accuracy} (gap {gap}, ECE {ece}) over {} samples",
            self.n
        ))
    }

    pub(super) fn to_value(self) -> Value {
        let metrics: Object = [
            ("n", count(self.n)),
            ("mean_confidence", self.mean_confidence.into()),
            ("empirical_accuracy", self.empirical_accuracy.into()),
            ("brier_score", self.brier_score.into()),
            ("ece", self.ece.into()),
            ("calibration_gap", self.calibration_gap.into()),
            ("overconfident", self.overconfident.into()),
        ]
        .into_iter()
        .collect();
        metrics.into()
    }
}

impl Bin {
    pub(super) fn to_value(self) -> Value {
        let bin: Object = [
            ("lower", Value::from(self.lower)),
            ("upper", self.upper.into()),
            ("n", count(self.n)),
            ("mean_confidence", self.mean_confidence.into()),
            ("empirical_accuracy", self.empirical_accuracy.into()),
        ]
        .into_iter()
        .collect();
        bin.into()
    }
}

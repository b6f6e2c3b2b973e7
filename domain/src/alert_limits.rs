//! When an observation is dangerous: the default alert limits, one table.
//!
//! Sources: severe hypertension, systolic above 180 or diastolic above 120 mmHg (ACC/AHA 2017);
//! glucose below 54 and below 70 mg/dL, levels 2 and 1 of hypoglycaemia, and above 250 mg/dL
//! (ADA Standards of Care); pulse, respiration, saturation and temperature at the bounds to which
//! NEWS2 (Royal College of Physicians, 2017) gives 3 points, or 2 where marked as lower severity.

use serde::{Deserialize, Serialize};

use crate::field_error::FieldError;
use crate::measurement::Measurement;
use crate::vital::{ObservationKind, Unit};

/// How urgently a clinician is needed. Ordered: a later one is more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look today.
    Watch,
    /// Needs an answer within the hour.
    High,
    /// Needs somebody now.
    Critical,
}

impl Severity {
    /// The word for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Watch => "Watch",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }

    /// Whether it must get through at once even while other requests are turned away: whatever
    /// needs an answer within the hour. A tripped breaker may stay so for long.
    #[must_use]
    pub fn cannot_wait(self) -> bool {
        self >= Self::High
    }
}

/// Where a limit lies. Whether the number itself counts is part of the type, never of a comment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// The number and everything below it.
    AtOrBelow(f64),
    /// Everything below the number, not the number.
    Below(f64),
    /// The number and everything above it.
    AtOrAbove(f64),
    /// Everything above the number, not the number.
    Above(f64),
}

impl Bound {
    /// Whether `value` is on the dangerous side.
    #[must_use]
    pub fn is_crossed_by(self, value: f64) -> bool {
        match self {
            Self::AtOrBelow(limit) => value <= limit,
            Self::Below(limit) => value < limit,
            Self::AtOrAbove(limit) => value >= limit,
            Self::Above(limit) => value > limit,
        }
    }

    fn in_words(self) -> String {
        match self {
            Self::AtOrBelow(limit) => format!("at or below {limit}"),
            Self::Below(limit) => format!("below {limit}"),
            Self::AtOrAbove(limit) => format!("at or above {limit}"),
            Self::Above(limit) => format!("above {limit}"),
        }
    }
}

/// One limit of one number in one unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlertLimit {
    /// The rule's stable name, part of the alert's identity. Limits that belong to one finding
    /// share it, so that one observation raises one alert for it.
    pub rule: &'static str,
    /// The kind it judges.
    pub kind: ObservationKind,
    /// The number of the kind it judges: `value`, `systolic` or `diastolic`.
    pub field: &'static str,
    /// The unit in which the bound is written.
    pub unit: Unit,
    /// Where danger begins.
    pub bound: Bound,
    /// How urgent it is.
    pub severity: Severity,
}

const fn limit(
    rule: &'static str,
    kind: ObservationKind,
    field: &'static str,
    unit: Unit,
    bound: Bound,
    severity: Severity,
) -> AlertLimit {
    AlertLimit { rule, kind, field, unit, bound, severity }
}

/// The default limits. The symptom score is judged by [`AlertPolicy::symptom_score_above`].
pub const DEFAULT_LIMITS: &[AlertLimit] = {
    use Bound::{Above, AtOrAbove, AtOrBelow, Below};
    use ObservationKind::{
        BloodPressure, Glucose, HeartRate, OxygenSaturation, RespiratoryRate, Temperature,
    };
    use Severity::{Critical, High, Watch};
    use Unit::{Celsius, MgPerDl, MmHg, MmolPerL, PerMinute, Percent};
    &[
        limit("severe-hypertension", BloodPressure, "systolic", MmHg, Above(180.0), Critical),
        limit("severe-hypertension", BloodPressure, "diastolic", MmHg, Above(120.0), Critical),
        limit("heart-rate-low", HeartRate, "value", PerMinute, AtOrBelow(40.0), Critical),
        limit("heart-rate-high", HeartRate, "value", PerMinute, AtOrAbove(131.0), Critical),
        limit("respiration-low", RespiratoryRate, "value", PerMinute, AtOrBelow(8.0), Critical),
        limit("respiration-high", RespiratoryRate, "value", PerMinute, AtOrAbove(25.0), Critical),
        limit("saturation-critical", OxygenSaturation, "value", Percent, AtOrBelow(91.0), Critical),
        limit("saturation-low", OxygenSaturation, "value", Percent, AtOrBelow(93.0), Watch),
        limit("temperature-low", Temperature, "value", Celsius, AtOrBelow(35.0), High),
        limit("temperature-high", Temperature, "value", Celsius, AtOrAbove(39.1), High),
        limit("glucose-critical", Glucose, "value", MgPerDl, Below(54.0), Critical),
        limit("glucose-critical", Glucose, "value", MmolPerL, Below(3.0), Critical),
        limit("glucose-low", Glucose, "value", MgPerDl, Below(70.0), High),
        limit("glucose-low", Glucose, "value", MmolPerL, Below(3.9), High),
        limit("glucose-high", Glucose, "value", MgPerDl, Above(250.0), High),
        limit("glucose-high", Glucose, "value", MmolPerL, Above(13.9), High),
    ]
};

/// The rule name of the symptom score.
pub const SYMPTOM_SCORE_RULE: &str = "symptom-score-high";

/// What counts as dangerous here: the default limits with what configuration sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertPolicy {
    /// A symptom score above this raises an alert; 7 unless configured.
    pub symptom_score_above: u8,
}

impl Default for AlertPolicy {
    fn default() -> Self {
        Self { symptom_score_above: 7 }
    }
}

/// Why an observation is dangerous.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's stable name.
    pub rule: &'static str,
    /// How urgent it is.
    pub severity: Severity,
    /// The reason in plain words, for the clinician.
    pub message: String,
}

impl AlertPolicy {
    /// The most urgent reason why `measurement` is dangerous, if it is. One observation raises at
    /// most one alert: saturation at 90 % is critical, not critical and low.
    #[must_use]
    pub fn assess(&self, measurement: &Measurement) -> Option<Finding> {
        if let Measurement::SymptomScore(score) = *measurement {
            let threshold = self.symptom_score_above;
            return (score > threshold).then(|| Finding {
                rule: SYMPTOM_SCORE_RULE,
                severity: Severity::High,
                message: format!("Score above threshold ({threshold})"),
            });
        }
        // `rev`, because `max_by_key` keeps the last of equals and the table's first should win.
        let worst = DEFAULT_LIMITS
            .iter()
            .rev()
            .filter(|limit| {
                number_for(measurement, limit).is_some_and(|value| limit.bound.is_crossed_by(value))
            })
            .max_by_key(|limit| limit.severity)?;
        let label = match worst.field {
            "value" => worst.kind.label().to_owned(),
            field => format!("{}, {field}", worst.kind.label()),
        };
        let value = number_for(measurement, worst)?;
        let message =
            format!("{label} {value} {} is {}", worst.unit.for_people(), worst.bound.in_words());
        Some(Finding { rule: worst.rule, severity: worst.severity, message })
    }

    /// Whether somebody who enters `measurement` by hand is asked if it is right before it goes: it is
    /// dangerous, and not what they have `seen`, in words, when they were asked. It is never refused.
    #[must_use]
    pub fn needs_second_look(&self, measurement: &Measurement, seen: &str) -> bool {
        self.assess(measurement).is_some() && measurement.to_string() != seen
    }
}

/// The field of what somebody has seen when they were asked whether a dangerous value is right.
pub const SEEN_FIELD: &str = "seen";

/// Asks whether a dangerous value is right.
#[must_use]
pub fn ask_again() -> FieldError {
    let message = "This value is unusual. If it is right, send it again.";
    FieldError::new(SEEN_FIELD, "unconfirmed", message)
}

/// The number of `measurement` that `limit` judges, if it judges any.
fn number_for(measurement: &Measurement, limit: &AlertLimit) -> Option<f64> {
    match *measurement {
        Measurement::Single { kind, value, unit } if kind == limit.kind && unit == limit.unit => {
            Some(value)
        }
        Measurement::BloodPressure { systolic, diastolic, unit }
            if limit.kind == ObservationKind::BloodPressure && unit == limit.unit =>
        {
            Some(if limit.field == "systolic" { systolic } else { diastolic })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn single(kind: ObservationKind, value: f64, unit: Unit) -> Measurement {
        Measurement::Single { kind, value, unit }
    }

    fn rule_for(measurement: &Measurement) -> Option<(&'static str, Severity)> {
        AlertPolicy::default().assess(measurement).map(|f| (f.rule, f.severity))
    }

    #[test]
    fn alerts_on_scores_8_to_10_and_on_no_other() {
        for score in 1..=10 {
            let finding = AlertPolicy::default().assess(&Measurement::SymptomScore(score));
            assert_eq!(finding.is_some(), score > 7, "{score}");
        }
    }

    #[test]
    fn a_dangerous_value_is_looked_at_again_unless_it_was_just_this_one() {
        let policy = AlertPolicy::default();
        let asks =
            |score, seen: &str| policy.needs_second_look(&Measurement::SymptomScore(score), seen);
        assert!(!asks(7, ""));
        assert!(asks(9, "") && asks(9, "8 of 10"));
        assert!(!asks(9, "9 of 10"));
    }

    #[test]
    fn what_needs_an_answer_within_the_hour_cannot_wait() {
        assert!(Severity::Critical.cannot_wait() && Severity::High.cannot_wait());
        assert!(!Severity::Watch.cannot_wait());
    }

    #[test]
    fn the_score_message_is_the_published_one() {
        let finding = AlertPolicy::default().assess(&Measurement::SymptomScore(9));
        assert_eq!(finding.map(|f| f.message).as_deref(), Some("Score above threshold (7)"));
    }

    /// Each bound from `clinical` sources, with the last safe and the first dangerous value.
    #[test]
    fn every_limit_begins_exactly_where_its_source_says() {
        use ObservationKind::*;
        use Severity::*;
        use Unit::*;
        let cases: &[(ObservationKind, Unit, f64, f64, &str, Severity)] = &[
            (HeartRate, PerMinute, 41.0, 40.0, "heart-rate-low", Critical),
            (HeartRate, PerMinute, 130.0, 131.0, "heart-rate-high", Critical),
            (RespiratoryRate, PerMinute, 9.0, 8.0, "respiration-low", Critical),
            (RespiratoryRate, PerMinute, 24.0, 25.0, "respiration-high", Critical),
            (OxygenSaturation, Percent, 94.0, 93.0, "saturation-low", Watch),
            (Temperature, Celsius, 35.1, 35.0, "temperature-low", High),
            (Temperature, Celsius, 39.0, 39.1, "temperature-high", High),
            (Glucose, MgPerDl, 70.0, 69.0, "glucose-low", High),
            (Glucose, MgPerDl, 250.0, 251.0, "glucose-high", High),
            (Glucose, MmolPerL, 3.9, 3.8, "glucose-low", High),
            (Glucose, MmolPerL, 13.9, 14.0, "glucose-high", High),
        ];
        for &(kind, unit, safe, danger, rule, severity) in cases {
            assert_eq!(rule_for(&single(kind, safe, unit)), None, "{kind:?} {safe}");
            assert_eq!(rule_for(&single(kind, danger, unit)), Some((rule, severity)), "{danger}");
        }
        let saturation = |value| rule_for(&single(OxygenSaturation, value, Percent));
        assert_eq!(saturation(92.0), Some(("saturation-low", Watch)));
        assert_eq!(saturation(91.0), Some(("saturation-critical", Critical)));
        let glucose = |value| rule_for(&single(Glucose, value, MgPerDl));
        assert_eq!(glucose(54.0), Some(("glucose-low", High)));
        assert_eq!(glucose(53.0), Some(("glucose-critical", Critical)));
    }

    #[test]
    fn either_number_of_a_severe_blood_pressure_alerts_once() {
        let pressure = |systolic, diastolic| {
            rule_for(&Measurement::BloodPressure { systolic, diastolic, unit: Unit::MmHg })
        };
        assert_eq!(pressure(180.0, 120.0), None);
        for (systolic, diastolic) in [(181.0, 90.0), (150.0, 121.0), (220.0, 130.0)] {
            assert_eq!(
                pressure(systolic, diastolic),
                Some(("severe-hypertension", Severity::Critical))
            );
        }
    }

    #[test]
    fn says_in_plain_words_why() {
        let finding = AlertPolicy::default().assess(&single(
            ObservationKind::OxygenSaturation,
            89.0,
            Unit::Percent,
        ));
        assert_eq!(
            finding.map(|f| f.message).as_deref(),
            Some("Oxygen saturation 89 % is at or below 91")
        );
    }

    proptest! {
        #[test]
        fn a_worse_value_is_never_less_urgent(value in 30.0_f64..100.0, drop in 0.0_f64..30.0) {
            let severity = |v| rule_for(&single(ObservationKind::OxygenSaturation, v, Unit::Percent));
            prop_assert!(severity(value - drop).map(|r| r.1) >= severity(value).map(|r| r.1));
        }
    }
}

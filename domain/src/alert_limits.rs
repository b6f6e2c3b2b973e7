//! When an observation is dangerous: the default alert limits, one table.
//!
//! Sources: NEWS2 (Royal College of Physicians, 2017) for pulse, respiration, saturation, systolic
//! pressure and temperature: what it gives 3 points is critical, 2 points are high. Each difference
//! has its reason beside it, and `tests/news2.rs` holds the table against the chart. Severe
//! hypertension, systolic above 180 or diastolic above 120 mmHg (ACC/AHA 2017); glucose below 54 and
//! below 70 mg/dL, levels 2 and 1 of hypoglycaemia, and above 250 mg/dL (ADA Standards of Care).
//!
//! One point alone raises nothing: NEWS2 gives it to a pulse of 91 or a saturation of 95 %, which
//! many people have every day, and answers it with a nurse's look, not with haste. Such values stand
//! on the patient's page.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::decimal::{rounded, tenths, whole};
use crate::field_error::FieldError;
use crate::measurement::Measurement;
use crate::vital::{GLUCOSE_MG_PER_DL_IN_MMOL_PER_L, ObservationKind, Unit};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The number and everything below it.
    AtOrBelow(Decimal),
    /// Everything below the number, not the number.
    Below(Decimal),
    /// The number and everything above it.
    AtOrAbove(Decimal),
    /// Everything above the number, not the number.
    Above(Decimal),
}

impl Bound {
    /// Whether `value` is on the dangerous side.
    #[must_use]
    pub fn is_crossed_by(self, value: Decimal) -> bool {
        match self {
            Self::AtOrBelow(limit) => value <= limit,
            Self::Below(limit) => value < limit,
            Self::AtOrAbove(limit) => value >= limit,
            Self::Above(limit) => value > limit,
        }
    }

    /// The same place, where its number is `change`d.
    fn map(self, change: impl Fn(Decimal) -> Decimal) -> Self {
        match self {
            Self::AtOrBelow(limit) => Self::AtOrBelow(change(limit)),
            Self::Below(limit) => Self::Below(change(limit)),
            Self::AtOrAbove(limit) => Self::AtOrAbove(change(limit)),
            Self::Above(limit) => Self::Above(change(limit)),
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

/// One limit of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertLimit {
    /// The rule's stable name, part of the alert's identity. Limits that belong to one finding
    /// share it, so that one observation raises one alert for it.
    pub rule: &'static str,
    /// The kind it judges.
    pub kind: ObservationKind,
    /// The number of the kind it judges: `value`, `systolic` or `diastolic`.
    pub field: &'static str,
    /// The unit in which the bound is written; the kind's other unit is converted to it.
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

const fn at_or_below(number: u32) -> Bound {
    Bound::AtOrBelow(whole(number))
}

const fn below(number: u32) -> Bound {
    Bound::Below(whole(number))
}

const fn at_or_above(number: u32) -> Bound {
    Bound::AtOrAbove(whole(number))
}

const fn above(number: u32) -> Bound {
    Bound::Above(whole(number))
}

/// The default limits. The symptom score is judged by [`AlertPolicy::symptom_score_above`].
pub const DEFAULT_LIMITS: &[AlertLimit] = {
    use ObservationKind::{
        BloodPressure, Glucose, HeartRate, OxygenSaturation, RespiratoryRate, Temperature,
    };
    use Severity::{Critical, High, Watch};
    use Unit::{Celsius, MgPerDl, MmHg, PerMinute, Percent};
    &[
        // NEWS2 begins at 220; ACC/AHA call it severe from 181 on, and want it answered today.
        limit("severe-hypertension", BloodPressure, "systolic", MmHg, above(180), Critical),
        limit("severe-hypertension", BloodPressure, "diastolic", MmHg, above(120), Critical),
        limit("hypotension", BloodPressure, "systolic", MmHg, at_or_below(90), Critical),
        limit("low-blood-pressure", BloodPressure, "systolic", MmHg, at_or_below(100), High),
        limit("heart-rate-low", HeartRate, "value", PerMinute, at_or_below(40), Critical),
        limit("heart-rate-high", HeartRate, "value", PerMinute, at_or_above(131), Critical),
        limit("heart-rate-raised", HeartRate, "value", PerMinute, at_or_above(111), High),
        limit("respiration-low", RespiratoryRate, "value", PerMinute, at_or_below(8), Critical),
        limit("respiration-high", RespiratoryRate, "value", PerMinute, at_or_above(25), Critical),
        limit("respiration-raised", RespiratoryRate, "value", PerMinute, at_or_above(21), High),
        limit("saturation-critical", OxygenSaturation, "value", Percent, at_or_below(91), Critical),
        // Two points, and yet only watched: for people whose target is 88 to 92 % (NEWS2's second
        // scale), which nobody has told us, these are their good days.
        limit("saturation-low", OxygenSaturation, "value", Percent, at_or_below(93), Watch),
        limit("temperature-low", Temperature, "value", Celsius, at_or_below(35), Critical),
        limit(
            "temperature-high",
            Temperature,
            "value",
            Celsius,
            Bound::AtOrAbove(tenths(391)),
            High,
        ),
        limit("glucose-critical", Glucose, "value", MgPerDl, below(54), Critical),
        limit("glucose-low", Glucose, "value", MgPerDl, below(70), High),
        limit("glucose-high", Glucose, "value", MgPerDl, above(250), High),
    ]
};

/// The rule name of the symptom score.
pub const SYMPTOM_SCORE_RULE: &str = "symptom-score-high";

/// Unless a clinic says otherwise, a symptom score above this raises an alert.
pub const SYMPTOM_SCORE_ABOVE: u8 = 7;

/// What counts as dangerous in a clinic. There is no default: whoever judges has to have been told
/// the clinic's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertPolicy {
    /// A symptom score above this raises an alert.
    pub symptom_score_above: u8,
}

/// Why an observation is dangerous.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's stable name.
    pub rule: &'static str,
    /// How urgent it is.
    pub severity: Severity,
    /// The reason in plain words, for the clinician. It names the limit; the value stands beside it.
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
                judged(measurement, limit).is_some_and(|value| limit.bound.is_crossed_by(value))
            })
            .max_by_key(|limit| limit.severity)?;
        let message = words(measurement, worst)?;
        Some(Finding { rule: worst.rule, severity: worst.severity, message })
    }

    /// Whether somebody who enters `measurement` by hand is asked if it is right before it goes: it is
    /// dangerous, and not what they have `seen`, in words, when they were asked. It is never refused.
    #[must_use]
    pub fn needs_second_look(&self, measurement: &Measurement, seen: &str) -> bool {
        self.assess(measurement).is_some() && measurement.to_string() != seen
    }
}

/// The rules that may judge a measurement of this kind, each once.
pub fn rules_for(kind: ObservationKind) -> impl Iterator<Item = &'static str> {
    let mut rules: Vec<&'static str> =
        DEFAULT_LIMITS.iter().filter(|limit| limit.kind == kind).map(|limit| limit.rule).collect();
    if kind == ObservationKind::SymptomScore {
        rules.push(SYMPTOM_SCORE_RULE);
    }
    rules.dedup();
    rules.into_iter()
}

/// The field of what somebody has seen when they were asked whether a dangerous value is right.
pub const SEEN_FIELD: &str = "seen";

/// Asks whether a dangerous value is right.
#[must_use]
pub fn ask_again() -> FieldError {
    let message = "This value is unusual. If it is right, send it again.";
    FieldError::new(SEEN_FIELD, "unconfirmed", message)
}

/// The number of `measurement` that `limit` judges, if it judges any: in the limit's unit, and as
/// exactly as people read it there, which is what the sources' tables are written in. So a value that
/// a device has converted is judged as the value it was converted from.
fn judged(measurement: &Measurement, limit: &AlertLimit) -> Option<Decimal> {
    let (kind, unit) = (measurement.kind(), measurement.unit()?);
    if kind != limit.kind {
        return None;
    }
    let (_, sent) = measurement.numbers().find(|(field, _)| *field == limit.field)?;
    let number = match (unit, limit.unit) {
        (Unit::MmolPerL, Unit::MgPerDl) => sent.checked_mul(GLUCOSE_MG_PER_DL_IN_MMOL_PER_L)?,
        (unit, other) if unit == other => sent,
        _ => return None,
    };
    Some(rounded(number, kind.decimals(limit.unit)))
}

/// Which limit is crossed, in the unit in which it was measured.
fn words(measurement: &Measurement, limit: &AlertLimit) -> Option<String> {
    let label = match limit.field {
        "value" => limit.kind.label().to_owned(),
        field => format!("{}, {field}", limit.kind.label()),
    };
    let unit = measurement.unit()?;
    let (_, sent) = measurement.numbers().find(|(field, _)| *field == limit.field)?;
    let bound = limit.bound.map(|number| match unit {
        Unit::MmolPerL => rounded(number / GLUCOSE_MG_PER_DL_IN_MMOL_PER_L, 1),
        _ => number,
    });
    // What is just beyond a limit may be shown as the limit itself: then the digits say it.
    let shown = rounded(sent, limit.kind.decimals(unit));
    let exactly = if bound.is_crossed_by(shown) { String::new() } else { format!(" ({sent})") };
    Some(format!("{label} {} {}{exactly}", bound.in_words(), unit.for_people()))
}

#[cfg(test)]
mod tests;

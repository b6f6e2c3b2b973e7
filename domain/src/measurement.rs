//! What was measured: parsed once at the edge, valid from then on.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::field_error::FieldError;
pub use crate::raw_number::RawNumber;
use crate::vital::{Component, ObservationKind, SCORE_MAX, SCORE_MIN, Unit};

/// A measured thing. [`Measurement::parse`] makes one from outside input and checks it; decoding
/// a stored one checks its shape alone, because what was plausible once stays recorded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Wire", try_from = "Wire")]
pub enum Measurement {
    /// How bad the symptoms feel, 1 to 10.
    SymptomScore(u8),
    /// Arterial pressure.
    BloodPressure {
        /// The upper number.
        systolic: f64,
        /// The lower number.
        diastolic: f64,
        /// The unit of both.
        unit: Unit,
    },
    /// Any kind that is a single number with a unit.
    Single {
        /// Which kind; neither the symptom score nor the blood pressure.
        kind: ObservationKind,
        /// The number.
        value: f64,
        /// Its unit.
        unit: Unit,
    },
}

/// A measurement from outside, field by field as on the wire.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawMeasurement {
    /// `kind`; may be left out beside `score`.
    pub kind: Option<String>,
    /// `score`, of a symptom score.
    pub score: RawNumber,
    /// `value`, of a kind that is a single number.
    pub value: RawNumber,
    /// `systolic`, of a blood pressure.
    pub systolic: RawNumber,
    /// `diastolic`, of a blood pressure.
    pub diastolic: RawNumber,
    /// `unit`, a UCUM code.
    pub unit: Option<String>,
}

impl RawMeasurement {
    fn number(&self, field: &str) -> RawNumber {
        match field {
            "systolic" => self.systolic,
            "diastolic" => self.diastolic,
            _ => self.value,
        }
    }

    /// The fields that are filled in although `kind` has no such field.
    fn strangers(&self, kind: ObservationKind) -> Vec<FieldError> {
        let own: Vec<&str> = kind.components().iter().map(|c| c.field).collect();
        let is_score = kind == ObservationKind::SymptomScore;
        [
            ("score", self.score != RawNumber::Absent && !is_score),
            ("value", self.value != RawNumber::Absent && !own.contains(&"value")),
            ("systolic", self.systolic != RawNumber::Absent && !own.contains(&"systolic")),
            ("diastolic", self.diastolic != RawNumber::Absent && !own.contains(&"diastolic")),
            ("unit", self.unit.is_some() && is_score),
        ]
        .into_iter()
        .filter(|(_, stray)| *stray)
        .map(|(field, _)| {
            let message = format!("{} has no field `{field}`: leave it out.", kind.wire_name());
            FieldError::new(field, "unknown", message)
        })
        .collect()
    }
}

impl Measurement {
    /// Checks what came from outside.
    ///
    /// # Errors
    /// Every fault found, each naming field, bound and fix. A critical value that is plausible is
    /// no fault.
    pub fn parse(raw: &RawMeasurement) -> Result<Self, Vec<FieldError>> {
        let kind = parse_kind(raw).map_err(|fault| vec![fault])?;
        let mut faults = raw.strangers(kind);
        if kind == ObservationKind::SymptomScore {
            let score = parse_score(raw.score).map_err(|fault| faults.push(fault));
            return match score {
                Ok(score) if faults.is_empty() => Ok(Self::SymptomScore(score)),
                _ => Err(faults),
            };
        }
        let unit = parse_unit(kind, raw.unit.as_deref()).map_err(|fault| faults.push(fault)).ok();
        let numbers: Vec<f64> = kind
            .components()
            .iter()
            .filter_map(|component| {
                parse_number(component, raw.number(component.field), unit?)
                    .map_err(|fault| faults.push(fault))
                    .ok()
            })
            .collect();
        match (unit, numbers.as_slice()) {
            (Some(unit), &[value]) if faults.is_empty() => Ok(Self::Single { kind, value, unit }),
            (Some(unit), &[systolic, diastolic]) if faults.is_empty() => {
                if diastolic < systolic {
                    return Ok(Self::BloodPressure { systolic, diastolic, unit });
                }
                let message = "The lower number (diastolic) must be below the upper number \
                               (systolic): check which is which.";
                Err(vec![FieldError::new("diastolic", "out_of_range", message)])
            }
            _ => Err(faults),
        }
    }

    /// The kind of what was measured.
    #[must_use]
    pub fn kind(&self) -> ObservationKind {
        match self {
            Self::SymptomScore(_) => ObservationKind::SymptomScore,
            Self::BloodPressure { .. } => ObservationKind::BloodPressure,
            Self::Single { kind, .. } => *kind,
        }
    }
}

/// The value as people read it: `9 of 10`, `120/80 mmHg`, `37.2 °C`.
impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SymptomScore(score) => write!(f, "{score} of {SCORE_MAX}"),
            Self::BloodPressure { systolic, diastolic, unit } => {
                write!(f, "{systolic}/{diastolic} {}", unit.for_people())
            }
            Self::Single { value, unit, .. } => write!(f, "{value} {}", unit.for_people()),
        }
    }
}

fn parse_kind(raw: &RawMeasurement) -> Result<ObservationKind, FieldError> {
    let known = || {
        let names: Vec<&str> = ObservationKind::ALL.iter().map(|kind| kind.wire_name()).collect();
        names.join(", ")
    };
    match raw.kind.as_deref() {
        Some(name) => ObservationKind::from_wire_name(name).ok_or_else(|| {
            FieldError::new("kind", "unknown", format!("`kind` must be one of: {}.", known()))
        }),
        None if raw.score != RawNumber::Absent => Ok(ObservationKind::SymptomScore),
        None if raw.value == RawNumber::Absent && raw.systolic == RawNumber::Absent => {
            let message = format!(
                "Send `score`, a whole number from {SCORE_MIN} to {SCORE_MAX}, or `kind` with its \
                 value. `kind` is one of: {}.",
                known()
            );
            Err(FieldError::new("score", "required", message))
        }
        None => {
            let message = format!("`kind` is missing; it must be one of: {}.", known());
            Err(FieldError::new("kind", "required", message))
        }
    }
}

fn parse_score(raw: RawNumber) -> Result<u8, FieldError> {
    let ask = format!("The score must be a whole number from {SCORE_MIN} to {SCORE_MAX}");
    let fault = |code, tail: &str| FieldError::new("score", code, format!("{ask}{tail}."));
    match raw {
        RawNumber::Absent => Err(fault("required", "; it is missing")),
        RawNumber::NotANumber => Err(fault("not_a_number", ", written as a number without quotes")),
        RawNumber::Number(number) => {
            let in_range = number >= f64::from(SCORE_MIN) && number <= f64::from(SCORE_MAX);
            let whole = (SCORE_MIN..=SCORE_MAX).find(|score| f64::from(*score) == number);
            whole.ok_or_else(|| {
                if in_range {
                    fault("not_whole", ", without decimals")
                } else {
                    fault("out_of_range", "")
                }
            })
        }
    }
}

fn parse_unit(kind: ObservationKind, raw: Option<&str>) -> Result<Unit, FieldError> {
    let allowed: Vec<&str> = kind.units().map(Unit::ucum).collect();
    let allowed = allowed.join(" or ");
    let name = kind.wire_name();
    let Some(code) = raw else {
        let message = format!("`unit` is missing; for {name} it is {allowed} (UCUM).");
        return Err(FieldError::new("unit", "required", message));
    };
    kind.units().find(|unit| unit.ucum() == code).ok_or_else(|| {
        let message = format!("The unit of {name} must be {allowed} (UCUM): convert the value.");
        FieldError::new("unit", "unit", message)
    })
}

fn parse_number(component: &Component, raw: RawNumber, unit: Unit) -> Result<f64, FieldError> {
    let field = component.field;
    let Some(range) = component.range_in(unit) else {
        return Err(FieldError::new("unit", "unit", "The unit does not fit the kind."));
    };
    let ask = format!(
        "{} must be a number from {} to {} {}",
        component.label,
        range.min,
        range.max,
        unit.for_people()
    );
    match raw {
        RawNumber::Absent => {
            Err(FieldError::new(field, "required", format!("{ask}; it is missing.")))
        }
        RawNumber::NotANumber => {
            Err(FieldError::new(field, "not_a_number", format!("{ask}, in digits.")))
        }
        // NaN fails both comparisons and is refused with the rest.
        RawNumber::Number(number) if number >= range.min && number <= range.max => Ok(number),
        RawNumber::Number(_) => {
            let message = format!("{ask}: check for a slip of the finger.");
            Err(FieldError::new(field, "out_of_range", message))
        }
    }
}

/// The flat form in JSON: `{"kind":"symptom_score","score":9}`,
/// `{"kind":"heart_rate","value":72,"unit":"/min"}`.
#[derive(Serialize, Deserialize)]
struct Wire {
    kind: ObservationKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    score: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    systolic: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    diastolic: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<Unit>,
}

impl From<Measurement> for Wire {
    fn from(measurement: Measurement) -> Self {
        let kind = measurement.kind();
        let empty =
            Self { kind, score: None, value: None, systolic: None, diastolic: None, unit: None };
        match measurement {
            Measurement::SymptomScore(score) => Self { score: Some(score), ..empty },
            Measurement::BloodPressure { systolic, diastolic, unit } => Self {
                systolic: Some(systolic),
                diastolic: Some(diastolic),
                unit: Some(unit),
                ..empty
            },
            Measurement::Single { value, unit, .. } => {
                Self { value: Some(value), unit: Some(unit), ..empty }
            }
        }
    }
}

impl TryFrom<Wire> for Measurement {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Self, String> {
        let misses = |field: &str| format!("{} without `{field}`", wire.kind.wire_name());
        if wire.kind == ObservationKind::SymptomScore {
            return wire.score.map(Self::SymptomScore).ok_or_else(|| misses("score"));
        }
        let unit = wire.unit.ok_or_else(|| misses("unit"))?;
        if wire.kind == ObservationKind::BloodPressure {
            let systolic = wire.systolic.ok_or_else(|| misses("systolic"))?;
            let diastolic = wire.diastolic.ok_or_else(|| misses("diastolic"))?;
            return Ok(Self::BloodPressure { systolic, diastolic, unit });
        }
        let value = wire.value.ok_or_else(|| misses("value"))?;
        Ok(Self::Single { kind: wire.kind, value, unit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn score(number: RawNumber) -> Result<Measurement, Vec<FieldError>> {
        Measurement::parse(&RawMeasurement { score: number, ..Default::default() })
    }

    fn single(kind: &str, value: f64, unit: &str) -> Result<Measurement, Vec<FieldError>> {
        Measurement::parse(&RawMeasurement {
            kind: Some(kind.to_owned()),
            value: RawNumber::Number(value),
            unit: Some(unit.to_owned()),
            ..Default::default()
        })
    }

    fn pressure(systolic: f64, diastolic: f64) -> Result<Measurement, Vec<FieldError>> {
        Measurement::parse(&RawMeasurement {
            kind: Some("blood_pressure".to_owned()),
            systolic: RawNumber::Number(systolic),
            diastolic: RawNumber::Number(diastolic),
            unit: Some("mm[Hg]".to_owned()),
            ..Default::default()
        })
    }

    fn code_of(result: Result<Measurement, Vec<FieldError>>) -> Vec<(String, String)> {
        result.err().unwrap_or_default().into_iter().map(|e| (e.field, e.code)).collect()
    }

    #[test]
    fn accepts_every_whole_score_from_1_to_10() {
        for whole in SCORE_MIN..=SCORE_MAX {
            assert_eq!(
                score(RawNumber::Number(whole.into())),
                Ok(Measurement::SymptomScore(whole))
            );
        }
    }

    #[test]
    fn refuses_scores_that_are_not_whole_numbers_from_1_to_10() {
        let cases = [
            (RawNumber::Number(0.0), "out_of_range"),
            (RawNumber::Number(11.0), "out_of_range"),
            (RawNumber::Number(7.9), "not_whole"),
            (RawNumber::Number(f64::INFINITY), "out_of_range"),
            (RawNumber::Number(f64::NAN), "out_of_range"),
            (RawNumber::NotANumber, "not_a_number"),
        ];
        for (number, code) in cases {
            assert_eq!(code_of(score(number)), [("score".to_owned(), code.to_owned())]);
        }
        assert_eq!(code_of(score(RawNumber::Absent))[0].1, "required");
    }

    #[test]
    fn plausible_bounds_are_included_and_nothing_beyond_them() {
        for kind in ObservationKind::ALL {
            let [component] = kind.components() else { continue };
            for range in component.units {
                let parse = |value| single(kind.wire_name(), value, range.unit.ucum());
                assert!(parse(range.min).is_ok() && parse(range.max).is_ok(), "{kind:?}");
                for beyond in [range.min - 0.01, range.max + 0.01, f64::NAN, f64::INFINITY] {
                    assert_eq!(code_of(parse(beyond))[0].1, "out_of_range", "{kind:?} {beyond}");
                }
            }
        }
    }

    #[test]
    fn refuses_a_unit_of_another_kind() {
        assert_eq!(
            code_of(single("temperature", 98.6, "[degF]")),
            [("unit".to_owned(), "unit".to_owned())]
        );
        assert_eq!(code_of(single("weight", 80.0, "g"))[0].0, "unit");
    }

    #[test]
    fn refuses_a_diastolic_at_or_above_the_systolic() {
        assert!(pressure(120.0, 80.0).is_ok());
        for (systolic, diastolic) in [(80.0, 80.0), (80.0, 120.0)] {
            assert_eq!(code_of(pressure(systolic, diastolic))[0].0, "diastolic");
        }
    }

    #[test]
    fn refuses_fields_of_another_kind() {
        let raw = RawMeasurement {
            kind: Some("symptom_score".to_owned()),
            score: RawNumber::Number(5.0),
            value: RawNumber::Number(5.0),
            ..Default::default()
        };
        assert_eq!(code_of(Measurement::parse(&raw)), [("value".to_owned(), "unknown".to_owned())]);
    }

    #[test]
    fn no_message_repeats_the_value() {
        let faults = single("heart_rate", 31_337.0, "/min").expect_err("out of range");
        assert!(!faults[0].message.contains("31337"));
    }

    proptest! {
        #[test]
        fn json_round_trips_to_the_last_bit(value in 20.0_f64..300.0) {
            let measured = single("heart_rate", value, "/min").expect("plausible");
            let json = serde_json::to_string(&measured).expect("serialises");
            prop_assert_eq!(serde_json::from_str::<Measurement>(&json).expect("decodes"), measured);
        }

        #[test]
        fn no_typed_text_makes_parsing_panic(text in ".*") {
            let _ = score(RawNumber::from_typed(&text));
        }
    }
}

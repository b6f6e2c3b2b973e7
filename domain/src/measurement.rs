//! What was measured: parsed once at the edge, valid from then on.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::decimal::{self, rounded, whole};
use crate::field_error::FieldError;
pub use crate::raw_number::RawNumber;
use crate::vital::{Component, ObservationKind, SCORE_MAX, SCORE_MIN, Unit};

/// A measured thing. [`Measurement::parse`] makes one from outside input and checks it; decoding
/// a stored one checks its shape alone, because what was plausible once stays recorded.
///
/// Numbers are kept with every digit that was sent. People see them as exactly as their kind is
/// read, which is what is judged too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Wire", try_from = "Wire")]
pub enum Measurement {
    /// How bad the symptoms feel, 1 to 10.
    SymptomScore(u8),
    /// Arterial pressure.
    BloodPressure {
        /// The upper number.
        systolic: Decimal,
        /// The lower number.
        diastolic: Decimal,
        /// The unit of both.
        unit: Unit,
    },
    /// Any kind that is a single number with a unit.
    Single {
        /// Which kind; neither the symptom score nor the blood pressure.
        kind: ObservationKind,
        /// The number.
        value: Decimal,
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
        let unit = parse_unit(kind, raw).map_err(|fault| faults.push(fault)).ok();
        let numbers: Vec<Decimal> = kind
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
                // As people read them: 120/119.5 is 120/120.
                if rounded(diastolic, kind.decimals(unit)) < rounded(systolic, kind.decimals(unit))
                {
                    return Ok(Self::BloodPressure { systolic, diastolic, unit });
                }
                let message = "The lower number (diastolic) must be below the upper number \
                               (systolic): check which is which.";
                Err(vec![FieldError::new("diastolic", "out_of_range", message)])
            }
            _ => Err(faults),
        }
    }

    /// The numbers that make it up, by their fields; none for the symptom score.
    pub fn numbers(&self) -> impl Iterator<Item = (&'static str, Decimal)> {
        let numbers = match *self {
            Self::SymptomScore(_) => [None, None],
            Self::BloodPressure { systolic, diastolic, .. } => {
                [Some(("systolic", systolic)), Some(("diastolic", diastolic))]
            }
            Self::Single { value, .. } => [Some(("value", value)), None],
        };
        numbers.into_iter().flatten()
    }

    /// Its unit; none for the symptom score.
    #[must_use]
    pub fn unit(&self) -> Option<Unit> {
        match *self {
            Self::SymptomScore(_) => None,
            Self::BloodPressure { unit, .. } | Self::Single { unit, .. } => Some(unit),
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
                let (systolic, diastolic) = (rounded(*systolic, 0), rounded(*diastolic, 0));
                write!(f, "{systolic}/{diastolic} {}", unit.for_people())
            }
            Self::Single { kind, value, unit } => {
                write!(f, "{} {}", rounded(*value, kind.decimals(*unit)), unit.for_people())
            }
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
        RawNumber::Number(number) => {
            let in_range = number >= whole(SCORE_MIN.into()) && number <= whole(SCORE_MAX.into());
            let score = (SCORE_MIN..=SCORE_MAX).find(|score| Decimal::from(*score) == number);
            score.ok_or_else(|| {
                if in_range {
                    fault("not_whole", ", without decimals")
                } else {
                    fault("out_of_range", "")
                }
            })
        }
        RawNumber::OutOfReach => Err(fault("out_of_range", "")),
        _ => Err(fault("not_a_number", ", in digits")),
    }
}

/// The unit that is named, or else stands behind a number.
fn parse_unit(kind: ObservationKind, raw: &RawMeasurement) -> Result<Unit, FieldError> {
    let allowed: Vec<&str> = kind.units().map(Unit::ucum).collect();
    let allowed = allowed.join(" or ");
    let name = kind.wire_name();
    if let Some(code) = raw.unit.as_deref() {
        let named = Unit::from_ucum(code).filter(|unit| kind.units().any(|own| own == *unit));
        return named.ok_or_else(|| {
            let how = kind.units().next().map_or("", converted_to);
            let message =
                format!("The unit of {name} must be {allowed} (UCUM): convert the value.{how}");
            FieldError::new("unit", "unit", message)
        });
    }
    let behind = kind.components().iter().find_map(|component| {
        let RawNumber::WithUnit(_, unit) = raw.number(component.field) else { return None };
        kind.units().find(|own| *own == unit)
    });
    behind.ok_or_else(|| {
        let message = format!("`unit` is missing; for {name} it is {allowed} (UCUM).");
        FieldError::new("unit", "required", message)
    })
}

fn parse_number(component: &Component, raw: RawNumber, unit: Unit) -> Result<Decimal, FieldError> {
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
    let fault = |code, message: String| Err(FieldError::new(field, code, message));
    match raw {
        RawNumber::Absent => fault("required", format!("{ask}; it is missing.")),
        RawNumber::WithUnit(_, other) if other != unit => fault("other_unit", other_unit(unit)),
        RawNumber::OtherUnit => fault("other_unit", other_unit(unit)),
        RawNumber::Pair(..) => {
            let message = "Enter one number here; the other one has a field of its own.";
            fault("pair", message.to_owned())
        }
        RawNumber::Ambiguous => {
            let message = "Write the number without a separator of thousands, and with at most two \
                           decimals: this one can be read in two ways.";
            fault("ambiguous", message.to_owned())
        }
        RawNumber::NotANumber => fault("not_a_number", format!("{ask}, in digits.")),
        RawNumber::Number(number) | RawNumber::WithUnit(number, _)
            if number >= range.min && number <= range.max =>
        {
            Ok(number)
        }
        RawNumber::Number(_) | RawNumber::WithUnit(..) | RawNumber::OutOfReach => {
            fault("out_of_range", format!("{ask}: check for a slip of the finger."))
        }
    }
}

/// What to do about a number with another unit behind it than the one asked for.
fn other_unit(unit: Unit) -> String {
    let convert = match unit {
        Unit::MgPerDl | Unit::MmolPerL => " Or choose the other unit.",
        other => converted_to(other),
    };
    format!("This is asked for in {}, and another unit stands there.{convert}", unit.for_people())
}

/// How `unit` is reached from the one that some countries measure in.
fn converted_to(unit: Unit) -> &'static str {
    match unit {
        Unit::Celsius => " From °F: take 32 away, then divide by 1.8.",
        Unit::Kilogram => " From pounds: divide by 2.2046.",
        _ => "",
    }
}

/// The flat form in JSON: `{"kind":"symptom_score","score":9}`,
/// `{"kind":"heart_rate","value":72.0,"unit":"/min"}`; where a JSON number does not keep every digit,
/// `as_sent` has them as text: `{…,"value":37.1,"as_sent":{"value":"37.10"}}`.
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
    #[serde(default, skip_serializing_if = "AsSent::is_empty")]
    as_sent: AsSent,
}

/// The digits of the numbers that JSON's own do not keep.
#[derive(Default, Serialize, Deserialize)]
struct AsSent {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    systolic: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    diastolic: Option<String>,
}

impl AsSent {
    fn is_empty(&self) -> bool {
        self.value.is_none() && self.systolic.is_none() && self.diastolic.is_none()
    }
}

impl From<Measurement> for Wire {
    fn from(measurement: Measurement) -> Self {
        let mut wire = Self {
            kind: measurement.kind(),
            score: None,
            value: None,
            systolic: None,
            diastolic: None,
            unit: measurement.unit(),
            as_sent: AsSent::default(),
        };
        if let Measurement::SymptomScore(score) = measurement {
            wire.score = Some(score);
        }
        for (field, number) in measurement.numbers() {
            let (number, digits) = decimal::to_json(number);
            let (number_of, digits_of) = match field {
                "systolic" => (&mut wire.systolic, &mut wire.as_sent.systolic),
                "diastolic" => (&mut wire.diastolic, &mut wire.as_sent.diastolic),
                _ => (&mut wire.value, &mut wire.as_sent.value),
            };
            (*number_of, *digits_of) = (Some(number), digits);
        }
        wire
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
        let number = |field: &str, number: Option<f64>, digits: &Option<String>| {
            number
                .and_then(|number| decimal::from_json(number, digits.as_deref()))
                .ok_or_else(|| misses(field))
        };
        let AsSent { value, systolic, diastolic } = &wire.as_sent;
        if wire.kind == ObservationKind::BloodPressure {
            let systolic = number("systolic", wire.systolic, systolic)?;
            let diastolic = number("diastolic", wire.diastolic, diastolic)?;
            return Ok(Self::BloodPressure { systolic, diastolic, unit });
        }
        Ok(Self::Single { kind: wire.kind, value: number("value", wire.value, value)?, unit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn score(number: RawNumber) -> Result<Measurement, Vec<FieldError>> {
        Measurement::parse(&RawMeasurement { score: number, ..Default::default() })
    }

    fn sent(text: &str) -> RawNumber {
        RawNumber::from_json(text)
    }

    fn single(kind: &str, value: &str, unit: &str) -> Result<Measurement, Vec<FieldError>> {
        Measurement::parse(&RawMeasurement {
            kind: Some(kind.to_owned()),
            value: sent(value),
            unit: Some(unit.to_owned()),
            ..Default::default()
        })
    }

    fn pressure(systolic: &str, diastolic: &str) -> Result<Measurement, Vec<FieldError>> {
        Measurement::parse(&RawMeasurement {
            kind: Some("blood_pressure".to_owned()),
            systolic: sent(systolic),
            diastolic: sent(diastolic),
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
            assert_eq!(score(sent(&whole.to_string())), Ok(Measurement::SymptomScore(whole)));
        }
    }

    #[test]
    fn refuses_scores_that_are_not_whole_numbers_from_1_to_10() {
        let cases = [
            (sent("0"), "out_of_range"),
            (sent("11"), "out_of_range"),
            (sent("7.9"), "not_whole"),
            (sent("1e400"), "out_of_range"),
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
                let parse = |value: Decimal| {
                    single(kind.wire_name(), &value.to_string(), range.unit.ucum())
                };
                assert!(parse(range.min).is_ok() && parse(range.max).is_ok(), "{kind:?}");
                let little = Decimal::new(1, 20);
                for beyond in [range.min - little, range.max + little, -range.min] {
                    assert_eq!(code_of(parse(beyond))[0].1, "out_of_range", "{kind:?} {beyond}");
                }
            }
        }
    }

    #[test]
    fn refuses_a_unit_of_another_kind() {
        assert_eq!(
            code_of(single("temperature", "98.6", "[degF]")),
            [("unit".to_owned(), "unit".to_owned())]
        );
        assert_eq!(code_of(single("weight", "80", "g"))[0].0, "unit");
    }

    #[test]
    fn refuses_a_diastolic_at_or_above_the_systolic() {
        assert!(pressure("120", "80").is_ok());
        assert!(pressure("120.5", "120.4").is_ok(), "read as 121/120");
        for (systolic, diastolic) in
            [("80", "80"), ("80", "120"), ("120", "119.5"), ("120.4", "120.2")]
        {
            assert_eq!(code_of(pressure(systolic, diastolic))[0].0, "diastolic");
        }
    }

    #[test]
    fn refuses_fields_of_another_kind() {
        let raw = RawMeasurement {
            kind: Some("symptom_score".to_owned()),
            score: sent("5"),
            value: sent("5"),
            ..Default::default()
        };
        assert_eq!(code_of(Measurement::parse(&raw)), [("value".to_owned(), "unknown".to_owned())]);
    }

    #[test]
    fn what_a_device_converted_is_kept_as_sent_and_shown_as_its_kind_is_read() {
        for (kind, text, unit, shown) in [
            ("temperature", "39.44444444444444", "Cel", "39.4 °C"),
            ("temperature", "37.10", "Cel", "37.1 °C"),
            ("temperature", "37", "Cel", "37.0 °C"),
            ("heart_rate", "131.00000000000003", "/min", "131 per minute"),
            ("weight", "72.55", "kg", "72.6 kg"),
            ("glucose", "54.4", "mg/dl", "54 mg/dL"),
            ("glucose", "2.997", "mmol/l", "3.0 mmol/L"),
        ] {
            let measured = single(kind, text, unit).expect("plausible");
            let kept: Vec<_> = measured.numbers().map(|(_, number)| number.to_string()).collect();
            assert_eq!(kept, [text], "{kind}");
            assert_eq!(measured.to_string(), shown, "{kind}");
        }
    }

    #[test]
    fn the_unit_behind_a_number_counts_where_none_is_named() {
        let typed = |value: &str, unit: Option<&str>| {
            Measurement::parse(&RawMeasurement {
                kind: Some("glucose".to_owned()),
                value: RawNumber::from_typed(value),
                unit: unit.map(str::to_owned),
                ..Default::default()
            })
        };
        let measured = typed("5.6 mmol/L", None).expect("a unit stands there");
        assert_eq!(measured.unit(), Some(Unit::MmolPerL));
        assert!(typed("5.6 mmol/l", Some("mmol/L")).is_ok());
        assert_eq!(code_of(typed("5.6 mmol/L", Some("mg/dL")))[0].1, "other_unit");
        assert_eq!(code_of(typed("5.6", None))[0].0, "unit");
        assert_eq!(code_of(typed("101 °F", Some("mg/dL")))[0].1, "other_unit");
    }

    #[test]
    fn no_message_repeats_the_value() {
        let faults = single("heart_rate", "31337", "/min").expect_err("out of range");
        assert!(!faults[0].message.contains("31337"));
    }

    proptest! {
        #[test]
        fn json_round_trips_to_the_last_digit(text in "[2-9][0-9](\\.[0-9]{1,20})?") {
            let measured = single("heart_rate", &text, "/min").expect("plausible");
            let json = serde_json::to_string(&measured).expect("serialises");
            let back: Measurement = serde_json::from_str(&json).expect("decodes");
            let digits = |measured: Measurement| {
                measured.numbers().map(|(_, number)| number.to_string()).collect::<Vec<_>>()
            };
            prop_assert_eq!(digits(back), digits(measured));
        }

        #[test]
        fn no_typed_text_makes_parsing_panic(text in ".*") {
            let _ = score(RawNumber::from_typed(&text));
        }
    }
}

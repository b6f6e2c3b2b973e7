//! Measurements from outside, read and checked: what comes through here is valid from then on.

use rust_decimal::Decimal;

use super::Measurement;
use crate::decimal::{rounded, whole};
use crate::field_error::FieldError;
use crate::raw_number::RawNumber;
use crate::vital::{Component, ObservationKind, SCORE_MAX, SCORE_MIN, Unit};

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

//! What was measured: parsed once at the edge, valid from then on.

mod parsing;
mod wire;

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use self::parsing::RawMeasurement;
use self::wire::Wire;
use crate::decimal::rounded;
pub use crate::raw_number::RawNumber;
use crate::vital::{ObservationKind, SCORE_MAX, Unit};

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

impl Measurement {
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

#[cfg(test)]
mod tests;

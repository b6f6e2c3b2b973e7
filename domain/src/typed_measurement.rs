//! A measurement as people type it into a form.

use serde::{Deserialize, Serialize};

use crate::measurement::RawMeasurement;
use crate::raw_number::RawNumber;

/// The fields of a form, as typed. What a kind does not have stays empty, or is not there at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedMeasurement {
    /// `kind`.
    pub kind: String,
    /// `score`, of a symptom score.
    #[serde(default)]
    pub score: String,
    /// `value`, of a kind that is a single number.
    #[serde(default)]
    pub value: String,
    /// `systolic`, of a blood pressure.
    #[serde(default)]
    pub systolic: String,
    /// `diastolic`, of a blood pressure.
    #[serde(default)]
    pub diastolic: String,
    /// `unit`, a UCUM code.
    #[serde(default)]
    pub unit: String,
}

impl From<TypedMeasurement> for RawMeasurement {
    fn from(typed: TypedMeasurement) -> Self {
        let filled = |text: String| (!text.trim().is_empty()).then_some(text);
        let (mut systolic, mut diastolic) =
            (RawNumber::from_typed(&typed.systolic), RawNumber::from_typed(&typed.diastolic));
        // Both numbers in the first of two fields, as they stand on the device.
        if let (RawNumber::Pair(upper, lower), RawNumber::Absent) = (systolic, diastolic) {
            (systolic, diastolic) = (RawNumber::Number(upper), RawNumber::Number(lower));
        }
        Self {
            kind: filled(typed.kind),
            score: RawNumber::from_typed(&typed.score),
            value: RawNumber::from_typed(&typed.value),
            systolic,
            diastolic,
            unit: filled(typed.unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimal::{tenths, whole};

    #[test]
    fn empty_fields_are_absent_and_numbers_are_read_as_typed() {
        let typed = TypedMeasurement {
            kind: "temperature".to_owned(),
            value: " 37,2 ".to_owned(),
            unit: "  ".to_owned(),
            ..TypedMeasurement::default()
        };
        let raw = RawMeasurement::from(typed);
        assert_eq!(raw.kind.as_deref(), Some("temperature"));
        assert_eq!((raw.score, raw.value), (RawNumber::Absent, RawNumber::Number(tenths(372))));
        assert_eq!(raw.unit, None);
    }

    #[test]
    fn both_numbers_in_the_first_field_are_two() {
        let typed = |systolic: &str, diastolic: &str| {
            let (systolic, diastolic) = (systolic.to_owned(), diastolic.to_owned());
            let raw = RawMeasurement::from(TypedMeasurement {
                systolic,
                diastolic,
                ..TypedMeasurement::default()
            });
            (raw.systolic, raw.diastolic)
        };
        let both = (RawNumber::Number(whole(120)), RawNumber::Number(whole(80)));
        assert_eq!(typed("120/80", ""), both);
        assert_eq!(typed("120", "80"), both);
        assert!(matches!(typed("120/80", "80"), (RawNumber::Pair(..), _)), "nobody guesses");
    }
}

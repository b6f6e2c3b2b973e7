//! A measurement as people type it into a form.

use crate::measurement::RawMeasurement;
use crate::raw_number::RawNumber;

/// The fields of a form, as typed. What a kind does not have stays empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedMeasurement {
    /// `kind`.
    pub kind: String,
    /// `score`, of a symptom score.
    pub score: String,
    /// `value`, of a kind that is a single number.
    pub value: String,
    /// `systolic`, of a blood pressure.
    pub systolic: String,
    /// `diastolic`, of a blood pressure.
    pub diastolic: String,
    /// `unit`, a UCUM code.
    pub unit: String,
}

impl From<TypedMeasurement> for RawMeasurement {
    fn from(typed: TypedMeasurement) -> Self {
        let filled = |text: String| (!text.trim().is_empty()).then_some(text);
        Self {
            kind: filled(typed.kind),
            score: RawNumber::from_typed(&typed.score),
            value: RawNumber::from_typed(&typed.value),
            systolic: RawNumber::from_typed(&typed.systolic),
            diastolic: RawNumber::from_typed(&typed.diastolic),
            unit: filled(typed.unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!((raw.score, raw.value), (RawNumber::Absent, RawNumber::Number(37.2)));
        assert_eq!(raw.unit, None);
    }
}

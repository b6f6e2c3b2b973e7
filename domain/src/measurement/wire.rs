//! Measurements in JSON, stored and on the wire.

use serde::{Deserialize, Serialize};

use super::Measurement;
use crate::decimal;
use crate::vital::{ObservationKind, Unit};

/// The flat form in JSON: `{"kind":"symptom_score","score":9}`,
/// `{"kind":"heart_rate","value":72.0,"unit":"/min"}`; where a JSON number does not keep every digit,
/// `as_sent` has them as text: `{…,"value":37.1,"as_sent":{"value":"37.10"}}`.
#[derive(Serialize, Deserialize)]
pub(super) struct Wire {
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

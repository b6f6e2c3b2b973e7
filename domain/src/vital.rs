//! What can be observed: one table of kinds with codes, units and plausible ranges.
//!
//! Sources: LOINC and UCUM as in the FHIR R4 vital-signs profile. A value outside the plausible
//! range is a slip of the finger and refused; a critical value inside it never is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of observation a patient can send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObservationKind {
    /// How bad the symptoms feel, 1 (hardly) to 10 (worst imaginable).
    SymptomScore,
    /// Heart beats per minute.
    HeartRate,
    /// Systolic over diastolic arterial pressure.
    BloodPressure,
    /// Body temperature.
    Temperature,
    /// Oxygen saturation by pulse oximetry.
    OxygenSaturation,
    /// Breaths per minute.
    RespiratoryRate,
    /// Body weight.
    Weight,
    /// Glucose in blood.
    Glucose,
}

/// A unit of measure: UCUM on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// Per minute.
    #[serde(rename = "/min")]
    PerMinute,
    /// Millimetres of mercury.
    #[serde(rename = "mm[Hg]")]
    MmHg,
    /// Degrees Celsius.
    #[serde(rename = "Cel")]
    Celsius,
    /// Per cent.
    #[serde(rename = "%")]
    Percent,
    /// Kilograms.
    #[serde(rename = "kg")]
    Kilogram,
    /// Milligrams per decilitre.
    #[serde(rename = "mg/dL")]
    MgPerDl,
    /// Millimoles per litre.
    #[serde(rename = "mmol/L")]
    MmolPerL,
}

impl Unit {
    /// Every unit.
    pub const ALL: [Self; 7] = [
        Self::PerMinute,
        Self::MmHg,
        Self::Celsius,
        Self::Percent,
        Self::Kilogram,
        Self::MgPerDl,
        Self::MmolPerL,
    ];

    /// The UCUM code, as on the wire.
    #[must_use]
    pub fn ucum(self) -> &'static str {
        match self {
            Self::PerMinute => "/min",
            Self::MmHg => "mm[Hg]",
            Self::Celsius => "Cel",
            Self::Percent => "%",
            Self::Kilogram => "kg",
            Self::MgPerDl => "mg/dL",
            Self::MmolPerL => "mmol/L",
        }
    }

    /// The unit as people write it beside a number.
    #[must_use]
    pub fn for_people(self) -> &'static str {
        match self {
            Self::PerMinute => "per minute",
            Self::MmHg => "mmHg",
            Self::Celsius => "°C",
            other => other.ucum(),
        }
    }

    /// The unit with this UCUM code.
    #[must_use]
    pub fn from_ucum(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.ucum() == code)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ucum())
    }
}

/// One number that belongs to a kind: `value`, or `systolic` and `diastolic`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Component {
    /// The field's name on the wire.
    pub field: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// The LOINC code, where it differs from the kind's.
    pub loinc: Option<&'static str>,
    /// The units it may come in, each with its code and plausible range.
    pub units: &'static [UnitRange],
}

/// A unit with what is plausible in it, both bounds included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitRange {
    /// The unit.
    pub unit: Unit,
    /// The LOINC code of the kind when measured in this unit.
    pub loinc: &'static str,
    /// The least plausible value.
    pub min: f64,
    /// The greatest plausible value.
    pub max: f64,
    /// How finely people enter it: `1`, or `0.1`. Devices may be finer; that is no fault.
    pub step: f64,
}

/// The least symptom score.
pub const SCORE_MIN: u8 = 1;
/// The greatest symptom score.
pub const SCORE_MAX: u8 = 10;

const fn range(unit: Unit, loinc: &'static str, min: f64, max: f64, step: f64) -> UnitRange {
    UnitRange { unit, loinc, min, max, step }
}

const fn value(label: &'static str, units: &'static [UnitRange]) -> Component {
    Component { field: "value", label, loinc: None, units }
}

const HEART_RATE: &[Component] =
    &[value("Heart rate", &[range(Unit::PerMinute, "8867-4", 20.0, 300.0, 1.0)])];
const BLOOD_PRESSURE: &[Component] = &[
    Component {
        field: "systolic",
        label: "Upper number (systolic)",
        loinc: Some("8480-6"),
        units: &[range(Unit::MmHg, "85354-9", 40.0, 300.0, 1.0)],
    },
    Component {
        field: "diastolic",
        label: "Lower number (diastolic)",
        loinc: Some("8462-4"),
        units: &[range(Unit::MmHg, "85354-9", 20.0, 200.0, 1.0)],
    },
];
const TEMPERATURE: &[Component] =
    &[value("Temperature", &[range(Unit::Celsius, "8310-5", 25.0, 45.0, 0.1)])];
const OXYGEN_SATURATION: &[Component] =
    &[value("Oxygen saturation", &[range(Unit::Percent, "59408-5", 30.0, 100.0, 1.0)])];
const RESPIRATORY_RATE: &[Component] =
    &[value("Breathing rate", &[range(Unit::PerMinute, "9279-1", 3.0, 80.0, 1.0)])];
const WEIGHT: &[Component] =
    &[value("Weight", &[range(Unit::Kilogram, "29463-7", 0.5, 650.0, 0.1)])];
// 10 to 1500 mg/dL; 1 mmol/L of glucose is 18.02 mg/dL.
const GLUCOSE: &[Component] = &[value(
    "Glucose",
    &[
        range(Unit::MgPerDl, "2339-0", 10.0, 1500.0, 1.0),
        range(Unit::MmolPerL, "15074-8", 0.6, 83.2, 0.1),
    ],
)];

impl ObservationKind {
    /// Every kind, in the order in which people are offered them.
    pub const ALL: [Self; 8] = [
        Self::SymptomScore,
        Self::BloodPressure,
        Self::HeartRate,
        Self::OxygenSaturation,
        Self::Temperature,
        Self::RespiratoryRate,
        Self::Weight,
        Self::Glucose,
    ];

    /// The kind's name on the wire.
    #[must_use]
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::SymptomScore => "symptom_score",
            Self::HeartRate => "heart_rate",
            Self::BloodPressure => "blood_pressure",
            Self::Temperature => "temperature",
            Self::OxygenSaturation => "oxygen_saturation",
            Self::RespiratoryRate => "respiratory_rate",
            Self::Weight => "weight",
            Self::Glucose => "glucose",
        }
    }

    /// The kind with this wire name.
    #[must_use]
    pub fn from_wire_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.wire_name() == name)
    }

    /// The kind's name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::SymptomScore => "Symptom score",
            Self::BloodPressure => "Blood pressure",
            other => other.components()[0].label,
        }
    }

    /// The numbers that make up the kind; none for the symptom score, which is a bare `score`.
    #[must_use]
    pub fn components(self) -> &'static [Component] {
        match self {
            Self::SymptomScore => &[],
            Self::HeartRate => HEART_RATE,
            Self::BloodPressure => BLOOD_PRESSURE,
            Self::Temperature => TEMPERATURE,
            Self::OxygenSaturation => OXYGEN_SATURATION,
            Self::RespiratoryRate => RESPIRATORY_RATE,
            Self::Weight => WEIGHT,
            Self::Glucose => GLUCOSE,
        }
    }

    /// The units the kind may come in, the preferred one first; none for the symptom score.
    pub fn units(self) -> impl Iterator<Item = Unit> {
        self.components().first().into_iter().flat_map(|c| c.units.iter().map(|r| r.unit))
    }
}

impl Component {
    /// What is plausible in `unit`, if the component may come in it.
    #[must_use]
    pub fn range_in(&self, unit: Unit) -> Option<&UnitRange> {
        self.units.iter().find(|range| range.unit == unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_wire_name_and_the_name_leads_back() {
        for kind in ObservationKind::ALL {
            assert_eq!(ObservationKind::from_wire_name(kind.wire_name()), Some(kind));
            let json = serde_json::to_value(kind).expect("serialises");
            assert_eq!(json, kind.wire_name());
        }
    }

    #[test]
    fn every_unit_is_written_as_ucum() {
        for unit in Unit::ALL {
            assert_eq!(serde_json::to_value(unit).expect("serialises"), unit.ucum());
            assert_eq!(Unit::from_ucum(unit.ucum()), Some(unit));
        }
    }

    #[test]
    fn all_components_of_a_kind_share_their_units() {
        for kind in ObservationKind::ALL {
            for component in kind.components() {
                let units: Vec<Unit> = component.units.iter().map(|r| r.unit).collect();
                assert_eq!(units, kind.units().collect::<Vec<_>>(), "{kind:?}");
            }
        }
    }
}

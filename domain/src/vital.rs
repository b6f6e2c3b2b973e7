//! What can be observed: one table of kinds with codes, units and plausible ranges.
//!
//! Sources: LOINC and UCUM as in the FHIR R4 vital-signs profile. A value outside the plausible
//! range is a slip of the finger and refused; a critical value inside it never is.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::decimal::{tenths, whole};

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

    /// The unit that this UCUM code means, by [`UCUM_SPELLINGS`]. Capital letters do not matter: UCUM
    /// itself has a set of codes in capitals alone. What stands in braces says what is counted, not the
    /// unit.
    #[must_use]
    pub fn from_ucum(code: &str) -> Option<Self> {
        let bare = without_annotations(code)?.to_ascii_lowercase();
        // An annotation by itself is one: `{beats}.min-1`.
        let bare = bare.trim_start_matches('.');
        let found = UCUM_SPELLINGS.iter().find(|(_, codes)| codes.contains(&bare));
        found.map(|(unit, _)| *unit)
    }

    /// The unit as people or a keyboard may write it behind a number: `°C`, `bpm`, `mmhg`.
    #[must_use]
    pub fn from_spelling(text: &str) -> Option<Self> {
        let spelled: String =
            text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        Some(match spelled.as_str() {
            "°c" | "c" | "℃" | "cel" | "celsius" => Self::Celsius,
            "%" | "٪" | "％" | "percent" => Self::Percent,
            "/min" | "1/min" | "bpm" | "perminute" | "beatsperminute" | "breathsperminute" => {
                Self::PerMinute
            }
            "mmhg" | "mm[hg]" => Self::MmHg,
            "kg" | "㎏" | "kilo" | "kilos" | "kilograms" => Self::Kilogram,
            "mg/dl" => Self::MgPerDl,
            "mmol/l" => Self::MmolPerL,
            _ => return None,
        })
    }
}

/// How each unit is written in UCUM, in small letters: division or a negative exponent, with or without
/// brackets, and what is the same by definition.
pub const UCUM_SPELLINGS: [(Unit, &[&str]); 7] = [
    (
        Unit::PerMinute,
        &["/min", "1/min", "min-1", "1.min-1", "/(min)", "1/(min)", "(/min)", "(1/min)"],
    ),
    (Unit::MmHg, &["mm[hg]", "(mm[hg])"]),
    (Unit::Celsius, &["cel", "(cel)"]),
    (Unit::Percent, &["%", "(%)"]),
    (Unit::Kilogram, &["kg", "(kg)"]),
    (
        Unit::MgPerDl,
        &["mg/dl", "mg.dl-1", "mg/(dl)", "(mg)/(dl)", "(mg/dl)", "mg/100ml", "mg/(100.ml)", "mg%"],
    ),
    (Unit::MmolPerL, &["mmol/l", "mmol.l-1", "mmol/(l)", "(mmol)/(l)", "(mmol/l)"]),
];

/// A UCUM code without what stands in braces, which only says what is counted; `None` where a brace
/// has no partner.
fn without_annotations(code: &str) -> Option<String> {
    let mut bare = String::new();
    let mut rest = code;
    while let Some((before, after)) = rest.split_once('{') {
        bare.push_str(before);
        rest = after.split_once('}')?.1;
    }
    bare.push_str(rest);
    Some(bare)
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ucum())
    }
}

/// One number that belongs to a kind: `value`, or `systolic` and `diastolic`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitRange {
    /// The unit.
    pub unit: Unit,
    /// The LOINC code of the kind when measured in this unit.
    pub loinc: &'static str,
    /// The least plausible value.
    pub min: Decimal,
    /// The greatest plausible value.
    pub max: Decimal,
    /// How many decimals people read and judge it with. Devices may be finer: what they send is kept.
    pub decimals: u32,
}

/// The least symptom score.
pub const SCORE_MIN: u8 = 1;
/// The greatest symptom score.
pub const SCORE_MAX: u8 = 10;

/// A unit in which people read whole numbers.
const fn wholes(unit: Unit, loinc: &'static str, min: u32, max: u32) -> UnitRange {
    UnitRange { unit, loinc, min: whole(min), max: whole(max), decimals: 0 }
}

/// A unit in which people read one decimal.
const fn decimals(unit: Unit, loinc: &'static str, min: Decimal, max: Decimal) -> UnitRange {
    UnitRange { unit, loinc, min, max, decimals: 1 }
}

const fn value(label: &'static str, units: &'static [UnitRange]) -> Component {
    Component { field: "value", label, loinc: None, units }
}

const HEART_RATE: &[Component] =
    &[value("Heart rate", &[wholes(Unit::PerMinute, "8867-4", 20, 300)])];
const BLOOD_PRESSURE: &[Component] = &[
    Component {
        field: "systolic",
        label: "Upper number (systolic)",
        loinc: Some("8480-6"),
        units: &[wholes(Unit::MmHg, "85354-9", 40, 300)],
    },
    Component {
        field: "diastolic",
        label: "Lower number (diastolic)",
        loinc: Some("8462-4"),
        units: &[wholes(Unit::MmHg, "85354-9", 20, 200)],
    },
];
const TEMPERATURE: &[Component] =
    &[value("Temperature", &[decimals(Unit::Celsius, "8310-5", whole(25), whole(45))])];
const OXYGEN_SATURATION: &[Component] =
    &[value("Oxygen saturation", &[wholes(Unit::Percent, "59408-5", 30, 100)])];
const RESPIRATORY_RATE: &[Component] =
    &[value("Breathing rate", &[wholes(Unit::PerMinute, "9279-1", 3, 80)])];
const WEIGHT: &[Component] =
    &[value("Weight", &[decimals(Unit::Kilogram, "29463-7", tenths(5), whole(650))])];
/// One mmol/L of glucose in mg/dL, by its molar mass of 180.16 g/mol.
pub const GLUCOSE_MG_PER_DL_IN_MMOL_PER_L: Decimal = Decimal::from_parts(18_016, 0, 0, false, 3);

const GLUCOSE: &[Component] = &[value(
    "Glucose",
    &[
        wholes(Unit::MgPerDl, "2339-0", 10, 1500),
        decimals(Unit::MmolPerL, "15074-8", tenths(6), tenths(832)),
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

    /// With how many decimals people read it in `unit`.
    #[must_use]
    pub fn decimals(self, unit: Unit) -> u32 {
        let range = self.components().first().and_then(|component| component.range_in(unit));
        range.map_or(0, |range| range.decimals)
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
    fn one_unit_has_several_spellings_in_ucum() {
        for (code, unit) in [
            ("mg/dl", Unit::MgPerDl),
            ("mmol/l", Unit::MmolPerL),
            ("{beats}/min", Unit::PerMinute),
            ("/min{breaths}", Unit::PerMinute),
            ("1/min", Unit::PerMinute),
            ("1.min-1", Unit::PerMinute),
            ("min-1", Unit::PerMinute),
            ("(/min)", Unit::PerMinute),
            ("{beats}.MIN-1", Unit::PerMinute),
            ("1{breaths}/min", Unit::PerMinute),
            ("MM[HG]", Unit::MmHg),
            ("mm[Hg]{systolic}", Unit::MmHg),
            ("CEL", Unit::Celsius),
            ("%{HemoglobinSaturation}", Unit::Percent),
            ("KG", Unit::Kilogram),
            ("MG/DL", Unit::MgPerDl),
            ("mg.dL-1", Unit::MgPerDl),
            ("mg/100mL", Unit::MgPerDl),
            ("mg{glucose}/dL", Unit::MgPerDl),
            ("mmol.L-1", Unit::MmolPerL),
            ("MMOL/L", Unit::MmolPerL),
        ] {
            assert_eq!(Unit::from_ucum(code), Some(unit), "{code}");
        }
        let others = [
            "",
            "{}",
            "{beats}",
            "[degF]",
            "[DEGF]",
            "[lb_av]",
            "{beats",
            "mm[Hg",
            "g",
            "min",
            "/s",
            "/h",
            "mg/l",
            "mg/ml",
            "g/dl",
            "mg/100.ml",
            "mmol/dl",
            "umol/l",
            "kPa",
            "K",
            "cm[H2O]",
            "m[Hg]",
        ];
        for other in others {
            assert_eq!(Unit::from_ucum(other), None, "{other}");
        }
    }

    #[test]
    fn the_page_for_makers_of_devices_names_every_spelling() {
        let page = include_str!("../../docs/devices.md").to_ascii_lowercase();
        for (_, codes) in UCUM_SPELLINGS {
            for code in codes {
                let inner = code.strip_prefix('(').and_then(|code| code.strip_suffix(')'));
                let is_in_brackets = inner.is_some_and(|inner| codes.contains(&inner));
                assert!(is_in_brackets || page.contains(&format!("`{code}`")), "{code}");
            }
        }
    }

    #[test]
    fn no_spelling_means_two_units_and_each_is_one_that_is_looked_for() {
        let all = UCUM_SPELLINGS
            .iter()
            .flat_map(|(unit, codes)| codes.iter().map(move |code| (unit, code)));
        for (unit, code) in all {
            assert_eq!(Unit::from_ucum(code), Some(*unit), "{code}");
        }
    }

    #[test]
    fn people_write_units_as_they_like() {
        for unit in Unit::ALL {
            assert_eq!(Unit::from_spelling(unit.for_people()), Some(unit));
            assert_eq!(Unit::from_spelling(&unit.ucum().to_uppercase()), Some(unit));
        }
        for other in ["°F", "lb", "g", "min"] {
            assert_eq!(Unit::from_spelling(other), None, "{other}");
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

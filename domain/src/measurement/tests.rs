use super::*;
use crate::field_error::FieldError;
use crate::vital::SCORE_MIN;
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
            let parse =
                |value: Decimal| single(kind.wire_name(), &value.to_string(), range.unit.ucum());
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
    for (systolic, diastolic) in [("80", "80"), ("80", "120"), ("120", "119.5"), ("120.4", "120.2")]
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

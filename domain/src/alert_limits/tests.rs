use super::*;
use crate::decimal::exact;
use proptest::prelude::*;

const POLICY: AlertPolicy = AlertPolicy { symptom_score_above: SYMPTOM_SCORE_ABOVE };

fn single(kind: ObservationKind, value: &str, unit: Unit) -> Measurement {
    Measurement::Single { kind, value: exact(value).expect("a number"), unit }
}

fn rule_for(measurement: &Measurement) -> Option<(&'static str, Severity)> {
    POLICY.assess(measurement).map(|f| (f.rule, f.severity))
}

#[test]
fn alerts_on_scores_above_the_clinics_threshold_and_on_no_other() {
    for threshold in 1..=10 {
        let policy = AlertPolicy { symptom_score_above: threshold };
        for score in 1..=10 {
            let finding = policy.assess(&Measurement::SymptomScore(score));
            assert_eq!(finding.is_some(), score > threshold, "{score} of {threshold}");
        }
    }
}

#[test]
fn a_dangerous_value_is_looked_at_again_unless_it_was_just_this_one() {
    let asks =
        |score, seen: &str| POLICY.needs_second_look(&Measurement::SymptomScore(score), seen);
    assert!(!asks(7, ""));
    assert!(asks(9, "") && asks(9, "8 of 10"));
    assert!(!asks(9, "9 of 10"));
}

#[test]
fn what_needs_an_answer_within_the_hour_cannot_wait() {
    assert!(Severity::Critical.cannot_wait() && Severity::High.cannot_wait());
    assert!(!Severity::Watch.cannot_wait());
}

#[test]
fn the_score_message_is_the_published_one() {
    let finding = POLICY.assess(&Measurement::SymptomScore(9));
    assert_eq!(finding.map(|f| f.message).as_deref(), Some("Score above threshold (7)"));
}

/// The last safe and the first dangerous value of what NEWS2 does not judge; `tests/news2.rs`
/// has the rest.
#[test]
fn glucose_limits_begin_exactly_where_their_source_says() {
    use ObservationKind::Glucose;
    use Severity::{Critical, High};
    use Unit::{MgPerDl, MmolPerL};
    for (unit, safe, danger, expected) in [
        (MgPerDl, "70", "69", ("glucose-low", High)),
        (MgPerDl, "250", "251", ("glucose-high", High)),
        (MmolPerL, "3.9", "3.8", ("glucose-low", High)),
        (MmolPerL, "13.9", "14.0", ("glucose-high", High)),
    ] {
        assert_eq!(rule_for(&single(Glucose, safe, unit)), None, "{safe}");
        assert_eq!(rule_for(&single(Glucose, danger, unit)), Some(expected), "{danger}");
    }
    for (unit, high, critical) in [(MgPerDl, "54", "53"), (MmolPerL, "3.0", "2.9")] {
        let rule = |value| rule_for(&single(Glucose, value, unit));
        assert_eq!(rule(high), Some(("glucose-low", High)));
        assert_eq!(rule(critical), Some(("glucose-critical", Critical)));
    }
}

#[test]
fn either_number_of_a_severe_blood_pressure_alerts_once() {
    let pressure = |systolic, diastolic| {
        let (systolic, diastolic) = (whole(systolic), whole(diastolic));
        rule_for(&Measurement::BloodPressure { systolic, diastolic, unit: Unit::MmHg })
    };
    assert_eq!(pressure(180, 120), None);
    for (systolic, diastolic) in [(181, 90), (150, 121), (220, 130)] {
        assert_eq!(
            pressure(systolic, diastolic),
            Some(("severe-hypertension", Severity::Critical))
        );
    }
    for (systolic, diastolic) in [(60, 30), (78, 45), (90, 60)] {
        assert_eq!(pressure(systolic, diastolic), Some(("hypotension", Severity::Critical)));
    }
}

#[test]
fn says_which_limit_and_leaves_the_value_to_stand_beside_it() {
    let words = |kind, value, unit| POLICY.assess(&single(kind, value, unit)).map(|f| f.message);
    assert_eq!(
        words(ObservationKind::OxygenSaturation, "89", Unit::Percent).as_deref(),
        Some("Oxygen saturation at or below 91 %")
    );
    assert_eq!(
        words(ObservationKind::Glucose, "2.5", Unit::MmolPerL).as_deref(),
        Some("Glucose below 3.0 mmol/L")
    );
    // Shown as 3.0, and 53 mg/dL all the same.
    assert_eq!(
        words(ObservationKind::Glucose, "2.95", Unit::MmolPerL).as_deref(),
        Some("Glucose below 3.0 mmol/L (2.95)")
    );
}

#[test]
fn every_limit_is_found_by_its_kind() {
    for limit in DEFAULT_LIMITS {
        assert!(rules_for(limit.kind).any(|rule| rule == limit.rule));
    }
    let pressure: Vec<_> = rules_for(ObservationKind::BloodPressure).collect();
    assert_eq!(pressure, ["severe-hypertension", "hypotension", "low-blood-pressure"]);
}

proptest! {
    #[test]
    fn a_worse_value_is_never_less_urgent(value in 3_000_i64..10_000, drop in 0_i64..3_000) {
        let severity = |hundredths| {
            let value = Decimal::new(hundredths, 2).to_string();
            let saturation = single(ObservationKind::OxygenSaturation, &value, Unit::Percent);
            rule_for(&saturation).map(|rule| rule.1)
        };
        prop_assert!(severity(value - drop) >= severity(value));
    }

    /// However many decimals a device converts with, from two on.
    #[test]
    fn a_converted_glucose_is_judged_as_what_it_was_converted_from(
        mg_per_dl in 11_u32..1_490, decimals in 2_u32..12,
    ) {
        let mmol = rounded(whole(mg_per_dl) / GLUCOSE_MG_PER_DL_IN_MMOL_PER_L, decimals);
        let glucose = |value: String, unit| rule_for(&single(ObservationKind::Glucose, &value, unit));
        prop_assert_eq!(
            glucose(mmol.to_string(), Unit::MmolPerL),
            glucose(mg_per_dl.to_string(), Unit::MgPerDl)
        );
    }
}

//! The alert limits against the chart of NEWS2 (Royal College of Physicians, *National Early Warning
//! Score (NEWS) 2*, London: RCP, 2017), which stands here as a table of its own: points by value, for
//! somebody who breathes air and whose saturation is judged by scale 1.
#![allow(clippy::expect_used)]

use domain::alert_limits::{AlertPolicy, SYMPTOM_SCORE_ABOVE, Severity};
use domain::decimal::{Decimal, whole};
use domain::measurement::Measurement;
use domain::vital::{ObservationKind, Unit};

/// Everything up to and including the number, in units of the last place that is read, has so many
/// points; the last row goes on without end.
type Chart = &'static [(u32, u8)];

const RESPIRATION: Chart = &[(8, 3), (11, 1), (20, 0), (24, 2), (u32::MAX, 3)];
const SATURATION_SCALE_1: Chart = &[(91, 3), (93, 2), (95, 1), (u32::MAX, 0)];
const SYSTOLIC: Chart = &[(90, 3), (100, 2), (110, 1), (219, 0), (u32::MAX, 3)];
const PULSE: Chart = &[(40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (u32::MAX, 3)];
/// In tenths of a degree.
const TEMPERATURE: Chart = &[(350, 3), (360, 1), (380, 0), (390, 1), (u32::MAX, 2)];

fn points(chart: Chart, value: u32) -> u8 {
    chart.iter().find(|(up_to, _)| value <= *up_to).expect("the chart has no gap").1
}

/// What the points call for; a single one raises no alert, as `alert_limits` says.
fn severity(points: u8) -> Option<Severity> {
    match points {
        3 => Some(Severity::Critical),
        2 => Some(Severity::High),
        _ => None,
    }
}

fn found(measurement: Measurement) -> Option<Severity> {
    let policy = AlertPolicy { symptom_score_above: SYMPTOM_SCORE_ABOVE };
    policy.assess(&measurement).map(|finding| finding.severity)
}

fn single(kind: ObservationKind, value: Decimal, unit: Unit) -> Option<Severity> {
    found(Measurement::Single { kind, value, unit })
}

#[test]
fn respiration_and_pulse_are_judged_as_the_chart_says() {
    for (kind, chart, plausible) in [
        (ObservationKind::RespiratoryRate, RESPIRATION, 3..=80),
        (ObservationKind::HeartRate, PULSE, 20..=300),
    ] {
        for value in plausible {
            let expected = severity(points(chart, value));
            assert_eq!(single(kind, whole(value), Unit::PerMinute), expected, "{kind:?} {value}");
        }
    }
}

#[test]
fn temperature_is_judged_as_the_chart_says() {
    for tenths in 250..=450 {
        let expected = severity(points(TEMPERATURE, tenths));
        let value = Decimal::new(tenths.into(), 1);
        assert_eq!(single(ObservationKind::Temperature, value, Unit::Celsius), expected, "{value}");
    }
}

/// 92 and 93 %, two points, are watched: on scale 2, which is for people with a target of 88 to 92 %,
/// they have none, and nobody has told us who these people are.
#[test]
fn saturation_is_judged_as_the_chart_says_but_for_92_and_93() {
    for value in 30..=100 {
        let by_chart = severity(points(SATURATION_SCALE_1, value));
        let expected = if matches!(value, 92 | 93) { Some(Severity::Watch) } else { by_chart };
        let saturation = single(ObservationKind::OxygenSaturation, whole(value), Unit::Percent);
        assert_eq!(saturation, expected, "{value}");
    }
}

/// From 181 to 219 the chart has no points, and ACC/AHA 2017 call it severe: critical.
#[test]
fn systolic_pressure_is_judged_as_the_chart_says_but_for_severe_hypertension() {
    for systolic in 40..=300 {
        let by_chart = severity(points(SYSTOLIC, systolic));
        let expected =
            if (181..=219).contains(&systolic) { Some(Severity::Critical) } else { by_chart };
        let (systolic, diastolic) = (whole(systolic), whole(30));
        let measured = Measurement::BloodPressure { systolic, diastolic, unit: Unit::MmHg };
        assert_eq!(found(measured), expected, "{systolic}");
    }
}

/// Between two rows of the chart, which is in whole numbers and tenths, a finer value belongs to the
/// row it is read as.
#[test]
fn a_finer_value_is_judged_as_it_is_read() {
    for (value, expected) in
        [("91.4", Some(Severity::Critical)), ("91.5", Some(Severity::Watch)), ("93.5", None)]
    {
        let value = domain::decimal::exact(value).expect("a number");
        assert_eq!(single(ObservationKind::OxygenSaturation, value, Unit::Percent), expected);
    }
}

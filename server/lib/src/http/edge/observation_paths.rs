//! Which paths take observations, and how the measurement is found in what is sent there: one table.
//!
//! The reserved lane is for these paths. What it looks for is the measurement alone, so nothing that
//! stands around it in a body hides that it cannot wait: whether the rest is right, the route says.

use axum::http::Method;
use domain::measurement::{RawMeasurement, RawNumber};
use domain::typed_measurement::TypedMeasurement;
use domain::vital::ObservationKind;

use crate::http::api;
use crate::http::body::{OBSERVATION_MAX_BYTES, readable};
use crate::http::pages::FORM_MAX_BYTES;

/// Every path to which an observation is posted, new or corrected, as it is routed: a part in braces
/// is any part.
static TAKE_OBSERVATIONS: [(&str, Written); 4] = [
    ("/api/observations", Written::Json),
    ("/api/observations/{observation_id}/correct", Written::Json),
    ("/fn/patient/submit_observation", Written::Form),
    ("/fn/patient/correct_observation", Written::Form),
];

/// How the fields of an observation are written in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// One JSON object, by the API.
    Json,
    /// What a form of a page sends, url-encoded.
    Form,
}

/// What the reserved lane looks for in a body.
#[derive(Debug)]
pub(super) struct Found {
    /// The measurement, unjudged.
    pub(super) measurement: RawMeasurement,
    /// Whose it is, where the sender says so.
    pub(super) patient_id: Option<String>,
}

/// How an observation is written that is sent so to `path`, if observations are taken there.
pub(super) fn written(method: &Method, path: &str) -> Option<Written> {
    let found = TAKE_OBSERVATIONS.iter().find(|(pattern, _)| matches(pattern, path));
    found.filter(|_| method == Method::POST).map(|(_, written)| *written)
}

fn matches(pattern: &str, path: &str) -> bool {
    let (mut parts, mut patterns) = (path.split('/'), pattern.split('/'));
    let is_any = |pattern: &str| pattern.starts_with('{');
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) if pattern == part => {}
            (Some(pattern), Some(part)) if is_any(pattern) && !part.is_empty() => {}
            _ => return false,
        }
    }
}

impl Written {
    /// The largest body that the route takes, in bytes.
    pub(super) fn max_bytes(self) -> usize {
        match self {
            Self::Json => OBSERVATION_MAX_BYTES,
            Self::Form => FORM_MAX_BYTES,
        }
    }

    /// The measurement in `body`, unjudged, whatever stands around it.
    pub(super) fn found_in(self, body: &[u8]) -> Option<Found> {
        let (raw, patient_id) = match self {
            Self::Json => measurement_in_json(body)?,
            // People send their own.
            Self::Form => (measurement_in_form(body), None),
        };
        Some(Found { measurement: fields_of_its_kind(raw), patient_id })
    }
}

fn measurement_in_json(body: &[u8]) -> Option<(RawMeasurement, Option<String>)> {
    let (text, _) = readable(body).ok()?;
    api::measurement_in(&text)
}

fn measurement_in_form(body: &[u8]) -> RawMeasurement {
    let mut typed = TypedMeasurement::default();
    for (name, value) in form_urlencoded::parse(body) {
        let field = match &*name {
            "kind" => &mut typed.kind,
            "score" => &mut typed.score,
            "value" => &mut typed.value,
            "systolic" => &mut typed.systolic,
            "diastolic" => &mut typed.diastolic,
            "unit" => &mut typed.unit,
            _ => continue,
        };
        *field = value.into_owned();
    }
    typed.into()
}

/// `raw` without the fields that its kind does not have: they make it wrong, not less urgent.
fn fields_of_its_kind(raw: RawMeasurement) -> RawMeasurement {
    let named = raw.kind.as_deref().and_then(ObservationKind::from_wire_name);
    let by_score = (raw.score != RawNumber::Absent).then_some(ObservationKind::SymptomScore);
    let Some(kind) = named.or(by_score) else { return raw };
    let is_score = kind == ObservationKind::SymptomScore;
    let has = |field| kind.components().iter().any(|component| component.field == field);
    let own = |number, is_own| if is_own { number } else { RawNumber::Absent };
    RawMeasurement {
        kind: Some(kind.wire_name().to_owned()),
        score: own(raw.score, is_score),
        value: own(raw.value, has("value")),
        systolic: own(raw.systolic, has("systolic")),
        diastolic: own(raw.diastolic, has("diastolic")),
        unit: raw.unit.filter(|_| !is_score),
    }
}

#[cfg(test)]
mod tests {
    use domain::measurement::Measurement;

    use super::*;

    fn found(written: Written, body: &[u8]) -> Option<Measurement> {
        Measurement::parse(&written.found_in(body)?.measurement).ok()
    }

    #[test]
    fn observations_are_posted_to_the_listed_paths_alone() {
        for (method, path, expected) in [
            (Method::POST, "/api/observations", Some(Written::Json)),
            (Method::POST, "/fn/patient/submit_observation", Some(Written::Form)),
            (Method::GET, "/api/observations", None),
            (Method::POST, "/api/observations/", None),
            (Method::POST, "/api/login", None),
        ] {
            assert_eq!(written(&method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_part_in_braces_is_any_one_part() {
        let pattern = "/api/observations/{observation_id}/correct";
        for (path, is_one) in [
            ("/api/observations/0190-aa/correct", true),
            ("/api/observations/0190-aa/withdraw", false),
            ("/api/observations//correct", false),
            ("/api/observations/0190-aa/correct/more", false),
            ("/api/observations/0190-aa", false),
            ("/api/observations", false),
        ] {
            assert_eq!(matches(pattern, path), is_one, "{path}");
        }
    }

    #[test]
    fn what_stands_around_a_measurement_does_not_hide_it() {
        let nine = Some(Measurement::SymptomScore(9));
        let bodies: [&[u8]; 14] = [
            br#"{"score":9}"#,
            br#"{"kind":"symptom_score","score":9,"unit":"%","value":3}"#,
            br#"{"score":9,"skore":1,"device":{"name":["x",null]}}"#,
            br#"{"score":9,"note":7,"effective_at":["never"],"patient_id":false}"#,
            br#"{"effective_at":"2094-13-41T99:00:00Z","score":9}"#,
            br#"{"score":9,"note":"a\u000bb\u0000c\ud83d"}"#,
            br#"{"score":9,"note":"\ud800"}"#,
            br#"{"score":9,"note":"x","note":"y"}"#,
            br#"{"score":9,"unit":5,"kind":null}"#,
            b"{\"score\":9,\"note\":\"first line\r\nsecond\x0b\x0c\x00line\"}",
            b"{\"note\":\"Schw\xe4che\",\"score\":9}",
            b"\xef\xbb\xbf{\"score\":9}",
            b"\r\n\t{ \"score\" :\n9 }",
            b"{\"\":0,\"score\":9}",
        ];
        for body in bodies {
            let shown = String::from_utf8_lossy(body);
            assert_eq!(found(Written::Json, body), nine, "{shown}");
        }
        let forms: [&[u8]; 4] = [
            b"kind=symptom_score&score=9&note=&idempotency_key=k",
            b"kind=symptom_score&score=9&note=a%0Bb%FF&unit=%25&seen=1&seen=2",
            b"note=%zz&&=&kind=symptom_score&score=+9+&value=80",
            b"score=9",
        ];
        for form in forms {
            let shown = String::from_utf8_lossy(form);
            assert_eq!(found(Written::Form, form), nine, "{shown}");
        }
    }

    #[test]
    fn what_is_no_measurement_is_none() {
        for body in ["", "not JSON", "[9]", "9", "{}", r#"{"score":99}"#, r#"{"score":true}"#] {
            assert_eq!(found(Written::Json, body.as_bytes()), None, "{body}");
        }
        for form in ["", "score=", "kind=oxygen_saturation&score=9", "kind=none&value=80&unit=%25"]
        {
            assert_eq!(found(Written::Form, form.as_bytes()), None, "{form}");
        }
    }
}

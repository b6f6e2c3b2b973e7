//! What comes from outside, checked field by field; a fault names its field, its bound and the fix.

use app::backend::{Correction, PageRequest, Submission};
use app::error::AppError;
use domain::alert_limits::AlertPolicy;
use domain::field_error::FieldError;
use domain::ids::PatientId;
use domain::login::{self, SoughtLogin};
use domain::measurement::{Measurement, RawMeasurement};
use domain::note::{check_note, cut_note};
use domain::observation::Change;
use domain::observation_time::{self, TimeDoubt};
use domain::timestamp::Timestamp;
use domain::vital::ObservationKind;

use crate::store::cursor;
use crate::store::views::{PAGE_DEFAULT, PAGE_MAX};

/// The longest idempotency key, in characters.
const IDEMPOTENCY_KEY_MAX_CHARS: usize = 200;

/// A submission without faults, or with faults that keep no value back that cannot wait.
#[derive(Debug)]
pub struct CheckedSubmission {
    /// Whose it is; `None` for the caller's own.
    pub patient_id: Option<PatientId>,
    /// What was measured.
    pub measurement: Measurement,
    /// What stands around it.
    pub around: Around,
}

/// What stands around a measurement, as far as it can be used.
#[derive(Debug, Default)]
pub struct Around {
    /// When it was measured, if the sender said.
    pub effective_at: Option<Timestamp>,
    /// Why that time cannot be believed, if it cannot.
    pub time_doubt: Option<TimeDoubt>,
    /// What the sender wrote beside it, if they sent a note: nothing where it is empty.
    pub note: Option<Option<String>>,
    /// Under this key a repeat finds the first; one that cannot be used is none.
    pub idempotency_key: Option<String>,
    /// Whether the value cannot wait, so that nothing of this may keep it back.
    pub cannot_wait: bool,
    /// What could not be kept as it was sent.
    pub remarks: Vec<FieldError>,
}

/// Finds every fault of a submission that arrives at `now`, or none. What is wrong around a value
/// that cannot wait by `policy` does not keep it back: it is remarked on.
///
/// # Errors
/// [`AppError::Invalid`] with all of them.
pub fn check_submission(
    submission: &Submission,
    policy: &AlertPolicy,
    now: Timestamp,
) -> Result<CheckedSubmission, AppError> {
    let mut faults = Vec::new();
    let patient_id = submission.patient_id.as_deref().map(parse_patient_id).transpose();
    let patient_id = patient_id.map_err(|fault| faults.push(fault)).ok().flatten();
    let measurement =
        Measurement::parse(&submission.measurement).map_err(|more| faults.extend(more)).ok();
    let (around, faults_around) = read_around(
        submission.effective_at.as_deref(),
        submission.note.as_deref(),
        submission.idempotency_key.as_deref(),
        now,
    );
    let faults_around = [submission.faults_around.clone(), faults_around].concat();
    match measurement {
        Some(measurement) if faults.is_empty() => {
            let around = accept_around(around, faults_around, cannot_wait(&measurement, policy))?;
            Ok(CheckedSubmission { patient_id, measurement, around })
        }
        _ => Err(AppError::Invalid([faults, faults_around].concat())),
    }
}

/// Finds every fault of a correction of an observation of this `kind` that arrives at `now`, or none,
/// as [`check_submission`] does.
///
/// # Errors
/// [`AppError::Invalid`] with all of them.
pub fn check_correction(
    correction: &Correction,
    kind: ObservationKind,
    policy: &AlertPolicy,
    now: Timestamp,
) -> Result<(Change, Around), AppError> {
    let measurement = correction.measurement.clone().map(|raw| {
        let kind = raw.kind.clone().unwrap_or_else(|| kind.wire_name().to_owned());
        Measurement::parse(&RawMeasurement { kind: Some(kind), ..raw })
    });
    let measurement = measurement.transpose();
    let (around, faults_around) = read_around(
        correction.effective_at.as_deref(),
        correction.note.as_deref(),
        correction.idempotency_key.as_deref(),
        now,
    );
    let faults_around = [correction.faults_around.clone(), faults_around].concat();
    let measurement = measurement
        .map_err(|faults| AppError::Invalid([faults, faults_around.clone()].concat()))?;
    let urgent = measurement.is_some_and(|measured| cannot_wait(&measured, policy));
    let around = accept_around(around, faults_around, urgent)?;
    let effective_at = around.effective_at.map(|at| (at, around.time_doubt));
    let change = Change { measurement, effective_at, note: around.note.clone() };
    if change == Change::default() && around.remarks.is_empty() {
        let message = "Say what is to be changed: the measurement, `effective_at` or `note`.";
        return Err(FieldError::new("body", "required", message).into());
    }
    Ok((change, around))
}

fn cannot_wait(measurement: &Measurement, policy: &AlertPolicy) -> bool {
    policy.assess(measurement).is_some_and(|finding| finding.severity.cannot_wait())
}

/// `around`, with its faults as remarks where they must keep nothing back.
fn accept_around(
    mut around: Around,
    faults: Vec<FieldError>,
    cannot_wait: bool,
) -> Result<Around, AppError> {
    if !cannot_wait && !faults.is_empty() {
        return Err(AppError::Invalid(faults));
    }
    around.remarks.extend(faults);
    around.cannot_wait = cannot_wait;
    Ok(around)
}

/// What can be used of what stands around a measurement, and what is wrong with the rest.
fn read_around(
    effective_at: Option<&str>,
    note: Option<&str>,
    key: Option<&str>,
    now: Timestamp,
) -> (Around, Vec<FieldError>) {
    let mut around = Around::default();
    let mut faults = Vec::new();
    match effective_at.map(str::parse::<Timestamp>) {
        Some(Ok(at)) => {
            around.effective_at = Some(at);
            around.time_doubt = observation_time::doubt(at, now);
            around.remarks.extend(around.time_doubt.map(doubted));
        }
        Some(Err(fault)) => {
            around.time_doubt = Some(TimeDoubt::Unreadable);
            let message = format!("`effective_at` {fault}.");
            faults.push(FieldError::new("effective_at", "malformed", message));
        }
        None => {}
    }
    if let Some(text) = note {
        around.note = Some(check_note(text).unwrap_or_else(|fault| {
            faults.push(fault);
            cut_note(text)
        }));
    }
    if let Some(key) = key {
        match check_idempotency_key(key) {
            Ok(()) => around.idempotency_key = Some(key.to_owned()),
            Err(fault) => faults.push(fault),
        }
    }
    (around, faults)
}

/// Tells a sender that their clock is not believed.
fn doubted(doubt: TimeDoubt) -> FieldError {
    let message = match doubt {
        TimeDoubt::Ahead => {
            "The time of measuring lies in the future. It was kept, marked as doubtful, and the time \
             of arrival counts: check the device's clock and its offset."
        }
        _ => {
            "The time of measuring lies more than a year back. It was kept, marked as doubtful, and \
             the time of arrival counts: check the device's clock."
        }
    };
    FieldError::new("effective_at", "doubtful", message)
}

pub(super) fn check_credentials(username: &str, password: &str) -> Result<SoughtLogin, AppError> {
    let login = SoughtLogin::parse(username)?;
    if password.is_empty() {
        return Err(FieldError::new("password", "required", "Enter a password.").into());
    }
    if login::password_chars(password) > login::PASSWORD_MAX_CHARS {
        return Err(AppError::WrongCredentials);
    }
    Ok(login)
}

fn parse_patient_id(text: &str) -> Result<PatientId, FieldError> {
    let message = "`patient_id` must be the UUID from the sign-in's answer.";
    text.parse().map_err(|_| FieldError::new("patient_id", "malformed", message))
}

fn check_idempotency_key(key: &str) -> Result<(), FieldError> {
    let fits = (1..=IDEMPOTENCY_KEY_MAX_CHARS).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_graphic());
    let message = format!(
        "An Idempotency-Key has 1 to {IDEMPOTENCY_KEY_MAX_CHARS} visible ASCII characters; a UUID \
         is a good one."
    );
    if fits { Ok(()) } else { Err(FieldError::new("Idempotency-Key", "malformed", message)) }
}

/// Checks an e-mail address as far as its text allows; `None` when it was left empty.
///
/// # Errors
/// A text that is no address.
pub fn check_email(text: &str) -> Result<Option<String>, FieldError> {
    let email = text.trim();
    if email.is_empty() {
        return Ok(None);
    }
    let plausible = email.len() <= 254
        && !email.chars().any(|c| c.is_whitespace() || c.is_control())
        && email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let message = "This is not an e-mail address: write it like name@example.org, or leave it out.";
    if plausible {
        Ok(Some(email.to_owned()))
    } else {
        Err(FieldError::new("email", "malformed", message))
    }
}

/// The bound and the sort key behind which the asked part of a list begins.
///
/// # Errors
/// A bound out of range, or a text that is no cursor.
pub fn check_page(page: &PageRequest) -> Result<(u32, Option<String>), AppError> {
    let limit = page.limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&limit) {
        let message = format!("`limit` must be a whole number from 1 to {PAGE_MAX}.");
        return Err(FieldError::new("limit", "out_of_range", message).into());
    }
    Ok((limit, page.cursor.as_deref().map(cursor::decode).transpose()?))
}

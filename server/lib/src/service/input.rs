//! What comes from outside, checked field by field; a fault names its field, its bound and the fix.

use app::backend::{PageRequest, Submission};
use app::error::AppError;
use domain::field_error::FieldError;
use domain::ids::PatientId;
use domain::login::{self, SoughtLogin};
use domain::measurement::Measurement;
use domain::observation;
use domain::timestamp::{NotATimestamp, Timestamp};

use crate::store::cursor;
use crate::store::views::{PAGE_DEFAULT, PAGE_MAX};

/// The longest idempotency key, in characters.
const IDEMPOTENCY_KEY_MAX_CHARS: usize = 200;

/// A submission without faults.
pub struct CheckedSubmission {
    /// Whose it is; `None` for the caller's own.
    pub patient_id: Option<PatientId>,
    /// What was measured.
    pub measurement: Measurement,
    /// When it was measured, if the sender said.
    pub effective_at: Option<Timestamp>,
    /// What the sender wrote beside it.
    pub note: Option<String>,
    /// Under this key a repeat finds the first.
    pub idempotency_key: Option<String>,
}

/// Finds every fault of a submission that arrives at `now`, or none.
///
/// # Errors
/// [`AppError::Invalid`] with all of them.
pub fn check_submission(
    submission: &Submission,
    now: Timestamp,
) -> Result<CheckedSubmission, AppError> {
    let mut faults = Vec::new();
    let patient_id = submission.patient_id.as_deref().map(parse_patient_id).transpose();
    let patient_id = patient_id.map_err(|fault| faults.push(fault)).ok().flatten();
    let measurement =
        Measurement::parse(&submission.measurement).map_err(|more| faults.extend(more)).ok();
    let effective_at =
        submission.effective_at.as_deref().map(|text| parse_effective_at(text, now)).transpose();
    let effective_at = effective_at.map_err(|fault| faults.push(fault)).ok().flatten();
    let note = submission.note.as_deref().map(observation::check_note).transpose();
    let note = note.map_err(|fault| faults.push(fault)).ok().flatten().flatten();
    let key = submission.idempotency_key.as_deref().map(check_idempotency_key).transpose();
    let key = key.map_err(|fault| faults.push(fault)).ok().flatten();
    match measurement {
        Some(measurement) if faults.is_empty() => Ok(CheckedSubmission {
            patient_id,
            measurement,
            effective_at,
            note,
            idempotency_key: key.map(str::to_owned),
        }),
        _ => Err(AppError::Invalid(faults)),
    }
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

fn parse_effective_at(text: &str, now: Timestamp) -> Result<Timestamp, FieldError> {
    let at = text.parse().map_err(|fault: NotATimestamp| {
        FieldError::new("effective_at", "malformed", format!("`effective_at` {fault}."))
    })?;
    observation::check_effective_at(at, now)
}

fn check_idempotency_key(key: &str) -> Result<&str, FieldError> {
    let fits = (1..=IDEMPOTENCY_KEY_MAX_CHARS).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_graphic());
    let message = format!(
        "An Idempotency-Key has 1 to {IDEMPOTENCY_KEY_MAX_CHARS} visible ASCII characters; a UUID \
         is a good one."
    );
    if fits { Ok(key) } else { Err(FieldError::new("Idempotency-Key", "malformed", message)) }
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

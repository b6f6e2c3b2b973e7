//! Bearer tokens: JWT, HS256 and nothing else.

use std::io::Write;
use std::path::Path;

use app::backend::Principal;
use app::wire::Role;
use domain::ids::{ClinicId, PatientId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, SystemClock};
use crate::embedded::engine::make_private_dir;

/// How long a token holds, in seconds.
pub const LIFETIME_S: u64 = 3_600;
/// The shortest secret accepted, in bytes: the size of the HS256 hash.
const SECRET_MIN_BYTES: usize = 32;
const ISSUER: &str = "healthflow";
const SECRET_FILE: &str = "jwt-secret";

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: String,
    role: Role,
    clinic_id: ClinicId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    patient_id: Option<PatientId>,
    iss: String,
    aud: String,
    iat: u64,
    exp: u64,
}

/// Makes and checks tokens.
#[derive(Clone)]
pub struct Tokens {
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
}

impl Tokens {
    /// Tokens signed with `secret`.
    ///
    /// # Errors
    /// A secret that is too short.
    pub fn new(secret: &str) -> Result<Self, String> {
        if secret.len() < SECRET_MIN_BYTES {
            return Err(format!(
                "JWT_SECRET has {} bytes: give at least {SECRET_MIN_BYTES}, for instance from \
                 `openssl rand -hex 32`, or leave it out to have one made.",
                secret.len()
            ));
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.leeway = 0;
        Ok(Self {
            signing: EncodingKey::from_secret(secret.as_bytes()),
            checking: DecodingKey::from_secret(secret.as_bytes()),
            validation,
        })
    }

    /// A token for this person, good from now on for [`LIFETIME_S`].
    ///
    /// # Errors
    /// When signing fails.
    pub fn issue(&self, principal: &Principal) -> Result<String, jsonwebtoken::errors::Error> {
        self.issue_at(principal, SystemClock.unix_ms() / 1_000)
    }

    fn issue_at(
        &self,
        principal: &Principal,
        now_s: u64,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Claims {
            sub: principal.login.clone(),
            role: principal.role,
            clinic_id: principal.clinic_id.clone(),
            patient_id: principal.patient_id,
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            iat: now_s,
            exp: now_s + LIFETIME_S,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing)
    }

    /// Whose token this is, if it is one of ours and still holds.
    #[must_use]
    pub fn verify(&self, token: &str) -> Option<Verified> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.checking, &self.validation);
        let Claims { sub, role, clinic_id, patient_id, exp, .. } = claims.ok()?.claims;
        let principal = Principal { login: sub, role, clinic_id, patient_id };
        Some(Verified { principal, expires_at_s: exp })
    }
}

/// What a token proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whose it is.
    pub principal: Principal,
    /// When it ends, in seconds since 1970.
    pub expires_at_s: u64,
}

/// The configured secret, or one that is made once and kept in the data folder.
///
/// # Errors
/// When the file cannot be read or written.
pub fn secret(configured: Option<&str>, data_dir: &Path) -> Result<String, String> {
    if let Some(secret) = configured {
        return Ok(secret.to_owned());
    }
    make_private_dir(data_dir)?;
    let file = data_dir.join(SECRET_FILE);
    let cannot = |error: std::io::Error| {
        format!("Cannot keep the signing secret in {}: {error}. Set JWT_SECRET.", file.display())
    };
    if let Ok(kept) = std::fs::read_to_string(&file) {
        return Ok(kept.trim().to_owned());
    }
    let mut random = [0_u8; SECRET_MIN_BYTES];
    for half in random.chunks_mut(16) {
        half.copy_from_slice(&uuid::Uuid::new_v4().into_bytes());
    }
    let made: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut created = options.open(&file).map_err(cannot)?;
    created.write_all(made.as_bytes()).map_err(cannot)?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody() -> Principal {
        Principal {
            login: "anna".to_owned(),
            role: Role::Patient,
            clinic_id: "demo".parse().expect("a clinic id"),
            patient_id: Some(PatientId(uuid::Uuid::from_u128(1))),
        }
    }

    fn tokens() -> Tokens {
        Tokens::new(&"s".repeat(32)).expect("long enough")
    }

    #[test]
    fn a_token_proves_whose_it_is() {
        let token = tokens().issue(&somebody()).expect("signed");
        assert_eq!(tokens().verify(&token).map(|v| v.principal), Some(somebody()));
    }

    #[test]
    fn rejects_an_expired_token() {
        let an_hour_ago_s = SystemClock.unix_ms() / 1_000 - LIFETIME_S - 1;
        let token = tokens().issue_at(&somebody(), an_hour_ago_s).expect("signed");
        assert_eq!(tokens().verify(&token), None);
    }

    #[test]
    fn rejects_tokens_of_other_secrets_and_algorithms() {
        let other = Tokens::new(&"o".repeat(32)).expect("long enough");
        let token = other.issue(&somebody()).expect("signed");
        assert_eq!(tokens().verify(&token), None);
        let own = tokens().issue(&somebody()).expect("signed");
        let unsigned = own.split('.').skip(1).collect::<Vec<_>>().join(".");
        // {"alg":"none","typ":"JWT"}
        let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{unsigned}");
        assert_eq!(tokens().verify(&none), None);
        assert_eq!(tokens().verify("nonsense"), None);
    }

    #[test]
    fn rejects_a_short_secret() {
        assert!(Tokens::new("short").is_err());
    }

    #[test]
    fn a_made_secret_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = secret(None, folder.path()).expect("made");
        assert_eq!(secret(None, folder.path()), Ok(first));
    }
}

//! Texts that go out and come back, and that nobody but this server reads or makes: encrypted and
//! authenticated, each for one purpose and one session.
//!
//! AES-256-GCM with random nonces, which AWS-LC draws; a key is good for 2^32 texts, a hundred a
//! second for a year. It is derived from the signing secret, so that all web processes open what one
//! of them sealed, and a change of keys breaks nothing: the secret before is believed.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::SessionId;

use super::signing_keys::SigningKeys;

/// Keeps the key apart from whatever else is derived from the same secret, or signed with it.
const KEY_PURPOSE: &[u8] = b"healthflow sealed text 1";
/// Longer texts are not looked at, in bytes: no cookie and no address of ours is.
pub const SEALED_MAX_BYTES: usize = 8 * 1024;

/// What a text was sealed for; it opens as nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What an auditor looks for, in the address of what is found.
    AuditQuery,
    /// What somebody typed into a form that was refused, in a cookie.
    TypedForm,
    /// What somebody typed into a form that was sent when they were signed out, in a cookie.
    UnsentForm,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::AuditQuery => "audit query",
            Self::TypedForm => "typed form",
            Self::UnsentForm => "unsent form",
        }
    }
}

/// The cipher refused to work: there is no memory, or no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a text could not be sealed: is the system out of memory or of randomness?")]
pub struct CannotSeal;

impl From<Unspecified> for CannotSeal {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

/// Seals texts and opens them.
#[derive(Clone)]
pub struct Sealer {
    /// The first seals; all open.
    keys: Arc<[RandomizedNonceKey]>,
}

/// Without the keys: what is printed for debugging may end up in a log.
impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl Sealer {
    /// Seals with what follows from the secret in use.
    ///
    /// # Errors
    /// When the cipher refuses to work.
    pub fn new(secrets: &SigningKeys) -> Result<Self, CannotSeal> {
        let believed = [Some(&secrets.current), secrets.previous.as_ref()];
        let keys = believed.into_iter().flatten().map(|secret| derived(secret.as_bytes()));
        Ok(Self { keys: keys.collect::<Result<_, _>>()? })
    }

    /// `text`, sealed for `purpose` in `session`; without a session it is good for every stranger.
    /// It has letters, digits, `-` and `_`: four for three bytes of the text, and 38 more.
    ///
    /// # Errors
    /// When the cipher refuses to work.
    pub fn seal(
        &self,
        purpose: Purpose,
        session: Option<SessionId>,
        text: &str,
    ) -> Result<String, CannotSeal> {
        let mut sealed = text.as_bytes().to_vec();
        let key = self.keys.first().ok_or(CannotSeal)?;
        let nonce = key.seal_in_place_append_tag(bound_to(purpose, session), &mut sealed)?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_ref().as_slice(), &sealed].concat()))
    }

    /// The text that was sealed for `purpose` in `session`; `None` for everything else.
    #[must_use]
    pub fn open(
        &self,
        purpose: Purpose,
        session: Option<SessionId>,
        sealed: &str,
    ) -> Option<String> {
        let short_enough = Some(sealed).filter(|sealed| sealed.len() <= SEALED_MAX_BYTES)?;
        let bytes = URL_SAFE_NO_PAD.decode(short_enough).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        self.keys.iter().find_map(|key| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut opened = sealed.to_vec();
            let text = key.open_in_place(nonce, bound_to(purpose, session), &mut opened).ok()?;
            String::from_utf8(text.to_vec()).ok()
        })
    }
}

/// The key that follows from `secret` (HKDF-SHA-256).
fn derived(secret: &[u8]) -> Result<RandomizedNonceKey, Unspecified> {
    let mut key = [0; 32];
    let all = Salt::new(HKDF_SHA256, &[]).extract(secret);
    all.expand(&[KEY_PURPOSE], HKDF_SHA256)?.fill(&mut key)?;
    RandomizedNonceKey::new(&AES_256_GCM, &key)
}

fn bound_to(purpose: Purpose, session: Option<SessionId>) -> Aad<String> {
    let session = session.map(|id| id.to_string()).unwrap_or_default();
    Aad::from(format!("{}/{session}", purpose.name()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const TEXT: &str = "anna, 39.4 °C";

    fn sealer(current: &str, previous: Option<&str>) -> Sealer {
        let previous = previous.map(str::to_owned);
        Sealer::new(&SigningKeys { current: current.to_owned(), previous }).expect("a sealer")
    }

    fn session(number: u128) -> Option<SessionId> {
        Some(SessionId(Uuid::from_u128(number)))
    }

    #[test]
    fn what_is_sealed_opens_for_its_purpose_in_its_session_alone() {
        let sealer = sealer("one", None);
        let sealed = sealer.seal(Purpose::TypedForm, session(1), TEXT).expect("sealed");
        assert_eq!(sealer.open(Purpose::TypedForm, session(1), &sealed).as_deref(), Some(TEXT));
        assert_eq!(sealer.open(Purpose::TypedForm, session(2), &sealed), None);
        assert_eq!(sealer.open(Purpose::TypedForm, None, &sealed), None);
        assert_eq!(sealer.open(Purpose::AuditQuery, session(1), &sealed), None);
    }

    #[test]
    fn what_is_sealed_says_nothing_and_never_looks_the_same() {
        let sealer = sealer("one", None);
        let seal = || sealer.seal(Purpose::AuditQuery, None, TEXT).expect("sealed");
        let (first, second) = (seal(), seal());
        assert_ne!(first, second);
        assert!(first.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        let bytes = URL_SAFE_NO_PAD.decode(&first).expect("base64");
        assert!(!bytes.windows(4).any(|part| part == b"anna"));
        assert_eq!(bytes.len(), TEXT.len() + 28);
    }

    #[test]
    fn nothing_that_was_changed_opens() {
        let sealer = sealer("one", None);
        let sealed = sealer.seal(Purpose::AuditQuery, None, TEXT).expect("sealed");
        let bytes = URL_SAFE_NO_PAD.decode(&sealed).expect("base64");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let changed = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(sealer.open(Purpose::AuditQuery, None, &changed), None, "byte {at}");
        }
        for short in ["", "AAAA", &sealed[..20], &sealed[..sealed.len() - 1]] {
            assert_eq!(sealer.open(Purpose::AuditQuery, None, short), None, "{short}");
        }
    }

    #[test]
    fn a_change_of_keys_opens_what_the_one_before_sealed_and_no_other() {
        let (old, new) = (sealer("one", None), sealer("two", Some("one")));
        let sealed = old.seal(Purpose::AuditQuery, None, TEXT).expect("sealed");
        assert_eq!(new.open(Purpose::AuditQuery, None, &sealed).as_deref(), Some(TEXT));
        let sealed = new.seal(Purpose::AuditQuery, None, TEXT).expect("sealed");
        assert_eq!(old.open(Purpose::AuditQuery, None, &sealed), None);
    }
}

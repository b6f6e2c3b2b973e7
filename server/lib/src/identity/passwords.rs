//! Passwords: hashed with Argon2id, a few at a time.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use app::error::AppError;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::field_error::FieldError;
use domain::login::{Login, prepared_password};
use tokio::sync::Semaphore;

/// Memory per hash, in KiB (OWASP Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Hashes that may be computed at once: each costs 19 MiB and a core.
const AT_ONCE: usize = 2;
/// How long a sign-in waits for its turn before it is told to come back.
const TURN_WAIT: Duration = Duration::from_secs(5);

/// A password found in fewer guesses (as the power of ten) counts as common. The lists of common
/// passwords that are tried first hold some 30,000; this covers them and their usual variations
/// (OWASP ASVS 5.0, 6.2.4 asks for the first 3,000).
const COMMON_GUESSES_LOG10: f64 = 6.0;
/// Words that are tried first against this product (ASVS 6.1.2); the account's user name is added
/// to them. `docs/security.md` lists them.
pub const CONTEXT_WORDS: [&str; 8] =
    ["healthflow", "patient", "clinician", "clinic", "hospital", "doctor", "nurse", "health"];
/// The letters of one-time passwords: none that look alike.
const ONE_TIME_LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// How long one-time passwords are, in letters; each is worth 5 bits (ASVS 11.5.1 asks for 128).
const ONE_TIME_CHARS: usize = 30;

/// Stands in for the hash of an unknown user, so that both cost the same time. Its password is
/// nobody's.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash_now(&uuid::Uuid::new_v4().to_string()).unwrap_or_default());

/// Hashes and checks passwords.
#[derive(Clone, Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Passwords {
    /// The PHC text of a new password.
    ///
    /// # Errors
    /// [`AppError::Overloaded`] when too many sign in at once.
    pub async fn hash(&self, password: &str) -> Result<String, AppError> {
        let password = prepared_password(password);
        self.in_turn(move || hash_now(&password)).await?
    }

    /// Whether the password is the one behind `hash`; without a hash it takes as long and is not.
    /// What is not typed as it is kept today is tried as typed too: the hash may be older.
    ///
    /// # Errors
    /// [`AppError::Overloaded`] when too many sign in at once.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, AppError> {
        let mut spellings = vec![prepared_password(password), password.to_owned()];
        spellings.dedup();
        let known = hash.map(str::to_owned);
        self.in_turn(move || {
            let is_known = known.is_some();
            let hash = known.unwrap_or_else(|| NOBODY.clone());
            let verified = PasswordHash::new(&hash).is_ok_and(|hash| {
                let is = |text: &String| argon2().verify_password(text.as_bytes(), &hash).is_ok();
                spellings.iter().any(is)
            });
            is_known && verified
        })
        .await
    }

    /// Whether the hash was made with less work than a new one would be.
    #[must_use]
    pub fn is_outdated(hash: &str) -> bool {
        let made = PasswordHash::new(hash).ok();
        let is_argon2id = made.as_ref().is_some_and(|made| made.algorithm.as_str() == "argon2id");
        let params = made.and_then(|made| Params::try_from(&made).ok());
        !is_argon2id
            || params.is_none_or(|made| made.m_cost() < MEMORY_KIB || made.t_cost() < PASSES)
    }

    /// Checks that a password for the account `login` is none of the first that an attacker tries:
    /// common ones, slight changes of them, and the user name.
    ///
    /// # Errors
    /// The fault of the field `password`; [`AppError::Overloaded`] when too many sign in at once.
    pub async fn refuse_common(&self, password: &str, login: &Login) -> Result<(), AppError> {
        let (password, login) = (prepared_password(password), login.key().to_owned());
        let guesses_log10 = self.in_turn(move || guesses_log10(&password, &login)).await?;
        if guesses_log10 >= COMMON_GUESSES_LOG10 {
            return Ok(());
        }
        let message = "This password is among the first that somebody would try: choose another, \
                       for instance four words that do not belong together.";
        Err(FieldError::new("password", "common", message).into())
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AppError> {
        let turn = tokio::time::timeout(TURN_WAIT, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(AppError::Overloaded { retry_after_s: 5 }) };
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|_| AppError::Unavailable)
    }
}

/// A password that is good for one sign-in, in groups of five letters.
///
/// # Errors
/// [`AppError::Unavailable`] when the machine has no randomness to give.
pub fn one_time() -> Result<String, AppError> {
    let mut random = [0_u8; ONE_TIME_CHARS];
    getrandom::fill(&mut random).map_err(|_| AppError::Unavailable)?;
    let mut text = String::with_capacity(ONE_TIME_CHARS * 6 / 5);
    for (at, byte) in random.into_iter().enumerate() {
        if at > 0 && at % 5 == 0 {
            text.push('-');
        }
        text.push(char::from(ONE_TIME_LETTERS[usize::from(byte) % ONE_TIME_LETTERS.len()]));
    }
    Ok(text)
}

/// How many guesses an attacker needs who knows where the password is used, as the power of ten.
fn guesses_log10(password: &str, login_key: &str) -> f64 {
    let known: Vec<&str> = CONTEXT_WORDS.into_iter().chain([login_key]).collect();
    zxcvbn::zxcvbn(password, &known).guesses_log10()
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str) -> Result<String, AppError> {
    let hash = argon2().hash_password(password.as_bytes()).map_err(|_| AppError::Unavailable)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn verifies_the_password_it_hashed_and_no_other() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse").await.expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(passwords.verify("correct horse", Some(&hash)).await, Ok(true));
        assert_eq!(passwords.verify("battery staple", Some(&hash)).await, Ok(false));
    }

    #[tokio::test]
    async fn common_passwords_are_refused_and_phrases_are_not() {
        let (passwords, anna) =
            (Passwords::default(), Login::parse("anna.smith").expect("a login"));
        for common in ["password", "Passw0rd", "12345678", "qwertyuiop", "iloveyou1", "anna.smith"]
        {
            assert!(passwords.refuse_common(common, &anna).await.is_err(), "{common}");
        }
        for word in CONTEXT_WORDS {
            let known = format!("{word}2026");
            assert!(passwords.refuse_common(&known, &anna).await.is_err(), "{known}");
        }
        for good in ["a-patient's-password", "correct horse battery", "blue kettle on a roof"] {
            assert_eq!(passwords.refuse_common(good, &anna).await, Ok(()), "{good}");
        }
    }

    #[tokio::test]
    async fn a_password_is_the_same_on_every_keyboard_and_older_ones_stay_good() {
        let (mac, android) = ("blue cafe\u{301} on a roof", "blue caf\u{e9} on a roof");
        let passwords = Passwords::default();
        let hash = passwords.hash(mac).await.expect("hashed");
        for typed in [mac, android] {
            assert_eq!(passwords.verify(typed, Some(&hash)).await, Ok(true), "{typed:?}");
        }
        // Kept as it was typed, before passwords were prepared.
        let older = hash_now(mac).expect("hashed");
        assert_eq!(passwords.verify(mac, Some(&older)).await, Ok(true));
        assert_eq!(passwords.verify("blue cafe on a roof", Some(&older)).await, Ok(false));
    }

    #[test]
    fn a_hash_made_with_less_work_is_outdated() {
        assert!(!Passwords::is_outdated(&hash_now("x").expect("hashed")));
        let weak = Params::new(8 * 1024, 1, 1, None).expect("parameters");
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, weak);
        let weak = weak.hash_password(b"x").expect("hashed").to_string();
        assert!(Passwords::is_outdated(&weak));
    }

    #[test]
    fn one_time_passwords_differ_and_are_easy_to_copy() {
        let (one, other) = (one_time().expect("made"), one_time().expect("made"));
        assert_ne!(one, other);
        assert_eq!(one.split('-').map(str::len).collect::<Vec<_>>(), [5; 6]);
    }

    #[tokio::test]
    async fn nobody_is_verified_without_a_hash() {
        assert_eq!(Passwords::default().verify("", None).await, Ok(false));
    }
}

//! How often somebody may try to sign in, so that passwords cannot be guessed and nobody can lock
//! somebody else out.
//!
//! Failed attempts count against the account and against the address. A browser in which somebody
//! once signed in holds a signed device token of that account (OWASP's device cookies): its
//! attempts count for themselves. So strangers who try an account use up the strangers' attempts
//! alone, and its owner still gets in from every device they used before.
//!
//! Accounts that do not exist count alike. Each process counts for itself.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::error::AppError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::SessionId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::clock::Monotonic;
use crate::http::client_addr::ClientAddr;
use crate::token_buckets::{Buckets, Empty, Rate};

/// Over this time failed attempts are forgotten, evenly.
pub const FAILURES_WINDOW: Duration = Duration::from_secs(15 * 60);
/// Over this time registrations are forgotten, evenly.
pub const REGISTRATIONS_WINDOW: Duration = Duration::from_secs(60 * 60);
/// So many accounts, devices and addresses are remembered, of each.
const KEYS_MAX: usize = 50_000;
/// Keeps device tokens apart from whatever else is signed with the same key.
const PURPOSE: &[u8] = b"healthflow device token 1";

/// How many attempts are allowed; 0 for any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleLimits {
    /// Failed sign-ins to one account within [`FAILURES_WINDOW`]: by strangers together, and by
    /// each device that is known. As many wrong passwords within one session.
    pub failures_per_account: u32,
    /// Failed sign-ins by strangers from one address within [`FAILURES_WINDOW`].
    pub failures_per_address: u32,
    /// New accounts from one address within [`REGISTRATIONS_WINDOW`].
    pub registrations_per_address: u32,
}

/// Too many attempts; this one was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    /// When to try again, in seconds; at least 1.
    pub seconds: u32,
}

impl From<Empty> for RetryAfter {
    fn from(empty: Empty) -> Self {
        let seconds = empty.wait.as_millis().div_ceil(1_000).max(1);
        Self { seconds: u32::try_from(seconds).unwrap_or(u32::MAX) }
    }
}

impl From<RetryAfter> for AppError {
    fn from(retry: RetryAfter) -> Self {
        Self::TooManyRequests { retry_after_s: retry.seconds }
    }
}

/// Counts attempts to sign in.
pub struct SignInThrottle {
    key: Vec<u8>,
    time: Arc<dyn Monotonic>,
    counts: Mutex<Counts>,
}

/// Stands for a login, or for one device of it: not to be read back, and of one size.
type Key = [u8; 32];

struct Counts {
    accounts: Option<Buckets<Key>>,
    devices: Option<Buckets<Key>>,
    addresses: Option<Buckets<IpAddr>>,
    registrations: Option<Buckets<IpAddr>>,
}

impl SignInThrottle {
    /// Counts within `limits`; device tokens are signed with `key`, a secret that all processes of
    /// an installation share and that stays the same when they start again.
    #[must_use]
    pub fn new(key: &[u8], limits: ThrottleLimits, time: Arc<dyn Monotonic>) -> Self {
        fn buckets<K: Eq + std::hash::Hash + Clone>(
            limit: u32,
            window: Duration,
        ) -> Option<Buckets<K>> {
            (limit > 0).then(|| Buckets::new(Rate::per(limit, window), KEYS_MAX))
        }
        let counts = Counts {
            accounts: buckets(limits.failures_per_account, FAILURES_WINDOW),
            devices: buckets(limits.failures_per_account, FAILURES_WINDOW),
            addresses: buckets(limits.failures_per_address, FAILURES_WINDOW),
            registrations: buckets(limits.registrations_per_address, REGISTRATIONS_WINDOW),
        };
        Self { key: key.to_owned(), time, counts: Mutex::new(counts) }
    }

    /// Asks whether an attempt to sign in to `login_key` may be made. It counts as failed from now
    /// on, so that attempts at the same moment count too, until [`Attempt::succeeded`] takes that
    /// back. `login_key` is the login in the form in which two spellings of it are the same;
    /// `device` is the device token that was sent, if any.
    ///
    /// # Errors
    /// [`RetryAfter`] when there were too many.
    pub fn check(
        &self,
        addr: ClientAddr,
        login_key: &str,
        device: Option<&str>,
    ) -> Result<Attempt<'_>, RetryAfter> {
        let now = self.time.since_start();
        let known = device.and_then(|token| self.device_of(token, login_key));
        let attempt = |source| Attempt { throttle: self, source };
        let mut counts = self.counts();
        if let Some(device) = known {
            take(&mut counts.devices, device, now)?;
            return Ok(attempt(Source::Device(device)));
        }
        let (account, addr) = (hash(&[login_key.as_bytes()]), addr.counted());
        take(&mut counts.addresses, addr, now)?;
        if let Err(refused) = take(&mut counts.accounts, account, now) {
            // What others did to the account is not held against this address.
            give_back(&mut counts.addresses, &addr);
            return Err(refused);
        }
        Ok(attempt(Source::Stranger { account, addr }))
    }

    /// Asks whether somebody signed in may say their password once more; else whoever holds a
    /// session could guess it. Each session counts for itself, so that nobody outside it can use
    /// its attempts up.
    ///
    /// # Errors
    /// [`RetryAfter`] when there were too many.
    pub fn check_in_session(&self, session_id: SessionId) -> Result<Attempt<'_>, RetryAfter> {
        let key = hash(&[b"session", session_id.0.as_bytes()]);
        take(&mut self.counts().devices, key, self.time.since_start())?;
        Ok(Attempt { throttle: self, source: Source::Device(key) })
    }

    /// Counts a new account made from `addr`.
    ///
    /// # Errors
    /// [`RetryAfter`] when there were too many.
    pub fn check_registration(&self, addr: ClientAddr) -> Result<(), RetryAfter> {
        let now = self.time.since_start();
        take(&mut self.counts().registrations, addr.counted(), now)
    }

    /// A fresh device token for whoever just signed in to `login_key`: for a cookie of its own, of
    /// this app, `HttpOnly`, long-lived, that outlives signing out. It opens nothing.
    #[must_use]
    pub fn device_token(&self, login_key: &str) -> String {
        let nonce = uuid::Uuid::new_v4().into_bytes();
        let signature = self.mac(&nonce, login_key).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([nonce.as_slice(), signature.as_slice()].concat())
    }

    /// The device that `token` stands for, if it was signed here for this login.
    fn device_of(&self, token: &str, login_key: &str) -> Option<Key> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (nonce, signature) = bytes.split_first_chunk::<16>()?;
        self.mac(nonce, login_key).verify_slice(signature).ok()?;
        Some(hash(&[nonce, login_key.as_bytes()]))
    }

    fn mac(&self, nonce: &[u8; 16], login_key: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key)
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        for part in [PURPOSE, nonce, login_key.as_bytes()] {
            mac.update(part);
        }
        mac
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An attempt that may be made. Dropped without a word, as when the caller goes away, it failed.
#[must_use = "an attempt counts as failed until it succeeds"]
pub struct Attempt<'a> {
    throttle: &'a SignInThrottle,
    source: Source,
}

enum Source {
    Device(Key),
    Stranger { account: Key, addr: IpAddr },
}

impl Attempt<'_> {
    /// The password was wrong, or there is no such account.
    pub fn failed(self) {}

    /// Somebody signed in, or nothing could be checked: the attempt does not count. What failed
    /// before still does.
    pub fn succeeded(self) {
        let mut counts = self.throttle.counts();
        match self.source {
            Source::Device(device) => give_back(&mut counts.devices, &device),
            Source::Stranger { account, addr } => {
                give_back(&mut counts.accounts, &account);
                give_back(&mut counts.addresses, &addr);
            }
        }
    }
}

fn take<K: Eq + std::hash::Hash + Clone>(
    buckets: &mut Option<Buckets<K>>,
    key: K,
    now: Duration,
) -> Result<(), RetryAfter> {
    let Some(buckets) = buckets else { return Ok(()) };
    buckets.take(key, 1, now).map(|_| ()).map_err(RetryAfter::from)
}

fn give_back<K: Eq + std::hash::Hash + Clone>(buckets: &mut Option<Buckets<K>>, key: &K) {
    if let Some(buckets) = buckets {
        buckets.give_back(key, 1);
    }
}

fn hash(parts: &[&[u8]]) -> Key {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

#[cfg(test)]
mod tests;

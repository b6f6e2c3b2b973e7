//! Refresh tokens: each is good once. Who brings one that was used before has stolen it, or was
//! stolen from, so the whole session ends.
//!
//! An answer can get lost on its way. So for a moment the token that was just used brings the very
//! same next one again (RFC 9700, 4.14.2): the next is made from the one before it and the signing
//! key, and nobody has to keep a secret for that.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::ids::SessionId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::clock::millis;
use crate::hex::hex;
use crate::store::sessions::SessionRecord;

/// So long after its use a refresh token still brings what it brought: its answer may have been
/// lost, and a browser that asks for several things at once sends it with each.
pub const GRACE: Duration = Duration::from_secs(30);
const SESSION_BYTES: usize = 16;
const GENERATION_BYTES: usize = 4;
const SECRET_BYTES: usize = 32;
const TAG_BYTES: usize = 32;

/// What a session's next pair of tokens is asked for with. Its tag proves that we made it, even
/// when it was replaced so long ago that nothing of it is stored any more.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The session it is of.
    pub session_id: SessionId,
    /// How many there were before it in its session.
    pub generation: u32,
    secret: [u8; SECRET_BYTES],
    tag: [u8; TAG_BYTES],
}

impl RefreshToken {
    /// A new one, with a tag made from `signing_key`.
    ///
    /// # Errors
    /// When the machine has no randomness to give.
    pub fn fresh(
        signing_key: &str,
        session_id: SessionId,
        generation: u32,
    ) -> Result<Self, getrandom::Error> {
        let mut secret = [0_u8; SECRET_BYTES];
        getrandom::fill(&mut secret)?;
        Ok(Self::signed(signing_key, session_id, generation, secret))
    }

    /// The one that takes this one's place: each time the same under the same `signing_key`, and
    /// not to be guessed without it.
    #[must_use]
    pub fn next(&self, signing_key: &str) -> Self {
        let generation = self.generation.saturating_add(1);
        let mut secret = [0_u8; SECRET_BYTES];
        if let Some(mut mac) = keyed(signing_key) {
            mac.update(b"the refresh token after");
            mac.update(&self.content());
            secret = mac.finalize().into_bytes().into();
        }
        Self::signed(signing_key, self.session_id, generation, secret)
    }

    fn signed(
        signing_key: &str,
        session_id: SessionId,
        generation: u32,
        secret: [u8; SECRET_BYTES],
    ) -> Self {
        let mut token = Self { session_id, generation, secret, tag: [0; TAG_BYTES] };
        if let Some(mac) = token.mac(signing_key) {
            token.tag = mac.finalize().into_bytes().into();
        }
        token
    }

    /// Reads one that a caller brings.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (session, rest) = bytes.split_first_chunk::<SESSION_BYTES>()?;
        let (generation, rest) = rest.split_first_chunk::<GENERATION_BYTES>()?;
        let (secret, tag) = rest.split_first_chunk::<SECRET_BYTES>()?;
        Some(Self {
            session_id: SessionId(Uuid::from_bytes(*session)),
            generation: u32::from_be_bytes(*generation),
            secret: *secret,
            tag: tag.try_into().ok()?,
        })
    }

    /// The text a caller keeps.
    #[must_use]
    pub fn text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode([self.content().as_slice(), &self.tag].concat())
    }

    /// What is stored of it. The secret is random and long: one pass of SHA-256 is enough.
    #[must_use]
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.secret))
    }

    /// Whether one of these keys made its tag.
    #[must_use]
    pub fn is_ours<'a>(&self, mut keys: impl Iterator<Item = &'a str>) -> bool {
        keys.any(|key| self.mac(key).is_some_and(|mac| mac.verify_slice(&self.tag).is_ok()))
    }

    fn content(&self) -> Vec<u8> {
        let parts: [&[u8]; 3] =
            [self.session_id.0.as_bytes(), &self.generation.to_be_bytes(), &self.secret];
        parts.concat()
    }

    fn mac(&self, key: &str) -> Option<Hmac<Sha256>> {
        let mut mac = keyed(key)?;
        mac.update(b"refresh token");
        mac.update(&self.content());
        Some(mac)
    }
}

fn keyed(key: &str) -> Option<Hmac<Sha256>> {
    Hmac::new_from_slice(key.as_bytes()).ok()
}

/// What becomes of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the one that is good: the next takes its place.
    Good,
    /// It was used a moment ago: what it brought then, once more.
    JustUsed,
    /// It was used before: the session must end.
    Reused,
    /// It is none of this session's, or the session has ended.
    Worthless,
}

/// Judges a refresh token with this hash at `now_ms`; `is_ours` says that its tag is good.
#[must_use]
pub fn judge(session: &SessionRecord, hash: &str, is_ours: bool, now_ms: u64) -> Verdict {
    if has_ended(session, now_ms) {
        return Verdict::Worthless;
    }
    if session.refresh_hash == hash {
        return Verdict::Good;
    }
    let is_moment = now_ms.saturating_sub(session.rotated_ms) <= millis(GRACE);
    if is_moment && session.previous_hash.as_deref() == Some(hash) {
        return Verdict::JustUsed;
    }
    // A session's name is no secret: what somebody made up around it ends nothing.
    if is_ours { Verdict::Reused } else { Verdict::Worthless }
}

/// Whether a session has ended at `now_ms`, for whatever reason.
#[must_use]
pub fn has_ended(session: &SessionRecord, now_ms: u64) -> bool {
    session.ended.is_some() || now_ms >= session.idle_until_ms || now_ms >= session.ends_ms
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::login::Login;
    use proptest::prelude::*;

    fn session() -> SessionRecord {
        SessionRecord {
            session_id: SessionId(Uuid::from_u128(1)),
            login: Login::parse("anna").expect("a login"),
            device: String::new(),
            generation: 5,
            created_ms: 0,
            last_used_ms: 0,
            idle_until_ms: 1_000_000,
            ends_ms: 2_000_000,
            refresh_hash: "now".to_owned(),
            previous_hash: Some("before".to_owned()),
            rotated_ms: 100_000,
            ended: None,
        }
    }

    #[test]
    fn the_last_token_is_good_and_the_one_before_for_a_moment() {
        assert_eq!(judge(&session(), "now", true, 500_000), Verdict::Good);
        assert_eq!(judge(&session(), "before", true, 130_000), Verdict::JustUsed);
        assert_eq!(judge(&session(), "before", true, 130_001), Verdict::Reused);
        assert_eq!(judge(&session(), "long ago", true, 101_000), Verdict::Reused);
        assert_eq!(judge(&session(), "made up", false, 101_000), Verdict::Worthless);
    }

    #[test]
    fn nothing_is_good_once_a_session_has_ended() {
        assert_eq!(judge(&session(), "now", true, 1_000_000), Verdict::Worthless, "idle");
        let used = SessionRecord { idle_until_ms: u64::MAX, ..session() };
        assert_eq!(judge(&used, "now", true, 1_999_999), Verdict::Good);
        assert_eq!(judge(&used, "now", true, 2_000_000), Verdict::Worthless, "too old");
        let ended = SessionRecord { ended: Some("signed out".to_owned()), ..session() };
        assert_eq!(judge(&ended, "now", true, 500_000), Verdict::Worthless);
    }

    #[test]
    fn a_token_is_read_back_from_its_text() {
        let token = RefreshToken::fresh("key", SessionId(Uuid::from_u128(7)), 3).expect("chance");
        let read = RefreshToken::parse(&token.text()).expect("a token");
        assert!(read == token);
        assert_eq!(read.hash(), token.hash());
        assert!(read.is_ours(["other", "key"].into_iter()));
        assert!(!read.is_ours(["other"].into_iter()));
        let later = RefreshToken { generation: 4, ..read };
        assert!(!later.is_ours(["key"].into_iter()), "the tag covers all of it");
    }

    #[test]
    fn the_next_token_is_the_same_each_time_and_nobody_elses() {
        let token = RefreshToken::fresh("key", SessionId(Uuid::from_u128(7)), 3).expect("chance");
        let next = token.next("key");
        assert!(next == token.next("key"));
        assert_eq!((next.session_id, next.generation), (token.session_id, 4));
        assert!(next.is_ours(["key"].into_iter()));
        assert_ne!(next.hash(), token.hash());
        assert_ne!(next.hash(), token.next("another key").hash());
        let beside = RefreshToken::fresh("key", token.session_id, 3).expect("chance");
        assert_ne!(next.hash(), beside.next("key").hash(), "it follows from the secret before it");
        assert_ne!(next.hash(), next.next("key").hash());
    }

    proptest! {
        #[test]
        fn reading_a_token_never_panics(text in ".*") {
            let _ = RefreshToken::parse(&text);
        }
    }
}

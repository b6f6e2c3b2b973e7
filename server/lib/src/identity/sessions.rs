//! Sessions: begun by a sign-in, kept alive by use, ended by sign-out, time or an administrator.

use std::sync::Arc;
use std::time::Duration;

use app::backend::{Principal, Session};
use domain::ids::SessionId;
use domain::login::Login;
use moka::future::Cache;

use super::rotation::{self, RefreshToken, Verdict};
use super::signing_keys::SigningKeys;
use super::tokens::{Tokens, Verified};
use crate::clock::{Clock, millis};
use crate::config::AuthConfig;
use crate::store::client::StoreError;
use crate::store::sessions::{DynamoSessions, SessionRecord};
use crate::store::users::{DynamoUsers, User};

/// For so long what is known of a session is not asked for again. So a disabled account, a changed
/// role or an ended session is noticed everywhere within 5 s, reading included.
const KNOWN_FOR: Duration = Duration::from_secs(3);
/// So many sessions are known at once, in one process.
const KNOWN_MAX: u64 = 100_000;
/// The use of a session is noted so often at most.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// Without a sign of life.
    pub idle: Duration,
    /// In all.
    pub total: Duration,
}

impl SessionLimits {
    /// As configured.
    #[must_use]
    pub fn of(config: &AuthConfig) -> Self {
        Self {
            idle: Duration::from_secs(config.idle_timeout_min * 60),
            total: Duration::from_secs(config.session_max_h * 3_600),
        }
    }
}

/// Begins, finds and ends sessions.
#[derive(Clone)]
pub struct Sessions {
    users: DynamoUsers,
    records: DynamoSessions,
    tokens: Tokens,
    keys: SigningKeys,
    clock: Arc<dyn Clock>,
    limits: SessionLimits,
    is_demo: bool,
    known: Cache<SessionId, Option<Arc<Standing>>>,
}

/// A session and its owner, as they were a moment ago.
#[derive(Clone, Debug)]
pub struct Standing {
    record: SessionRecord,
    user: User,
}

impl Standing {
    /// Whether the session goes on at `now_ms`, on a server that `is_demo` or not.
    fn holds(&self, now_ms: u64, is_demo: bool) -> bool {
        self.user.is_open(is_demo) && goes_on(&self.record, &self.user, now_ms)
    }

    /// Who asks in this session.
    #[must_use]
    pub fn principal(&self) -> Principal {
        principal(&self.user, self.record.session_id)
    }

    /// How long the session goes on at most after `now_ms`, in seconds.
    #[must_use]
    pub fn ends_in_s(&self, now_ms: u64) -> u64 {
        self.record.ends_ms.saturating_sub(now_ms) / 1_000
    }
}

/// What came of a refresh token.
pub enum Refreshed {
    /// Go on with these.
    Tokens(Session),
    /// It is worth nothing: sign in again.
    SignInAgain,
}

/// What can go wrong.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SessionError {
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A token could not be made.
    #[error("a token could not be made: {0}")]
    Token(String),
}

impl Sessions {
    /// Sessions of the accounts `users`, kept in `records`.
    #[must_use]
    pub fn new(
        users: DynamoUsers,
        records: DynamoSessions,
        keys: SigningKeys,
        clock: Arc<dyn Clock>,
        config: &AuthConfig,
    ) -> Self {
        Self {
            users,
            records,
            tokens: Tokens::new(&keys, config.access_token_s),
            keys,
            clock,
            limits: SessionLimits::of(config),
            is_demo: config.demo,
            known: Cache::builder().max_capacity(KNOWN_MAX).time_to_live(KNOWN_FOR).build(),
        }
    }

    /// How long sessions last.
    #[must_use]
    pub fn limits(&self) -> SessionLimits {
        self.limits
    }

    /// Begins a session of `user` on `device`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begin(&self, user: &User, device: String) -> Result<Session, SessionError> {
        let now_ms = self.clock.unix_ms();
        let session_id = SessionId(self.clock.fresh_uuid());
        let refresh = self.fresh_refresh_token(session_id, 0)?;
        let ends_ms = now_ms + millis(self.limits.total);
        let record = SessionRecord {
            session_id,
            login: user.login.clone(),
            device,
            created_ms: now_ms,
            last_used_ms: now_ms,
            idle_until_ms: now_ms + millis(self.limits.idle),
            ends_ms,
            generation: 0,
            refresh_hash: refresh.hash(),
            previous_hash: None,
            rotated_ms: now_ms,
            ended: None,
        };
        self.records.create(&record).await?;
        self.tokens_of(&Standing { record, user: user.clone() }, Some(&refresh), now_ms)
    }

    /// Which session a token of a caller is of.
    #[must_use]
    pub fn verify(&self, access_token: &str) -> Option<Verified> {
        self.tokens.verify(access_token)
    }

    /// The session, if it goes on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn standing(&self, id: SessionId) -> Result<Option<Arc<Standing>>, StoreError> {
        let known = self.known.try_get_with(id, self.look_up(id)).await;
        let known = known.map_err(|error| StoreError::clone(&error))?;
        Ok(known.filter(|standing| standing.holds(self.clock.unix_ms(), self.is_demo)))
    }

    async fn look_up(&self, id: SessionId) -> Result<Option<Arc<Standing>>, StoreError> {
        let Some(record) = self.records.find(id).await? else { return Ok(None) };
        let user = self.users.kept_as(record.login.key()).await?;
        Ok(user.map(|user| Arc::new(Standing { record, user })))
    }

    /// Notes, once a minute at most, that the session was used.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn touch(&self, standing: &Standing) -> Result<(), StoreError> {
        let now_ms = self.clock.unix_ms();
        let record = &standing.record;
        // With a short time-out a minute would be too late.
        let pause = TOUCH_EVERY.min(self.limits.idle / 10);
        if now_ms.saturating_sub(record.last_used_ms) < millis(pause) {
            return Ok(());
        }
        let idle_until_ms = now_ms + millis(self.limits.idle);
        self.records.touch(record.session_id, now_ms, idle_until_ms).await?;
        self.known.invalidate(&record.session_id).await;
        Ok(())
    }

    /// The session a refresh token is good for, without using the token.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn peek(&self, refresh: &str) -> Result<Option<Arc<Standing>>, StoreError> {
        let Some(token) = RefreshToken::parse(refresh) else { return Ok(None) };
        let Some(standing) = self.standing(token.session_id).await? else { return Ok(None) };
        let is_good =
            matches!(self.judge(&standing.record, &token), Verdict::Good | Verdict::JustUsed);
        Ok(is_good.then_some(standing))
    }

    /// Uses a refresh token. A moment later it brings the same pair once more, because the answer
    /// may have been lost; used again after that, it ends its session, because then two have it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn refresh(&self, refresh: &str) -> Result<Refreshed, SessionError> {
        let Some(token) = RefreshToken::parse(refresh) else { return Ok(Refreshed::SignInAgain) };
        // Of several that are quicker at once, each makes this one look again, and so does a store
        // that may have written; what was written a moment ago is then found and brought once more.
        let mut in_doubt = None;
        for _ in 0..3 {
            let now_ms = self.clock.unix_ms();
            let Some(standing) = self.look_up(token.session_id).await? else {
                return Ok(Refreshed::SignInAgain);
            };
            if !standing.holds(now_ms, self.is_demo) {
                return Ok(Refreshed::SignInAgain);
            }
            match self.judge(&standing.record, &token) {
                Verdict::Worthless => return Ok(Refreshed::SignInAgain),
                Verdict::JustUsed => {
                    let next = self.brought_before(&standing.record, &token);
                    let session = self.tokens_of(&standing, next.as_ref(), now_ms)?;
                    return Ok(Refreshed::Tokens(session));
                }
                Verdict::Reused => {
                    tracing::warn!("a refresh token came a second time: its session is ended");
                    self.end(token.session_id, "refresh token used twice").await?;
                    return Ok(Refreshed::SignInAgain);
                }
                Verdict::Good => {
                    let next = token.next(&self.keys.current);
                    let idle_until_ms = now_ms + millis(self.limits.idle);
                    let rotated = self
                        .records
                        .rotate(&standing.record, &next.hash(), now_ms, idle_until_ms)
                        .await;
                    match rotated {
                        Ok(true) => {
                            self.known.invalidate(&token.session_id).await;
                            let session = self.tokens_of(&standing, Some(&next), now_ms)?;
                            return Ok(Refreshed::Tokens(session));
                        }
                        Ok(false) => {}
                        Err(error @ StoreError::OutcomeUnknown(_)) => in_doubt = Some(error),
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
        in_doubt.map_or(Ok(Refreshed::SignInAgain), |error| Err(error.into()))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end(&self, id: SessionId, why: &str) -> Result<(), StoreError> {
        self.records.end(id, why).await?;
        self.known.invalidate(&id).await;
        Ok(())
    }

    /// The sessions of an account that go on, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of_user(&self, user: &User) -> Result<Vec<SessionRecord>, StoreError> {
        let now_ms = self.clock.unix_ms();
        let mut found = self.records.of_login(&user.login).await?;
        found.retain(|record| goes_on(record, user, now_ms));
        Ok(found)
    }

    /// Forgets what is known of this account's sessions, so that a change shows here at once.
    pub async fn forget(&self, login: &Login) {
        let key = login.key();
        let own: Vec<SessionId> = self
            .known
            .iter()
            .filter(|(_, standing)| {
                standing.as_ref().is_some_and(|standing| standing.user.login.key() == key)
            })
            .map(|(id, _)| *id)
            .collect();
        for id in own {
            self.known.invalidate(&id).await;
        }
    }

    fn judge(&self, record: &SessionRecord, token: &RefreshToken) -> Verdict {
        let is_ours = token.is_ours(self.keys.believed());
        rotation::judge(record, &token.hash(), is_ours, self.clock.unix_ms())
    }

    /// The refresh token that took the place of `token`, made once more. With the key of that
    /// moment, which may have been replaced since. `None` where neither key makes it: then an older
    /// release drew it by lot.
    fn brought_before(&self, record: &SessionRecord, token: &RefreshToken) -> Option<RefreshToken> {
        let mut made = self.keys.believed().map(|key| token.next(key));
        made.find(|next| next.hash() == record.refresh_hash)
    }

    fn fresh_refresh_token(
        &self,
        id: SessionId,
        generation: u32,
    ) -> Result<RefreshToken, SessionError> {
        RefreshToken::fresh(&self.keys.current, id, generation)
            .map_err(|error| SessionError::Token(error.to_string()))
    }

    fn tokens_of(
        &self,
        standing: &Standing,
        refresh: Option<&RefreshToken>,
        now_ms: u64,
    ) -> Result<Session, SessionError> {
        let Standing { record, user } = standing;
        let access_token = self
            .tokens
            .issue(&user.login, record.session_id, now_ms / 1_000)
            .map_err(|error| SessionError::Token(error.to_string()))?;
        let left_s = standing.ends_in_s(now_ms);
        Ok(Session {
            access_token,
            expires_in_s: self.tokens.lifetime_s(),
            refresh_token: refresh.map(RefreshToken::text),
            refresh_expires_in_s: left_s,
            device_token: None,
            principal: standing.principal(),
            new_user: false,
        })
    }
}

/// Whether neither time nor anybody has ended a session of `user`.
fn goes_on(record: &SessionRecord, user: &User, now_ms: u64) -> bool {
    record.created_ms >= user.sessions_since_ms && !rotation::has_ended(record, now_ms)
}

fn principal(user: &User, session_id: SessionId) -> Principal {
    Principal {
        login: user.login.shown().to_owned(),
        role: user.role,
        clinic_id: user.clinic_id.clone(),
        patient_id: user.patient_id,
        session_id,
        must_change_password: user.must_change_password,
    }
}

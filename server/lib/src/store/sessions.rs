//! Sessions: one per sign-in and device, until it ends.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use domain::ids::SessionId;
use domain::login::Login;

use super::client::StoreError;
use super::item::{Item, number, number_of, text, text_of};
use super::tables::SESSIONS_BY_LOGIN_INDEX;
use super::writing::written;

/// A session as it is kept. Times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// The session.
    pub session_id: SessionId,
    /// Whose it is.
    pub login: Login,
    /// The browser or program, in words.
    pub device: String,
    /// When it began.
    pub created_ms: u64,
    /// When it was last used, to the minute.
    pub last_used_ms: u64,
    /// When it ends unless it is used before.
    pub idle_until_ms: u64,
    /// When it ends whatever happens.
    pub ends_ms: u64,
    /// How many refresh tokens there were before the one that is good now.
    pub generation: u32,
    /// The SHA-256 of the refresh token that is good now, in hexadecimal digits.
    pub refresh_hash: String,
    /// The one before.
    pub previous_hash: Option<String>,
    /// When the one took the place of the other.
    pub rotated_ms: u64,
    /// Why it has ended, if it was ended.
    pub ended: Option<String>,
}

/// Sessions in the sessions table.
#[derive(Clone, Debug)]
pub struct DynamoSessions {
    client: Client,
    table: String,
}

impl DynamoSessions {
    /// The sessions in `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Keeps a new session.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn create(&self, session: &SessionRecord) -> Result<(), StoreError> {
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(encode(session)))
            .condition_expression("attribute_not_exists(session_id)")
            .send();
        written(sent).await.map(|_| ())
    }

    /// The session, ended or not.
    ///
    /// # Errors
    /// When the store fails or holds something undecodable.
    pub async fn find(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("session_id", text(id.to_string()))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::of_reading)?;
        got.item().map(decode).transpose()
    }

    /// All sessions of an account, ended or not, newest first. On AWS one of the last second may
    /// be missing.
    ///
    /// # Errors
    /// When the store fails or holds something undecodable.
    pub async fn of_login(&self, login: &Login) -> Result<Vec<SessionRecord>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(SESSIONS_BY_LOGIN_INDEX)
            .key_condition_expression("login_key = :login")
            .expression_attribute_values(":login", text(login.key()))
            .scan_index_forward(false)
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            found.push(decode(&item.map_err(StoreError::of_reading)?)?);
        }
        Ok(found)
    }

    /// Puts `next_hash` in the place of the refresh token `session` was read with, and notes that
    /// it was used; says whether nobody else was quicker.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rotate(
        &self,
        session: &SessionRecord,
        next_hash: &str,
        now_ms: u64,
        idle_until_ms: u64,
    ) -> Result<bool, StoreError> {
        let update = self
            .update(session.session_id)
            .update_expression(
                "SET refresh_hash = :next, previous_hash = :old, rotated_ms = :now, \
                 generation = :generation, last_used_ms = :now, idle_until_ms = :idle",
            )
            .condition_expression("refresh_hash = :old AND attribute_not_exists(ended)")
            .expression_attribute_values(":next", text(next_hash))
            .expression_attribute_values(":old", text(&session.refresh_hash))
            .expression_attribute_values(":generation", number(u64::from(session.generation) + 1))
            .expression_attribute_values(":now", number(now_ms))
            .expression_attribute_values(":idle", number(idle_until_ms));
        written(update.send()).await
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn touch(
        &self,
        id: SessionId,
        now_ms: u64,
        idle_until_ms: u64,
    ) -> Result<bool, StoreError> {
        let update = self
            .update(id)
            .update_expression("SET last_used_ms = :now, idle_until_ms = :idle")
            .condition_expression("attribute_exists(session_id) AND attribute_not_exists(ended)")
            .expression_attribute_values(":now", number(now_ms))
            .expression_attribute_values(":idle", number(idle_until_ms));
        written(update.send()).await
    }

    /// Ends a session, if it has not ended.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end(&self, id: SessionId, why: &str) -> Result<bool, StoreError> {
        let update = self
            .update(id)
            .update_expression("SET ended = :why")
            .condition_expression("attribute_exists(session_id) AND attribute_not_exists(ended)")
            .expression_attribute_values(":why", text(why));
        written(update.send()).await
    }

    fn update(&self, id: SessionId) -> UpdateItemFluentBuilder {
        let key = text(id.to_string());
        self.client.update_item().table_name(&self.table).key("session_id", key)
    }
}

fn encode(session: &SessionRecord) -> Item {
    let mut item = Item::from([
        ("session_id".to_owned(), text(session.session_id.to_string())),
        ("login_key".to_owned(), text(session.login.key())),
        ("login".to_owned(), text(session.login.shown())),
        ("device".to_owned(), text(&session.device)),
        ("created_ms".to_owned(), number(session.created_ms)),
        ("last_used_ms".to_owned(), number(session.last_used_ms)),
        ("idle_until_ms".to_owned(), number(session.idle_until_ms)),
        ("ends_ms".to_owned(), number(session.ends_ms)),
        ("generation".to_owned(), number(u64::from(session.generation))),
        ("refresh_hash".to_owned(), text(&session.refresh_hash)),
        ("rotated_ms".to_owned(), number(session.rotated_ms)),
        // Where the table forgets by itself, it may do so a day after the end.
        ("forget_at_s".to_owned(), number(session.ends_ms / 1_000 + 24 * 3_600)),
    ]);
    let optional = [("previous_hash", &session.previous_hash), ("ended", &session.ended)];
    for (name, value) in optional {
        if let Some(value) = value {
            item.insert(name.to_owned(), text(value));
        }
    }
    item
}

fn decode(item: &Item) -> Result<SessionRecord, StoreError> {
    let broken = |name: &str| StoreError::Undecodable(format!("a session without a good `{name}`"));
    let words = |name: &str| text_of(item, name).ok_or_else(|| broken(name));
    let count = |name: &str| number_of(item, name).ok_or_else(|| broken(name));
    Ok(SessionRecord {
        session_id: words("session_id")?.parse().map_err(|_| broken("session_id"))?,
        login: Login::kept(words("login")?, words("login_key")?),
        device: words("device")?.to_owned(),
        created_ms: count("created_ms")?,
        last_used_ms: count("last_used_ms")?,
        idle_until_ms: count("idle_until_ms")?,
        ends_ms: count("ends_ms")?,
        generation: u32::try_from(count("generation")?).map_err(|_| broken("generation"))?,
        refresh_hash: words("refresh_hash")?.to_owned(),
        previous_hash: text_of(item, "previous_hash").map(str::to_owned),
        rotated_ms: count("rotated_ms")?,
        ended: text_of(item, "ended").map(str::to_owned),
    })
}

//! Accounts.

use std::fmt;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use domain::access::Role;
use domain::ids::{ClinicId, PatientId};
use domain::login::{Login, SoughtLogin};

use super::client::{StoreError, put_in_transaction};
use super::item::{Item, bool_of, number, number_of, text, text_of};
use super::tables::STAFF_BY_CLINIC_INDEX;
use super::writing::written;

/// An account as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The name they sign in with.
    pub login: Login,
    /// What they may do.
    pub role: Role,
    /// The clinic they belong to.
    pub clinic_id: ClinicId,
    /// Which patient they are, if they are one.
    pub patient_id: Option<PatientId>,
    /// The password's Argon2id hash in PHC form.
    pub password_hash: String,
    /// Whether they must choose a new password before anything else.
    pub must_change_password: bool,
    /// Whether they may not sign in.
    pub is_disabled: bool,
    /// Whether it was made in demo mode, without a password anybody could call one: outside demo
    /// mode it is as if it were not there.
    pub is_demo: bool,
    /// Sessions begun before this time, in milliseconds since 1970, have ended.
    pub sessions_since_ms: u64,
}

/// Without the password's hash: what is printed for debugging may end up in a log.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("User");
        shown.field("login", &self.login).field("role", &self.role);
        shown.field("clinic_id", &self.clinic_id).finish_non_exhaustive()
    }
}

impl User {
    /// Whether somebody may sign in to it, on a server that `is_demo` or not.
    #[must_use]
    pub fn is_open(&self, is_demo: bool) -> bool {
        !self.is_disabled && (is_demo || !self.is_demo)
    }
}

/// Accounts in the users table.
#[derive(Clone, Debug)]
pub struct DynamoUsers {
    client: Client,
    table: String,
}

impl DynamoUsers {
    /// The accounts in `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// The account that is kept under this very key.
    ///
    /// # Errors
    /// When the store fails or holds something undecodable.
    pub async fn kept_as(&self, key: &str) -> Result<Option<User>, StoreError> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("login_key", text(key))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::of_reading)?;
        got.item().map(decode).transpose()
    }

    /// The account of this name, under whichever of its keys it is kept.
    ///
    /// # Errors
    /// When the store fails or holds something undecodable.
    pub async fn find(&self, name: &SoughtLogin) -> Result<Option<User>, StoreError> {
        for key in name.keys() {
            if let Some(user) = self.kept_as(key).await? {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }

    /// The accounts of a clinic's staff, by login. On AWS a change of the last second may be
    /// missing.
    ///
    /// # Errors
    /// When the store fails or holds something undecodable.
    pub async fn staff_of(&self, clinic_id: &ClinicId) -> Result<Vec<User>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(STAFF_BY_CLINIC_INDEX)
            .key_condition_expression("staff_of = :clinic")
            .expression_attribute_values(":clinic", text(clinic_id.to_string()))
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            found.push(decode(&item.map_err(StoreError::of_reading)?)?);
        }
        Ok(found)
    }

    /// The write that makes an account unless its login is taken, for a transaction.
    ///
    /// # Errors
    /// When the SDK cannot build the request.
    pub fn creation(&self, user: &User) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(encode(user)))
            .condition_expression("attribute_not_exists(login_key)");
        put_in_transaction(put)
    }

    /// Makes an account; says whether its login was free. One that exists stays as it is.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn create(&self, user: &User) -> Result<bool, StoreError> {
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(encode(user)))
            .condition_expression("attribute_not_exists(login_key)")
            .send();
        written(sent).await
    }

    /// Replaces the password of an account, unless it was replaced since `user` was read. All its
    /// sessions begun before `now_ms` end.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn change_password(
        &self,
        user: &User,
        password_hash: &str,
        must_change_password: bool,
        now_ms: u64,
    ) -> Result<bool, StoreError> {
        let update = self
            .update(&user.login)
            .update_expression(
                "SET password_hash = :new, must_change_password = :must, sessions_since_ms = :now",
            )
            .condition_expression("password_hash = :old")
            .expression_attribute_values(":new", text(password_hash))
            .expression_attribute_values(":old", text(&user.password_hash))
            .expression_attribute_values(":must", AttributeValue::Bool(must_change_password))
            .expression_attribute_values(":now", number(now_ms));
        written(update.send()).await
    }

    /// Keeps the same password under another hash; its sessions go on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rehash(&self, user: &User, password_hash: &str) -> Result<bool, StoreError> {
        let update = self
            .update(&user.login)
            .update_expression("SET password_hash = :new")
            .condition_expression("password_hash = :old")
            .expression_attribute_values(":new", text(password_hash))
            .expression_attribute_values(":old", text(&user.password_hash));
        written(update.send()).await
    }

    /// Ends all sessions of an account begun before `now_ms`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end_sessions(&self, login: &Login, now_ms: u64) -> Result<bool, StoreError> {
        let update = self
            .update(login)
            .update_expression("SET sessions_since_ms = :now")
            .condition_expression("attribute_exists(login_key)")
            .expression_attribute_values(":now", number(now_ms));
        written(update.send()).await
    }

    /// Forbids an account to sign in and ends its sessions, or allows it again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn disable(
        &self,
        login: &Login,
        is_disabled: bool,
        now_ms: u64,
    ) -> Result<bool, StoreError> {
        let update = self
            .update(login)
            .update_expression("SET is_disabled = :disabled, sessions_since_ms = :now")
            .condition_expression("attribute_exists(login_key)")
            .expression_attribute_values(":disabled", AttributeValue::Bool(is_disabled))
            .expression_attribute_values(":now", number(now_ms));
        written(update.send()).await
    }

    fn update(&self, login: &Login) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).key("login_key", text(login.key()))
    }
}

fn encode(user: &User) -> Item {
    let mut item = Item::from([
        ("login_key".to_owned(), text(user.login.key())),
        ("login".to_owned(), text(user.login.shown())),
        ("role".to_owned(), text(user.role.wire_name())),
        ("clinic_id".to_owned(), text(user.clinic_id.to_string())),
        ("password_hash".to_owned(), text(user.password_hash.clone())),
        ("must_change_password".to_owned(), AttributeValue::Bool(user.must_change_password)),
        ("is_disabled".to_owned(), AttributeValue::Bool(user.is_disabled)),
        ("is_demo".to_owned(), AttributeValue::Bool(user.is_demo)),
        ("sessions_since_ms".to_owned(), number(user.sessions_since_ms)),
    ]);
    match user.patient_id {
        Some(patient_id) => item.insert("patient_id".to_owned(), text(patient_id.to_string())),
        // Patients are many and have no place in the index of staff.
        None => item.insert("staff_of".to_owned(), text(user.clinic_id.to_string())),
    };
    item
}

fn decode(item: &Item) -> Result<User, StoreError> {
    let attribute = |name: &str| {
        text_of(item, name)
            .ok_or_else(|| StoreError::Undecodable(format!("an account without `{name}`")))
    };
    let broken = |name: &str| StoreError::Undecodable(format!("an account with a broken `{name}`"));
    let patient_id = match text_of(item, "patient_id") {
        Some(id) => Some(id.parse().map_err(|_| broken("patient_id"))?),
        None => None,
    };
    Ok(User {
        login: Login::kept(attribute("login")?, attribute("login_key")?),
        role: attribute("role")?.parse().map_err(|_| broken("role"))?,
        clinic_id: attribute("clinic_id")?.parse().map_err(|_| broken("clinic_id"))?,
        patient_id,
        password_hash: attribute("password_hash")?.to_owned(),
        must_change_password: bool_of(item, "must_change_password").unwrap_or_default(),
        is_disabled: bool_of(item, "is_disabled").unwrap_or_default(),
        is_demo: bool_of(item, "is_demo").unwrap_or_default(),
        sessions_since_ms: number_of(item, "sessions_since_ms").unwrap_or_default(),
    })
}

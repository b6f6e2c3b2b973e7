//! Accounts.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::ids::{ClinicId, PatientId};
use domain::login::Login;

use app::wire::Role;

use super::client::{StoreError, written};
use super::item::{Item, text, text_of};

/// An account as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// The account with this login.
    ///
    /// # Errors
    /// When the store fails or holds something undecodable.
    pub async fn find(&self, login: &Login) -> Result<Option<User>, StoreError> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("login_key", text(login.key()))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        got.item().map(decode).transpose()
    }

    /// The write that makes an account unless its login is taken, for a transaction.
    ///
    /// # Errors
    /// When the SDK cannot build the request.
    pub fn creation(&self, user: &User) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(encode(user)))
            .condition_expression("attribute_not_exists(login_key)")
            .build()
            .map_err(|e| StoreError::Failed(e.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Makes an account, or leaves the one that exists as it is.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn ensure(&self, user: &User) -> Result<(), StoreError> {
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(encode(user)))
            .condition_expression("attribute_not_exists(login_key)")
            .send()
            .await;
        written(sent).map(|_| ())
    }
}

fn encode(user: &User) -> Item {
    let mut item = Item::from([
        ("login_key".to_owned(), text(user.login.key())),
        ("login".to_owned(), text(user.login.shown())),
        ("role".to_owned(), text(user.role.wire_name())),
        ("clinic_id".to_owned(), text(user.clinic_id.to_string())),
        ("password_hash".to_owned(), text(user.password_hash.clone())),
    ]);
    if let Some(patient_id) = user.patient_id {
        item.insert("patient_id".to_owned(), text(patient_id.to_string()));
    }
    item
}

fn decode(item: &Item) -> Result<User, StoreError> {
    let attribute = |name: &str| {
        text_of(item, name)
            .ok_or_else(|| StoreError::Undecodable(format!("an account without `{name}`")))
    };
    let broken = |name: &str| StoreError::Undecodable(format!("an account with a broken `{name}`"));
    let role = match attribute("role")? {
        "patient" => Role::Patient,
        "clinician" => Role::Clinician,
        _ => return Err(broken("role")),
    };
    let patient_id = match text_of(item, "patient_id") {
        Some(id) => Some(id.parse().map_err(|_| broken("patient_id"))?),
        None => None,
    };
    Ok(User {
        login: Login::parse(attribute("login")?).map_err(|_| broken("login"))?,
        role,
        clinic_id: attribute("clinic_id")?.parse().map_err(|_| broken("clinic_id"))?,
        patient_id,
        password_hash: attribute("password_hash")?.to_owned(),
    })
}

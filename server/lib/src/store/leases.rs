//! Leases: a right that one process has at a time, and loses when it does not renew it.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;

use super::client::StoreError;
use super::item::{number, text};
use super::writing::written;
use crate::clock::{Clock, SystemClock, millis};
use crate::relay::{LEASE_TIME, SweepLease};

/// A lease in a table. Its end is compared by the clocks of those who want it: a clock that runs
/// ahead takes it early, and then two sweep for a while, which costs repeats and loses nothing.
#[derive(Clone, Debug)]
pub struct DynamoLease {
    client: Client,
    table: String,
    name: &'static str,
    owner: String,
}

impl DynamoLease {
    /// The lease `name` in `table`, wanted by this process.
    pub fn new(client: Client, table: impl Into<String>, name: &'static str) -> Self {
        let owner = SystemClock.fresh_uuid().to_string();
        Self { client, table: table.into(), name, owner }
    }
}

#[async_trait]
impl SweepLease for DynamoLease {
    async fn hold(&self) -> Result<bool, StoreError> {
        let now_ms = SystemClock.unix_ms();
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("lease", text(self.name))
            .item("held_by", text(&self.owner))
            .item("until_ms", number(now_ms + millis(LEASE_TIME)))
            .condition_expression(
                "attribute_not_exists(lease) OR held_by = :own OR until_ms < :now",
            )
            .expression_attribute_values(":own", text(&self.owner))
            .expression_attribute_values(":now", number(now_ms))
            .send();
        written(sent).await
    }
}

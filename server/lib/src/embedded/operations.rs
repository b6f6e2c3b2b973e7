//! DynamoDB's operations: JSON in, JSON out.

use dynoxide::actions::transact_write_items::TransactWriteItemsRequest;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An answer as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: String,
}

/// What a `ClientRequestToken` is worth: it makes a repeated request harmless, at the price of
/// being kept for ten minutes and looked through with every transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// It is kept: whoever sent the request may have missed the answer.
    Kept,
    /// It is ignored: in this process no answer gets lost, so nothing is sent twice.
    Ignored,
}

/// Does one operation, such as `PutItem`, as its JSON says.
pub(super) fn answer(database: &Database, tokens: Tokens, operation: &str, body: &[u8]) -> Answer {
    match dispatch(database, tokens, operation, body) {
        Ok(body) => Answer { status: 200, body },
        Err(error) => Answer { status: error.status_code(), body: error.to_json() },
    }
}

fn dispatch(
    database: &Database,
    tokens: Tokens,
    operation: &str,
    body: &[u8],
) -> Result<String, DynoxideError> {
    let on = Call { body };
    match operation {
        "PutItem" => on.run(|request| database.put_item(request)),
        "GetItem" => on.run(|request| database.get_item(request)),
        "UpdateItem" => on.run(|request| database.update_item(request)),
        "DeleteItem" => on.run(|request| database.delete_item(request)),
        "Query" => on.run(|request| database.query(request)),
        "Scan" => on.run(|request| database.scan(request)),
        "BatchGetItem" => on.run(|request| database.batch_get_item(request)),
        "BatchWriteItem" => on.run(|request| database.batch_write_item(request)),
        "TransactWriteItems" => on.run(|mut request: TransactWriteItemsRequest| {
            request.client_request_token.take_if(|_| tokens == Tokens::Ignored);
            database.transact_write_items(request)
        }),
        "TransactGetItems" => on.run(|request| database.transact_get_items(request)),
        "CreateTable" => on.run(|request| database.create_table(request)),
        "DeleteTable" => on.run(|request| database.delete_table(request)),
        "DescribeTable" => on.run(|request| database.describe_table(request)),
        "ListTables" => on.run(|request| database.list_tables(request)),
        "UpdateTable" => on.run(|request| database.update_table(request)),
        "ExecuteStatement" => on.run(|request| database.execute_statement(request)),
        "UpdateTimeToLive" => on.run(|request| database.update_time_to_live(request)),
        "DescribeTimeToLive" => on.run(|request| database.describe_time_to_live(request)),
        _ => Err(DynoxideError::SerializationException(format!(
            "{operation} is not offered by the embedded DynamoDB"
        ))),
    }
}

struct Call<'a> {
    body: &'a [u8],
}

impl Call<'_> {
    fn run<Request: DeserializeOwned, Response: Serialize>(
        &self,
        operation: impl FnOnce(Request) -> Result<Response, DynoxideError>,
    ) -> Result<String, DynoxideError> {
        let broken =
            |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
        let request = serde_json::from_slice(self.body).map_err(broken)?;
        serde_json::to_string(&operation(request)?).map_err(broken)
    }
}

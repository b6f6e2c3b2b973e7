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

/// What is left to do of a request that was read: the database's part.
pub(super) type Work = Box<dyn FnOnce(&Database) -> Answer + Send>;

/// Reads the request for one operation, such as `PutItem`. The database has one thread, on which
/// everybody waits; reading takes a tenth of a write's time and can be done on any.
pub(super) fn read(tokens: Tokens, operation: &str, body: &[u8]) -> Work {
    match work_of(tokens, operation, body) {
        Ok(work) => Box::new(move |database| answer(work(database))),
        Err(error) => Box::new(move |_| answer(Err(error))),
    }
}

fn answer(result: Result<String, DynoxideError>) -> Answer {
    match result {
        Ok(body) => Answer { status: 200, body },
        Err(error) => Answer { status: error.status_code(), body: error.to_json() },
    }
}

type Outcome = Result<String, DynoxideError>;
type Operation = Box<dyn FnOnce(&Database) -> Outcome + Send>;

fn work_of(tokens: Tokens, operation: &str, body: &[u8]) -> Result<Operation, DynoxideError> {
    let on = Call { body };
    match operation {
        "PutItem" => on.read(Database::put_item),
        "GetItem" => on.read(Database::get_item),
        "UpdateItem" => on.read(Database::update_item),
        "DeleteItem" => on.read(Database::delete_item),
        "Query" => on.read(Database::query),
        "Scan" => on.read(Database::scan),
        "BatchGetItem" => on.read(Database::batch_get_item),
        "BatchWriteItem" => on.read(Database::batch_write_item),
        "TransactWriteItems" => on.read(move |database, mut request: TransactWriteItemsRequest| {
            request.client_request_token.take_if(|_| tokens == Tokens::Ignored);
            database.transact_write_items(request)
        }),
        "TransactGetItems" => on.read(Database::transact_get_items),
        "CreateTable" => on.read(Database::create_table),
        "DeleteTable" => on.read(Database::delete_table),
        "DescribeTable" => on.read(Database::describe_table),
        "ListTables" => on.read(Database::list_tables),
        "UpdateTable" => on.read(Database::update_table),
        "ExecuteStatement" => on.read(Database::execute_statement),
        "UpdateTimeToLive" => on.read(Database::update_time_to_live),
        "DescribeTimeToLive" => on.read(Database::describe_time_to_live),
        _ => Err(DynoxideError::SerializationException(format!(
            "{operation} is not offered by the embedded DynamoDB"
        ))),
    }
}

struct Call<'a> {
    body: &'a [u8],
}

impl Call<'_> {
    fn read<Request: DeserializeOwned + Send + 'static, Response: Serialize>(
        &self,
        operation: impl FnOnce(&Database, Request) -> Result<Response, DynoxideError> + Send + 'static,
    ) -> Result<Operation, DynoxideError> {
        let broken =
            |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
        let request = serde_json::from_slice(self.body).map_err(broken)?;
        Ok(Box::new(move |database| {
            serde_json::to_string(&operation(database, request)?).map_err(broken)
        }))
    }
}

//! Group commit: puts that wait at the same moment are written in one transaction.
//!
//! Each put costs the disk a commit, and its commit is most of what it costs. Those who wait
//! together share one. Nobody is answered before it; a put's condition holds for it alone: when the
//! transaction is refused, for whatever reason, nothing of it is written and each put is tried by
//! itself.

use dynoxide::Database;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::transact_write_items::{
    TransactPut, TransactWriteItem, TransactWriteItemsRequest,
};

/// Writes all of these puts, or none. True when all of them are written; then each is to be answered
/// with [`WRITTEN`].
pub(super) fn put_together(database: &Database, transact_items: Vec<TransactWriteItem>) -> bool {
    let request = TransactWriteItemsRequest { transact_items, ..Default::default() };
    database.transact_write_items(request).is_ok()
}

/// What DynamoDB answers to a put that asks for nothing in return.
pub(super) const WRITTEN: &str = "{}";

/// The `PutItem` request as part of a transaction, if its answer would be [`WRITTEN`].
pub(super) fn shareable(body: &[u8]) -> Option<TransactWriteItem> {
    let request: PutItemRequest = serde_json::from_slice(body).ok()?;
    let asks_nothing = request.return_values.as_deref().is_none_or(|wanted| wanted == "NONE")
        && request.return_consumed_capacity.is_none()
        && request.return_item_collection_metrics.is_none();
    let is_current = request.expected.is_none() && request.conditional_operator.is_none();
    (asks_nothing && is_current).then(|| TransactWriteItem {
        put: Some(TransactPut {
            table_name: request.table_name,
            item: request.item,
            condition_expression: request.condition_expression,
            expression_attribute_names: request.expression_attribute_names,
            expression_attribute_values: request.expression_attribute_values,
            return_values_on_condition_check_failure: request
                .return_values_on_condition_check_failure,
        }),
        ..Default::default()
    })
}

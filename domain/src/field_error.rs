//! What is wrong with one field of an input, in words that say how to mend it.

use serde::{Deserialize, Serialize};

/// One fault in one field. The message never repeats the value: values are health data, and
/// messages end up in logs and addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name on the wire, such as `score`; `body` for the input as a whole.
    pub field: String,
    /// A stable word for programs: `required`, `not_whole`, `out_of_range`, `unit`, `unknown`, ….
    pub code: String,
    /// What is wrong, with the bound and the fix, for people.
    pub message: String,
}

impl FieldError {
    /// A fault in `field`.
    pub fn new(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), code: code.to_owned(), message: message.into() }
    }
}

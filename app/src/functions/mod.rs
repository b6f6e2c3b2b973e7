//! The server functions: typed calls from the browser, plain form posts without JavaScript.
//!
//! Each is a public HTTP endpoint. Its path begins with its audience: the other app's host does
//! not serve it.

// The macro turns each argument into a public field that cannot carry a comment.
#![allow(missing_docs)]

pub mod ask;
mod bound;
pub mod clinician;
pub mod comes_back;
pub(crate) mod exchange;
pub mod page_of;
pub mod patient;
pub mod session;
pub(crate) mod unanswered;

//! What both web apps share: the types on the wire, the server functions and the widgets.
//!
//! The server functions are thin: they name who asks, call the [`backend::Backend`] (which alone
//! decides whether they may) and hand on what it answers.

pub mod access_words;
#[cfg(feature = "ssr")]
pub mod backend;
pub mod error;
pub mod functions;
pub mod places;
pub mod widgets;
pub mod wire;

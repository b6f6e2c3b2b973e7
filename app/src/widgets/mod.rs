//! The parts that the pages of both web apps are made of. [`DesignPage`] shows all of them in
//! every state.

mod alerting;
pub mod browser;
mod design;
mod document;
mod fault;
mod field;
mod heading;
mod icon;
mod local_time;
mod measured;
mod problem;
mod sign_in_form;
pub mod texts;

pub use alerting::*;
pub use design::*;
pub use document::*;
pub use fault::*;
pub use field::*;
pub use heading::*;
pub use icon::*;
pub use local_time::*;
pub use measured::*;
pub use problem::*;
pub use sign_in_form::*;

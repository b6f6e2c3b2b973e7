//! The parts that the pages of both web apps are made of. [`DesignPage`] shows all of them in
//! every state.

mod account;
mod alerting;
pub mod browser;
mod design;
mod document;
mod fault;
mod field;
mod frame;
mod heading;
mod icon;
mod isolated;
mod loaded;
mod local_time;
mod measured;
mod notice;
mod paging;
mod post_form;
mod problem;
mod text_area;
pub mod texts;
mod typed_form;

pub use account::*;
pub use alerting::*;
pub use design::*;
pub use document::*;
pub use fault::*;
pub use field::*;
pub use frame::*;
pub use heading::*;
pub use icon::*;
pub use isolated::*;
pub use loaded::*;
pub use local_time::*;
pub use measured::*;
pub use notice::*;
pub use paging::*;
pub use post_form::*;
pub use problem::*;
pub use text_area::*;
pub use typed_form::*;

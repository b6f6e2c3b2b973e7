//! One's own account: signing in and out, who is signed in, the password, the sessions, and the
//! end of a session by time.

#![allow(unreachable_pub, reason = "the component macro makes the builders of props public")]

mod cover;
mod log_off;
mod not_yours;
mod page;
mod password;
mod sessions;
mod sign_in;
mod texts;
mod visitor;

pub use cover::*;
pub use log_off::*;
pub use not_yours::*;
pub use page::*;
pub use sign_in::*;
pub use texts::role_name;
pub use visitor::*;

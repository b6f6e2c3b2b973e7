//! Who somebody is and what they may do.

pub mod access;
pub mod passwords;
pub mod sign_in_throttle;
pub mod tokens;

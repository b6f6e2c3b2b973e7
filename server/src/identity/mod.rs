//! Who somebody is and what they may do.

pub mod access;
pub mod passwords;
pub mod tokens;

//! Who somebody is: passwords, tokens, sessions. What they may do says [`domain::access`].

pub mod accounts;
pub mod device;
pub mod passwords;
pub mod rotation;
pub mod sealed;
pub mod sessions;
pub mod sign_in_throttle;
pub mod signing_keys;
pub mod tokens;

//! All that is kept in DynamoDB, always through its SDK.

pub mod client;
pub mod cursor;
pub mod events;
pub mod item;
pub mod tables;
pub mod users;
pub mod views;

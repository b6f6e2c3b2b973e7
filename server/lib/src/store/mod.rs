//! All that is kept in DynamoDB, always through its SDK.

pub mod client;
pub mod cursor;
pub mod dead_letters;
pub mod dynamo_events;
pub mod dynamo_read_models;
pub mod emergencies;
pub mod event_store;
pub mod generations;
pub mod item;
pub mod leases;
pub mod read_models;
pub mod sessions;
pub mod tables;
pub mod users;
pub mod views;
pub mod writing;

//! DynamoDB inside this process: a file, reached through the SDK like any other.

pub mod connector;
pub mod endpoint;
pub mod engine;
mod group;
pub mod lanes;
pub mod operations;

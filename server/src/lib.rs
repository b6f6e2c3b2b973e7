//! HealthFlow's server.

pub mod clock;
pub mod config;
pub mod consumers;
pub mod embedded;
pub mod http;
pub mod identity;
pub mod live;
pub mod messaging;
pub mod relay;
pub mod serve;
pub mod service;
pub mod store;

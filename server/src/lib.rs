//! HealthFlow's server.

pub mod clock;
pub mod commands;
pub mod config;
pub mod consumers;
pub mod embedded;
pub mod http;
pub mod identity;
pub mod live;
pub mod messaging;
pub mod metrics;
pub mod projections;
pub mod relay;
pub mod serve;
pub mod service;
pub mod store;
pub mod wiring;

//! The edge: what stands between the network and the routes.

pub mod cors;
pub mod counted;
pub mod headers;
pub mod listener;
pub mod paced;
pub mod places;
pub mod tls;

use crate::config::EdgeConfig;

/// What every request passes, shared by both addresses.
#[derive(Debug)]
pub struct Edge {
    /// Which pages of other origins may use the API, if any.
    pub cors: Option<cors::Cors>,
}

impl Edge {
    /// The edge as configured.
    #[must_use]
    pub fn new(config: &EdgeConfig) -> Self {
        Self { cors: cors::Cors::new(&config.cors_origins) }
    }
}

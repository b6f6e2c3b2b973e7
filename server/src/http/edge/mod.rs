//! The edge: what stands between the network and the routes.

pub mod listener;
pub mod paced;
pub mod places;
pub mod tls;

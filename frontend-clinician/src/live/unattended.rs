//! What waits for somebody to take care of it.

use domain::alert_limits::Severity;

/// The alerts nobody takes care of yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unattended {
    /// How many.
    pub(crate) count: usize,
    /// How urgent the worst of them is.
    pub(crate) worst: Option<Severity>,
    /// Whether older ones, which are not looked at, may wait too.
    pub(crate) goes_on: bool,
}

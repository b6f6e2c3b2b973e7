//! The pages, one per address.

mod account;
mod alert_table;
mod alerts;
mod live_alerts;
mod patient;

pub(crate) use account::{AccountPage, SignInPage};
pub(crate) use alerts::AlertsPage;
pub(crate) use patient::PatientPage;

//! The pages, one per address.

mod account;
mod alert_table;
mod alerts;
mod audit;
mod audit_export;
mod audit_filter;
mod audit_table;
mod emergency;
mod emergency_banner;
mod emergency_list;
mod live_alerts;
mod one_time_password;
mod operation;
mod patient;
mod staff;
mod staff_table;
mod table_head;

pub(crate) use account::{AccountPage, SignInPage};
pub(crate) use alerts::AlertsPage;
pub(crate) use audit::AuditPage;
pub(crate) use emergency::EmergencyPage;
pub(crate) use operation::OperationPage;
pub(crate) use patient::PatientPage;
pub(crate) use staff::StaffPage;

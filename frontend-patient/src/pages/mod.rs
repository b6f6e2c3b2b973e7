//! The pages, one per address.

mod access;
mod account;
mod correct;
mod history;
mod me;
mod observation_row;
mod present;
mod send;
mod send_choice;
mod send_fields;
mod sent;
mod today;

pub(crate) use access::AccessPage;
pub(crate) use account::{CreateAccountPage, SignInPage};
pub(crate) use correct::CorrectPage;
pub(crate) use history::HistoryPage;
pub(crate) use me::MePage;
pub(crate) use send::SendPage;
pub(crate) use send_choice::SendChoicePage;
pub(crate) use sent::SentPage;
pub(crate) use today::TodayPage;

//! `healthflow users`: accounts, for whoever operates the server. The first administrator of a
//! clinic is made here; that one makes the others on the dashboard.

use std::sync::Arc;

use app::wire::OneTimePassword;
use domain::field_error::FieldError;
use domain::login::{Login, SoughtLogin};

use super::told;
use crate::cli::UsersCommand;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::identity::accounts::Accounts;
use crate::identity::passwords::Passwords;
use crate::store::users::{DynamoUsers, User};
use crate::wiring::Stores;

/// Does what `command` says.
///
/// # Errors
/// Why it cannot be done.
pub async fn run(config: &Config, command: &UsersCommand) -> Result<(), String> {
    let stores = Stores::open(config).await?;
    stores.provision(config).await?;
    let users = DynamoUsers::new(stores.client, &config.store.users_table);
    let accounts =
        Accounts { users, passwords: Passwords::default(), clock: Arc::new(SystemClock) };
    match command {
        UsersCommand::List { clinic } => list(config, &accounts, clinic.as_ref()).await,
        UsersCommand::Create { login, role, clinic } => {
            let clinic = clinic.as_ref().unwrap_or(&config.auth.clinic);
            if *role == domain::access::Role::Patient {
                return Err("Patients make their own accounts, in the Patient web app.".to_owned());
            }
            let made =
                accounts.create(clinic, in_words_of(Login::parse_of_staff(login))?, *role).await;
            let made = made.map_err(|error| in_words(&error))?;
            tell_password(&made);
            Ok(())
        }
        UsersCommand::Disable { login } => disable(&accounts, login, true).await,
        UsersCommand::Enable { login } => disable(&accounts, login, false).await,
        UsersCommand::Reset { login } => {
            let user = known(&accounts, login).await?;
            let reset = accounts.reset(&user).await.map_err(|error| in_words(&error))?;
            tell_password(&reset);
            Ok(())
        }
    }
}

async fn list(
    config: &Config,
    accounts: &Accounts,
    clinic: Option<&domain::ids::ClinicId>,
) -> Result<(), String> {
    let clinic = clinic.unwrap_or(&config.auth.clinic);
    for user in accounts.users.staff_of(clinic).await.map_err(told)? {
        let state = match (user.is_disabled, user.must_change_password) {
            (true, _) => "disabled",
            (false, true) => "has a one-time password",
            (false, false) => "active",
        };
        tell!("{:<24} {:<20} {state}", user.login.shown(), user.role.wire_name());
    }
    Ok(())
}

async fn disable(accounts: &Accounts, login: &str, is_disabled: bool) -> Result<(), String> {
    let user = known(accounts, login).await?;
    accounts.disable(&user, is_disabled).await.map_err(|error| in_words(&error))?;
    let done = if is_disabled { "may not sign in any more" } else { "may sign in again" };
    tell!("{} {done}.", user.login.shown());
    Ok(())
}

async fn known(accounts: &Accounts, login: &str) -> Result<User, String> {
    let found =
        accounts.users.find(&in_words_of(SoughtLogin::parse(login))?).await.map_err(told)?;
    found.ok_or_else(|| "There is no account of this name: see `healthflow users list`.".to_owned())
}

fn in_words_of<T>(checked: Result<T, FieldError>) -> Result<T, String> {
    checked.map_err(|fault| fault.message)
}

fn in_words(error: &app::error::AppError) -> String {
    match error {
        app::error::AppError::Invalid(faults) => {
            faults.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

fn tell_password(access: &OneTimePassword) {
    tell!("User name          {}", access.login);
    tell!("One-time password  {}", access.password);
    tell!("It is shown once and opens the account once, to choose another.");
}

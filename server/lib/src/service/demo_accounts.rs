//! Demo accounts: made by demo mode, and good in demo mode alone.

use app::error::AppError;
use domain::access::Role;
use domain::login::Login;

use super::Service;
use crate::store::users::User;

/// User names and roles of the demo accounts.
pub const DEMO_ACCOUNTS: [(&str, Role); 3] = [
    ("clinician1", Role::Clinician),
    ("admin1", Role::ClinicAdministrator),
    ("auditor1", Role::Auditor),
];
/// The password of all of them.
pub const DEMO_PASSWORD: &str = "demo";

/// Makes the demo accounts that are missing.
///
/// # Errors
/// When the store fails.
pub async fn ensure_demo_accounts(service: &Service) -> Result<(), String> {
    let mut hash = None;
    for (name, role) in DEMO_ACCOUNTS {
        ensure_demo_account(service, name, role, &mut hash)
            .await
            .map_err(|error| format!("Cannot make the demo account {name}: {error}"))?;
    }
    Ok(())
}

/// The `hash` of the password, which is no secret, is made once for all: each takes 19 MiB, which
/// the process keeps.
async fn ensure_demo_account(
    service: &Service,
    name: &str,
    role: Role,
    hash: &mut Option<String>,
) -> Result<(), AppError> {
    let login = Login::parse(name)?;
    if service.users.kept_as(login.key()).await.map_err(AppError::from)?.is_some() {
        return Ok(());
    }
    let password_hash = match hash {
        Some(hash) => hash.clone(),
        None => hash.insert(service.passwords.hash(DEMO_PASSWORD).await?).clone(),
    };
    let user = User {
        login,
        role,
        clinic_id: service.clinic_id.clone(),
        patient_id: None,
        password_hash,
        must_change_password: false,
        is_disabled: false,
        is_demo: true,
        sessions_since_ms: 0,
    };
    service.users.create(&user).await.map(|_| ()).map_err(AppError::from)
}

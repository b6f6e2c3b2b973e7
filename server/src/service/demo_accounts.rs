//! Demo accounts: made by demo mode, and good in demo mode alone.

use app::error::AppError;
use domain::access::Role;
use domain::ids::ClinicId;
use domain::login::Login;

use super::{Service, refused_by_store};
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
    for (name, role) in DEMO_ACCOUNTS {
        ensure_demo_account(service, name, role, &service.clinic_id)
            .await
            .map_err(|error| format!("Cannot make the demo account {name}: {error}"))?;
    }
    Ok(())
}

async fn ensure_demo_account(
    service: &Service,
    name: &str,
    role: Role,
    clinic_id: &ClinicId,
) -> Result<(), AppError> {
    let login = Login::parse(name)?;
    if service.users.find(&login).await.map_err(refused_by_store)?.is_some() {
        return Ok(());
    }
    let user = User {
        login,
        role,
        clinic_id: clinic_id.clone(),
        patient_id: None,
        password_hash: service.passwords.hash(DEMO_PASSWORD).await?,
        must_change_password: false,
        is_disabled: false,
        is_demo: true,
        sessions_since_ms: 0,
    };
    service.users.create(&user).await.map(|_| ()).map_err(refused_by_store)
}

//! Every endpoint, with who may call it at all. What is not listed here is not served, so a new
//! one is denied until somebody has decided who it is for. Whose data they may ask it for is
//! decided afterwards, by [`domain::access`].

use app::backend::{Caller, WebApp};
use app::error::AppError;
use app::places::{NOT_YOURS_PATH, SIGN_IN_PATH};
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use domain::access::Role;

use super::AppState;
use super::edge::refusal::{Asking, Way};
use super::problem::Problem;
use super::typed_forms;

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody, signed in or not.
    Anyone,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever is signed in with one of these roles.
    Only(&'static [Role]),
}

/// One endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// Its method; `GET` includes `HEAD`.
    pub method: &'static str,
    /// Its path, as it is routed.
    pub path: &'static str,
    /// The app on whose address alone it is served, if it is one.
    pub app: Option<WebApp>,
    /// Who may call it.
    pub who: Who,
}

const fn get(path: &'static str, who: Who) -> Endpoint {
    Endpoint { method: "GET", path, app: None, who }
}

const fn post(path: &'static str, who: Who) -> Endpoint {
    Endpoint { method: "POST", path, app: None, who }
}

/// Pages hold no data of their own: what they show they ask server functions for.
const fn page(app: WebApp, path: &'static str) -> Endpoint {
    Endpoint { method: "GET", path, app: Some(app), who: Who::Anyone }
}

const fn of_patients(path: &'static str, who: Who) -> Endpoint {
    Endpoint { method: "POST", path, app: Some(WebApp::Patient), who }
}

const fn of_staff(path: &'static str, who: Who) -> Endpoint {
    Endpoint { method: "POST", path, app: Some(WebApp::Clinician), who }
}

const PATIENTS: Who = Who::Only(&[Role::Patient]);
const CLINICIANS: Who = Who::Only(&[Role::Clinician]);
const ADMINISTRATORS: Who = Who::Only(&[Role::ClinicAdministrator]);
const AUDITORS: Who = Who::Only(&[Role::Auditor]);
const OBSERVERS: Who = Who::Only(&[Role::Patient, Role::Clinician]);
const SENDERS: Who = Who::Only(&[Role::Patient, Role::Clinician, Role::Service]);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[
    // The REST API.
    post("/api/login", Who::Anyone),
    post("/api/token", Who::Anyone),
    post("/api/logout", Who::Anyone),
    post("/api/password", Who::SignedIn),
    get("/api/sessions", Who::SignedIn),
    post("/api/sessions/{session_id}/end", Who::SignedIn),
    post("/api/observations", SENDERS),
    get("/api/observations", OBSERVERS),
    post("/api/observations/{observation_id}/correct", SENDERS),
    post("/api/observations/{observation_id}/withdraw", SENDERS),
    get("/api/alerts", CLINICIANS),
    get("/api/alerts/stream", CLINICIANS),
    post("/api/alerts/{alert_id}/acknowledge", CLINICIANS),
    post("/api/alerts/{alert_id}/release", CLINICIANS),
    get("/api/staff", ADMINISTRATORS),
    post("/api/staff", ADMINISTRATORS),
    post("/api/staff/disable", ADMINISTRATORS),
    post("/api/staff/enable", ADMINISTRATORS),
    post("/api/staff/reset", ADMINISTRATORS),
    get("/api/emergencies", ADMINISTRATORS),
    post("/api/emergencies", CLINICIANS),
    get("/api/breaker", ADMINISTRATORS),
    post("/api/breaker/hold", ADMINISTRATORS),
    post("/api/breaker/reset", ADMINISTRATORS),
    post("/api/audit/search", AUDITORS),
    post("/api/audit/export", AUDITORS),
    get("/api/disclosures", PATIENTS),
    // About the API and the server.
    get("/api/openapi.json", Who::Anyone),
    get("/api/docs", Who::Anyone),
    get("/api/docs/try.js", Who::Anyone),
    get("/api/docs/try.css", Who::Anyone),
    get("/health/live", Who::Anyone),
    get("/health/ready", Who::Anyone),
    // Server functions of both apps.
    post("/fn/session/sign_in", Who::Anyone),
    post("/fn/session/sign_out", Who::Anyone),
    post("/fn/session/sign_out_everywhere", Who::SignedIn),
    post("/fn/session/current_user", Who::SignedIn),
    post("/fn/session/stay_signed_in", Who::SignedIn),
    post("/fn/session/change_password", Who::SignedIn),
    post("/fn/session/my_sessions", Who::SignedIn),
    post("/fn/session/end_session", Who::SignedIn),
    // Server functions of the Patient web app.
    of_patients("/fn/patient/create_account", Who::Anyone),
    of_patients("/fn/patient/submit_observation", PATIENTS),
    of_patients("/fn/patient/correct_observation", PATIENTS),
    of_patients("/fn/patient/withdraw_observation", PATIENTS),
    of_patients("/fn/patient/observation", PATIENTS),
    of_patients("/fn/patient/my_observations", PATIENTS),
    of_patients("/fn/patient/disclosures", PATIENTS),
    of_patients("/fn/patient/form_start", PATIENTS),
    // Server functions of the Clinician dashboard.
    of_staff("/fn/clinician/alerts", CLINICIANS),
    of_staff("/fn/clinician/acknowledge_alert", CLINICIANS),
    of_staff("/fn/clinician/release_alert", CLINICIANS),
    of_staff("/fn/clinician/patient_observations", CLINICIANS),
    of_staff("/fn/clinician/open_in_emergency", CLINICIANS),
    of_staff("/fn/clinician/staff", ADMINISTRATORS),
    of_staff("/fn/clinician/create_staff", ADMINISTRATORS),
    of_staff("/fn/clinician/disable_staff", ADMINISTRATORS),
    of_staff("/fn/clinician/reset_staff", ADMINISTRATORS),
    of_staff("/fn/clinician/emergencies", ADMINISTRATORS),
    of_staff("/fn/clinician/open_emergencies", ADMINISTRATORS),
    of_staff("/fn/clinician/breaker", ADMINISTRATORS),
    of_staff("/fn/clinician/breaker_hold", ADMINISTRATORS),
    of_staff("/fn/clinician/breaker_reset", ADMINISTRATORS),
    of_staff("/fn/clinician/audit", AUDITORS),
    of_staff("/fn/clinician/find_in_audit", AUDITORS),
    // Pages of the Patient web app.
    page(WebApp::Patient, "/"),
    page(WebApp::Patient, SIGN_IN_PATH),
    page(WebApp::Patient, "/sign-up"),
    page(WebApp::Patient, "/send"),
    page(WebApp::Patient, "/send/{kind}"),
    page(WebApp::Patient, "/sent/{id}"),
    page(WebApp::Patient, "/correct/{id}"),
    page(WebApp::Patient, "/history"),
    page(WebApp::Patient, "/me"),
    page(WebApp::Patient, "/access"),
    page(WebApp::Patient, NOT_YOURS_PATH),
    page(WebApp::Patient, DESIGN_PATH),
    // Pages of the Clinician dashboard.
    page(WebApp::Clinician, "/"),
    page(WebApp::Clinician, SIGN_IN_PATH),
    page(WebApp::Clinician, "/patients/{id}"),
    page(WebApp::Clinician, "/emergency"),
    page(WebApp::Clinician, "/staff"),
    page(WebApp::Clinician, "/operation"),
    page(WebApp::Clinician, "/audit"),
    page(WebApp::Clinician, "/account"),
    page(WebApp::Clinician, NOT_YOURS_PATH),
    page(WebApp::Clinician, DESIGN_PATH),
];

/// The endpoint that answers `method` at this routed path on the address of `app`.
#[must_use]
pub fn find(method: &Method, path: &str, app: WebApp) -> Option<&'static Endpoint> {
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    ENDPOINTS.iter().find(|endpoint| {
        endpoint.method == method
            && endpoint.path == path
            && endpoint.app.is_none_or(|own| own == app)
    })
}

/// Turns away who may not call an endpoint, and everybody from what is not listed. Files and paths
/// that do not exist match no route and pass.
pub async fn admit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let Some(path) = matched else { return next.run(request).await };
    let app = state.audience.app;
    if path == DESIGN_PATH && !state.service.is_demo {
        return Problem::from(AppError::NotFound).into_response();
    }
    let Some(endpoint) = find(request.method(), &path, app) else {
        return not_listed(&path, app, next, request).await;
    };
    let caller = request.extensions().get::<Caller>();
    let role = caller.and_then(|caller| Some(caller.principal.as_ref()?.role));
    let refusal = match (endpoint.who, role) {
        (Who::Anyone, _) | (Who::SignedIn, Some(_)) => None,
        (_, None) => Some(AppError::SignInRequired),
        (Who::Only(roles), Some(role)) => (!roles.contains(&role)).then_some(AppError::Forbidden),
    };
    let Some(refusal) = refusal else { return next.run(request).await };
    if let Some(caller) = caller {
        let called = format!("{} {path}", request.method());
        if let Err(error) = state.service.record_refusal(caller, &called).await {
            return Problem::from(error).into_response();
        }
    }
    match (Asking::by(&request), refusal) {
        (Asking::Person(Way::Form), AppError::SignInRequired) => {
            typed_forms::lead_to_sign_in(&state, request).await
        }
        (Asking::Person(Way::Address), AppError::SignInRequired) => {
            Redirect::to(SIGN_IN_PATH).into_response()
        }
        (Asking::Person(_), _) => Redirect::to("/").into_response(),
        (asking, refusal) => asking.refused(refusal),
    }
}

/// A path that takes another method, or none at all: the router says which.
async fn not_listed(path: &str, app: WebApp, next: Next, request: Request) -> Response {
    let is_listed = ENDPOINTS
        .iter()
        .any(|endpoint| endpoint.path == path && endpoint.app.is_none_or(|own| own == app));
    if is_listed || path == UNKNOWN_API_PATH {
        return next.run(request).await;
    }
    Problem::from(AppError::NotFound).into_response()
}

/// Shows the widgets to those who build the apps; served in demo mode alone.
pub const DESIGN_PATH: &str = "/design";
/// Answers whatever begins with `/api` and is nothing.
pub const UNKNOWN_API_PATH: &str = "/api/{*unknown}";

//! HTTP: each app on its own address, with the REST API on both.

pub mod api;
pub mod body;
pub mod client_addr;
pub mod docs;
pub mod edge;
pub mod endpoints;
pub mod guard;
pub mod health;
pub mod openapi;
mod page_of;
pub mod pages;
pub mod problem;
mod typed_forms;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use app::backend::Audience;
use axum::Router;
use axum::extract::FromRef;
use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use axum::middleware;
use axum::routing::get;
use leptos::config::LeptosOptions;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};

use crate::live::LiveAlerts;
use crate::service::Service;

/// How long a request may take, from its head to the answer's.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);

/// The media type of the apps.
const WASM: &str = "application/wasm";

/// What handlers share. Every request takes it several times, so it costs next to nothing.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What is in [`AppState`].
pub struct Shared {
    /// The use cases.
    pub service: Arc<Service>,
    /// The open streams.
    pub live: Arc<LiveAlerts>,
    /// The app this address serves.
    pub audience: Audience,
    /// How the app is rendered.
    pub leptos: Arc<LeptosOptions>,
    /// What every request passes.
    pub edge: Arc<edge::Edge>,
    /// Turns true when the server stops.
    pub stop: watch::Receiver<bool>,
}

impl From<Shared> for AppState {
    fn from(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        Self::clone(&state.leptos)
    }
}

/// Everything one address serves.
pub fn router(state: AppState, apps: &pages::WebApps) -> Router {
    let api = api::router().merge(docs::router()).merge(health::router());
    let routes = api.merge(pages::router(&state, apps));
    let by_tls_alone = state.audience.secure_cookies;
    // From outside, as `edge` says; one layer for the router, which boxes and clones each it is given.
    let guards = ServiceBuilder::new()
        .layer(middleware::map_response_with_state(by_tls_alone, edge::headers::protect))
        .layer(CompressionLayer::new().compress_when(is_worth_compressing()))
        .layer(middleware::from_fn(|request, next| {
            edge::time_limit::within(REQUEST_TIME_MAX, request, next)
        }))
        .layer(middleware::from_fn_with_state(state.clone(), edge::gate::pass))
        .layer(middleware::from_fn_with_state(state.clone(), edge::cors::let_in))
        .layer(middleware::from_fn_with_state(state.clone(), guard::identify))
        .layer(middleware::from_fn(edge::content_coding::plain_alone))
        .layer(middleware::from_fn_with_state(state.clone(), edge::quota::charge))
        .layer(middleware::from_fn_with_state(state.clone(), edge::caps::bound))
        .layer(middleware::from_fn_with_state(state.clone(), edge::lane::last_look))
        // Before roles: whose page it was is to be said, not what whoever is here now may not.
        .layer(middleware::from_fn_with_state(state.clone(), page_of::check))
        .layer(middleware::from_fn_with_state(state.clone(), endpoints::admit));
    routes.layer(guards).with_state(state)
}

/// What is compressed on its way. Not what turns people away, and not the apps in a debug build: they are large, the compressor is not
/// optimised then, and each page would start a second later.
fn is_worth_compressing() -> impl Predicate {
    let is_worth_it = |_: StatusCode, _: Version, headers: &HeaderMap, marks: &Extensions| {
        let is_wasm = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == WASM);
        let as_it_is = marks.get::<edge::refusal::SentAsItIs>().is_some();
        !(as_it_is || cfg!(debug_assertions) && is_wasm)
    };
    DefaultPredicate::new().and(is_worth_it)
}

/// What is served to Prometheus, on an address of its own.
pub fn metrics_router(metrics: PrometheusHandle) -> Router {
    let text = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Router::new().route("/metrics", get(async move || (text, metrics.render())))
}

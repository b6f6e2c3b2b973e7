//! The web apps' pages, rendered here and taken over in the browser, with their server functions.

use std::sync::Arc;

use app::backend::{Audience, Backend, WebApp};
use axum::Router;
use axum::handler::HandlerWithoutStateExt;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::middleware::from_fn_with_state;
use leptos::IntoView;
use leptos::config::LeptosOptions;
use leptos::prelude::{AnyView, IntoAny, expect_context, provide_context, use_context};
use leptos_axum::{
    LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context,
};
use tower::ServiceBuilder;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::services::ServeDir;

use super::{AppState, typed_forms};

/// The largest form the pages send, in bytes.
pub(super) const FORM_MAX_BYTES: usize = 64 * 1024;
/// The header `Cache-Control` of built files: kept, but asked for anew each time.
const REVALIDATE: &str = "no-cache";

/// What is rendered for one web app. Its types are erased, so that the router around it is compiled
/// here, once, and not again with every edit of a page.
#[derive(Clone)]
pub struct Views {
    app: Arc<dyn Fn() -> AnyView + Send + Sync>,
    shell: Arc<dyn Fn(LeptosOptions) -> AnyView + Send + Sync>,
}

impl Views {
    /// From the component with the app's routes, and the HTML document around it.
    pub fn new<A, S>(app: fn() -> A, shell: fn(LeptosOptions) -> S) -> Self
    where
        A: IntoView + 'static,
        S: IntoView + 'static,
    {
        Self {
            app: Arc::new(move || app().into_any()),
            shell: Arc::new(move |options| shell(options).into_any()),
        }
    }
}

/// Both web apps, as whoever starts the server hands them over: the server does not depend on them.
#[derive(Clone)]
pub struct WebApps {
    /// The Patient web app.
    pub patient: Views,
    /// The Clinician dashboard.
    pub clinician: Views,
}

impl WebApps {
    fn views(&self, app: WebApp) -> &Views {
        match app {
            WebApp::Patient => &self.patient,
            WebApp::Clinician => &self.clinician,
        }
    }
}

/// Pages, server functions and files of the app this address serves.
pub fn router(state: &AppState, apps: &WebApps) -> Router<AppState> {
    let Views { app, shell } = apps.views(state.audience.app).clone();
    let options = Arc::clone(&state.leptos);
    let context = {
        let service = Arc::clone(&state.service);
        let (audience, options) = (state.audience, options.clone());
        move || {
            provide_context::<Arc<dyn Backend>>(service.clone());
            provide_context(audience);
            typed_forms::hand_back(&service, audience);
            set_page_policy(&options);
        }
    };
    let render = {
        let options = options.clone();
        move || shell(LeptosOptions::clone(&options))
    };
    // Files do not pass through Leptos: its file handler would hand them, and so take from a page
    // that is being rendered, that page's response headers.
    let nothing_here = render_app_async_with_context(context.clone(), render.clone());
    let files = ServiceBuilder::new().map_response(as_file).service(
        ServeDir::new(&*options.site_root)
            .append_index_html_on_directories(false)
            .precompressed_br()
            .precompressed_gzip()
            .not_found_service(nothing_here.into_service()),
    );
    Router::new()
        .leptos_routes_with_context(state, generate_route_list(move || app()), context, render)
        .fallback_service(files)
        .layer(from_fn_with_state(state.clone(), typed_forms::keep))
        .layer(RequestBodyLimitLayer::new(FORM_MAX_BYTES))
}

/// Lets browsers keep a file, and says that a text is UTF-8, which all of ours are, so that no
/// browser has to guess. A page that says there is no such file is no file: nobody keeps it.
fn as_file<B>(mut response: Response<B>) -> Response<B> {
    let is_file = response.status() != StatusCode::NOT_FOUND;
    let headers = response.headers_mut();
    if is_file {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(REVALIDATE));
    }
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default();
    let is_text = media_type.starts_with("text/") || media_type.ends_with("+xml");
    if is_text
        && !media_type.contains("charset")
        && let Ok(value) = HeaderValue::from_str(&format!("{media_type}; charset=utf-8"))
    {
        headers.insert(header::CONTENT_TYPE, value);
    }
    response
}

/// Allows the page what it brings itself and nothing else.
fn set_page_policy(options: &LeptosOptions) {
    // A server function's answer has no nonce and is no page: it keeps the policy that allows
    // nothing.
    let Some(nonce) = use_context::<leptos::nonce::Nonce>() else { return };
    let response = expect_context::<ResponseOptions>();
    // The development loop reloads pages over a socket of its own.
    let reload = if std::env::var_os("LEPTOS_WATCH").is_some() {
        let port = options.reload_port;
        format!(" ws://localhost:{port} ws://127.0.0.1:{port}")
    } else {
        String::new()
    };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; \
         manifest-src 'self'; connect-src 'self'{reload}; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'; object-src 'none'"
    );
    if let Ok(value) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, value);
    }
}

/// How one app is rendered.
#[must_use]
pub fn leptos_options(
    audience: Audience,
    site_root: &std::path::Path,
    addr: std::net::SocketAddr,
) -> LeptosOptions {
    let reload_port = match audience.app {
        WebApp::Patient => 5183,
        WebApp::Clinician => 5184,
    };
    LeptosOptions::builder()
        .output_name("healthflow")
        .site_root(site_root.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .site_addr(addr)
        .reload_port(reload_port)
        .build()
}

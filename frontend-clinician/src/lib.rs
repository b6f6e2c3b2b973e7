//! The pages of HealthFlow's Clinician dashboard.

#![allow(unreachable_pub, reason = "the component macro makes the builders of props public")]

mod frame;
mod live;
mod pages;
mod texts;

use app::widgets::{
    AutomaticLogOff, DesignPage, NotYours, NothingHere, PageCover, document, provide_first_visit,
    provide_server_time, provide_typed_form, provide_visitor,
};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};

use frame::Frame;
use live::{Attention, provide_board, provide_own_session};
use pages::{
    AccountPage, AlertsPage, AuditPage, EmergencyPage, OperationPage, PatientPage, SignInPage,
    StaffPage,
};

/// The HTML document around the app.
#[must_use]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    document(options, view! { <App /> })
}

/// The app: its routes and what surrounds every page. Pages are sent whole (`Async`), so that
/// they can be read without JavaScript.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_first_visit();
    provide_visitor();
    provide_server_time();
    provide_typed_form();
    provide_own_session();
    provide_board();
    view! {
        <Router>
            <FlatRoutes fallback=|| view! { <Frame><NothingHere /></Frame> }>
                <Route path=path!("/") view=AlertsPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/patients/:id") view=PatientPage ssr=SsrMode::Async />
                <Route path=path!("/emergency") view=EmergencyPage ssr=SsrMode::Async />
                <Route path=path!("/staff") view=StaffPage ssr=SsrMode::Async />
                <Route path=path!("/operation") view=OperationPage ssr=SsrMode::Async />
                <Route path=path!("/audit") view=AuditPage ssr=SsrMode::Async />
                <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async />
                <Route
                    path=path!("/not-yours")
                    view=|| view! { <Frame><NotYours /></Frame> }
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/design")
                    view=|| view! { <Frame><DesignPage /></Frame> }
                    ssr=SsrMode::Async
                />
            </FlatRoutes>
        </Router>
        <Attention />
        <AutomaticLogOff />
        <PageCover />
    }
}

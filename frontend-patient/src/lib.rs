//! The pages of HealthFlow's Patient web app.

#![allow(unreachable_pub, reason = "the component macro makes the builders of props public")]

mod frame;
mod last_values;
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

use frame::{Frame, Tab};
use pages::{
    AccessPage, CorrectPage, CreateAccountPage, HistoryPage, MePage, SendChoicePage, SendPage,
    SentPage, SignInPage, TodayPage,
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
    view! {
        <Router>
            <FlatRoutes fallback=|| view! { <Frame><NothingHere /></Frame> }>
                <Route path=path!("/") view=TodayPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/sign-up") view=CreateAccountPage ssr=SsrMode::Async />
                <Route path=path!("/send") view=SendChoicePage ssr=SsrMode::Async />
                <Route path=path!("/send/:kind") view=SendPage ssr=SsrMode::Async />
                <Route path=path!("/sent/:id") view=SentPage ssr=SsrMode::Async />
                <Route path=path!("/correct/:id") view=CorrectPage ssr=SsrMode::Async />
                <Route path=path!("/history") view=HistoryPage ssr=SsrMode::Async />
                <Route path=path!("/me") view=MePage ssr=SsrMode::Async />
                <Route path=path!("/access") view=AccessPage ssr=SsrMode::Async />
                <Route
                    path=path!("/not-yours")
                    view=|| view! { <Frame><NotYours /></Frame> }
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/design")
                    view=|| view! { <Frame tab=Tab::Me><DesignPage /></Frame> }
                    ssr=SsrMode::Async
                />
            </FlatRoutes>
        </Router>
        <AutomaticLogOff />
        <PageCover />
    }
}

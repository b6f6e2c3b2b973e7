//! What surrounds a page: the rail with the parts of the dashboard.

use app::functions::clinician::OpenEmergencies;
use app::widgets::browser::{focus_soon, forget_what_was_handed_over};
use app::widgets::texts::TO_SIGN_IN;
use app::widgets::{
    HEADING_ID, Icon, Loaded, PageFrame, PageHeading, PageTitle, PartLink, PartLinks, SignOutForm,
    Symbol, visitor_role,
};
use app::wire::Role;
use leptos::prelude::*;

use crate::live::{Board, OwnSession, TabIcon, show_icon};
use crate::texts;

/// The parts of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The alerts of the clinic.
    Alerts,
    /// Another clinic's records, in an emergency.
    Emergency,
    /// The accounts of the clinic's staff.
    Staff,
    /// The server's load.
    Operation,
    /// Who did what in the clinic.
    Audit,
    /// The account of who is signed in.
    Account,
}

impl Part {
    /// The parts that are for people of this role, in the order of the rail.
    pub(crate) fn of_role(role: Role) -> &'static [Self] {
        match role {
            Role::ClinicAdministrator => &[Self::Staff, Self::Operation, Self::Account],
            Role::Auditor => &[Self::Audit, Self::Account],
            _ => &[Self::Alerts, Self::Emergency, Self::Account],
        }
    }

    /// Whether its pages name patients or show what they sent.
    fn shows_patients(self) -> bool {
        matches!(self, Self::Alerts | Self::Staff | Self::Audit)
    }

    /// Its link in the rail, on a page that belongs to `here`.
    fn link(self, here: Option<Self>) -> PartLink {
        let (href, symbol, label) = match self {
            Self::Alerts => ("/", Symbol::Bell, texts::ALERTS),
            Self::Emergency => ("/emergency", Symbol::Unlocked, texts::EMERGENCY),
            Self::Staff => ("/staff", Symbol::People, texts::STAFF),
            Self::Operation => ("/operation", Symbol::Pulse, texts::OPERATION),
            Self::Audit => ("/audit", Symbol::Log, texts::AUDIT_LOG),
            Self::Account => ("/account", Symbol::Person, texts::ACCOUNT),
        };
        PartLink { href, symbol, label, is_here: here == Some(self) }
    }
}

/// A page with its surroundings; without `part` it belongs to none.
#[component]
pub(crate) fn Frame(
    /// The part the page belongs to.
    #[prop(optional)]
    part: Option<Part>,
    /// Whether the page is for people who are not signed in.
    #[prop(optional)]
    alone: bool,
    children: Children,
) -> impl IntoView {
    let navigation = (!alone).then(|| view! { <Rail part /> }.into_any());
    let content = match part {
        Some(part) if part.shows_patients() => view! { <Guarded children /> }.into_any(),
        _ => children(),
    };
    view! {
        <PageFrame class="desk" header="rail" navigation>
            {content}
        </PageFrame>
    }
}

/// What is there for as long as the session is. Behind its end nothing of patients stays on the
/// screen, not even where nobody sees it.
#[component]
fn Guarded(children: Children) -> impl IntoView {
    // What the server sends is of a session that has not ended, and may be read more than once.
    if cfg!(feature = "ssr") {
        return children();
    }
    let session = OwnSession::here();
    session.watch();
    Board::here().ends(session);
    let is_over = session.is_over();
    let mut children = Some(children);
    (move || match children.take_if(|_| !is_over.get()) {
        // Whatever it reads, only the end of the session may take its place.
        Some(children) => untrack(children),
        None => view! { <SessionEnded /> }.into_any(),
    })
    .into_any()
}

#[component]
fn SessionEnded() -> impl IntoView {
    Effect::new(|| {
        forget_what_was_handed_over();
        show_icon(TabIcon::NotLive);
        focus_soon(HEADING_ID);
    });
    view! {
        <PageTitle text=texts::SIGNED_OUT_TITLE />
        <PageHeading>{texts::SIGNED_OUT_TITLE}</PageHeading>
        <div class="bar bar--ended" role="alert">
            <Icon symbol=Symbol::Octagon />
            <p>{texts::SIGNED_OUT}</p>
            // The page is loaded anew, so that nothing of this one is left.
            <a class="button" href="/sign-in" rel="external">
                {TO_SIGN_IN}
            </a>
        </div>
    }
}

#[component]
fn Rail(part: Option<Part>) -> impl IntoView {
    // Strangers see what most people of a clinic see; each part asks them to sign in.
    let role = visitor_role().unwrap_or(Role::Clinician);
    let parts = Part::of_role(role).iter().map(|own| own.link(part)).collect();
    // A wrong address has no route, and nothing is loaded there.
    let is_shown = role == Role::ClinicAdministrator && part.is_some();
    let notice = is_shown.then(|| view! { <EmergencyNotice /> });
    view! {
        <PartLinks class="rail__nav" link="rail__link" label=texts::PARTS parts />
        <SignOutForm class="rail__leave" button="rail__link">
            <Icon symbol=Symbol::SignOut />
        </SignOutForm>
        {notice}
    }
}

/// How many records of the clinic's patients are open in an emergency now, wherever an
/// administrator is.
#[component]
fn EmergencyNotice() -> impl IntoView {
    let show = |_, count: u32| {
        let notice = (count > 0).then(|| {
            view! {
                <a class="rail__notice" href="/staff#emergencies">
                    <Icon symbol=Symbol::Unlocked />
                    {texts::open_emergencies(count)}
                </a>
            }
        });
        notice.into_any()
    };
    view! { <Loaded question=|_| OpenEmergencies {} show rows=0 quiet=true /> }
}

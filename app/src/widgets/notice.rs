//! Something to know before the rest of a page: it has happened, or it must be looked at.

use leptos::prelude::*;

use super::icon::{Icon, Symbol};

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// Something was done as asked.
    Done,
    /// Something to know.
    Info,
    /// Something to act on.
    Attention,
}

/// A notice.
#[component]
pub fn Notice(
    /// What it is about.
    kind: NoticeKind,
    /// What it says, in bold.
    #[prop(optional, into)]
    title: String,
    /// What more there is to say.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let (class, symbol) = match kind {
        NoticeKind::Done => ("notice notice--done", Symbol::Check),
        NoticeKind::Info => ("notice notice--info", Symbol::Info),
        NoticeKind::Attention => ("notice notice--high", Symbol::Triangle),
    };
    view! {
        <div class=class role="status">
            <Icon symbol />
            <div class="notice__words">
                {(!title.is_empty()).then(|| view! { <p class="notice__title">{title}</p> })}
                {children.map(|children| children())}
            </div>
        </div>
    }
}

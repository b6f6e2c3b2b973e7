//! Where a form without JavaScript leads that stood on the page of somebody else.

use leptos::prelude::*;

use super::texts;
use super::visitor::visitor;
use crate::functions::page_of::{PAGE_OF, RETURN_PATH};
use crate::places::NOT_YOURS_PATH;
use crate::widgets::heading::{PageHeading, PageTitle};
use crate::widgets::icon::{Icon, Symbol};
use crate::widgets::texts::TO_START_PAGE;
use crate::widgets::typed_form::came_back_on;

/// Whose form it was, and that nothing was saved. What was typed into it does not come along.
#[component]
pub fn NotYours() -> impl IntoView {
    let form = came_back_on(NOT_YOURS_PATH);
    let text = match form.text(PAGE_OF).filter(|owner| !owner.is_empty()) {
        Some(owner) => texts::form_of(&owner, visitor().map(|visitor| visitor.login)),
        None => texts::FORM_OF_SOMEBODY.to_owned(),
    };
    let way_back = form.text(RETURN_PATH).map(|path| {
        view! {
            <a class="button button--primary" href=path rel="external">
                {texts::LOAD_ANEW}
            </a>
        }
    });
    view! {
        <PageTitle text=texts::SOMEBODY_ELSE_TITLE />
        <div class="state state--page">
            <Icon symbol=Symbol::Person />
            <PageHeading>{texts::SOMEBODY_ELSE_TITLE}</PageHeading>
            <p class="state__text" role="alert">
                {text}
            </p>
            {way_back}
            <a class="button" href="/">
                {TO_START_PAGE}
            </a>
        </div>
    }
}

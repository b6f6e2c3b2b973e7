//! The table of the clinic's staff. Its roles are spelled out, because on narrow screens its rows
//! are laid out as cards, and browsers then forget what a table is.

use app::widgets::{AskFirst, Icon, Isolated, Posting, Symbol, role_name};
use app::wire::StaffItem;
use leptos::prelude::*;

use super::table_head::{Column, TableHead};
use crate::texts;

/// What can be done in a row.
#[derive(Clone, Copy)]
pub(super) struct RowForms {
    /// Disables, and enables again.
    pub(super) disable: Posting,
    /// Resets access.
    pub(super) reset: Posting,
}

const COLUMNS: [Column; 4] = [
    (texts::COLUMN_NAME, None),
    (texts::COLUMN_ROLE, None),
    (texts::COLUMN_STATE, None),
    (texts::COLUMN_ACTIONS, None),
];

/// The accounts of the clinic's staff.
#[component]
pub(super) fn StaffTable(
    /// The accounts.
    staff: Vec<StaffItem>,
    /// What can be done with each.
    forms: RowForms,
) -> impl IntoView {
    let rows = staff.into_iter().map(|item| view! { <StaffRow item forms /> });
    view! {
        <table role="table" class="table table--staff">
            <TableHead columns=&COLUMNS />
            <tbody role="rowgroup">{rows.collect_view()}</tbody>
        </table>
    }
}

#[component]
fn StaffRow(item: StaffItem, forms: RowForms) -> impl IntoView {
    let actions = item.role.is_made_by_administrators();
    let login = item.login.clone();
    view! {
        <tr role="row">
            <th scope="row" role="rowheader" class="table__who">
                <Isolated text=item.login.clone() />
            </th>
            <td role="cell" class="table__role">{role_name(item.role)}</td>
            <td role="cell" class="table__state">
                <StateChip is_disabled=item.is_disabled must_choose=item.must_change_password />
            </td>
            <td role="cell" class="table__actions">
                {actions
                    .then(|| {
                        view! {
                            <RowActions login is_disabled=item.is_disabled forms />
                        }
                    })}
            </td>
        </tr>
    }
}

#[component]
fn StateChip(is_disabled: bool, must_choose: bool) -> impl IntoView {
    let (class, symbol, words) = match (is_disabled, must_choose) {
        (true, _) => ("chip chip--off", Symbol::Octagon, texts::DISABLED),
        (false, true) => ("chip chip--watch", Symbol::Clock, texts::MUST_CHOOSE),
        (false, false) => ("chip chip--fine", Symbol::Check, texts::ACTIVE),
    };
    view! {
        <span class=class>
            <Icon symbol />
            {words}
        </span>
    }
}

#[component]
fn RowActions(login: String, is_disabled: bool, forms: RowForms) -> impl IntoView {
    let (label, words, confirm, enable) = if is_disabled {
        (texts::ENABLE, texts::enable_words(&login), texts::ENABLE_CONFIRM, "yes")
    } else {
        (texts::DISABLE, texts::disable_words(&login), texts::DISABLE_CONFIRM, "no")
    };
    view! {
        <AskFirst
            posting=forms.disable
            id=format!("switch-{login}")
            label
            named=texts::action_on(label, &login)
            words
            confirm
            asks_why=true
            fields=vec![("username", login.clone()), ("enable", enable.to_owned())]
        />
        <AskFirst
            posting=forms.reset
            id=format!("reset-{login}")
            label=texts::RESET_ACCESS
            named=texts::action_on(texts::RESET_ACCESS, &login)
            words=texts::reset_words(&login)
            confirm=texts::RESET_CONFIRM
            asks_why=true
            fields=vec![("username", login.clone())]
            class="ask needs-script"
        />
    }
}

//! The clinic's staff, in the hands of its administrator.

use app::functions::clinician::{CreateStaff, DisableStaff, ResetStaff, Staff};
use app::widgets::texts as shared;
use app::widgets::{
    Choice, ChoiceField, ErrorSummary, Faults, Loaded, PageHeading, PageTitle, PostForm, Posting,
    SubmitButton, TextField, fault_lines, role_name,
};
use app::wire::Role;
use domain::field_error::FieldError;
use leptos::prelude::*;

use super::emergency_list::EmergencyList;
use super::one_time_password::OneTimePasswordPanel;
use super::staff_table::{RowForms, StaffTable};
use crate::frame::{Frame, Part};
use crate::texts;

/// The accounts of the clinic's staff, and who opened a record of its patients in an emergency.
#[component]
pub(crate) fn StaffPage() -> impl IntoView {
    view! {
        <Frame part=Part::Staff>
            <PageTitle text=texts::STAFF />
            <PageHeading>{texts::STAFF}</PageHeading>
            <p class="lead">{texts::STAFF_LEAD}</p>
            <Accounts />
            <EmergencyList />
        </Frame>
    }
}

#[component]
fn Accounts() -> impl IntoView {
    let create = Posting::to::<CreateStaff>();
    let forms =
        RowForms { disable: Posting::to::<DisableStaff>(), reset: Posting::to::<ResetStaff>() };
    let made = RwSignal::new(None);
    let (created, reset) = (create.answer::<CreateStaff>(), forms.reset.answer::<ResetStaff>());
    for answer in [created, reset] {
        Effect::new(move || {
            if let Some(password) = answer.get() {
                made.set(Some(password));
            }
        });
    }
    let times = [create, forms.disable, forms.reset].map(Posting::times_answered);
    let version = Signal::derive(move || times.iter().map(|times| times.get()).sum());
    let refusal = Signal::derive(move || {
        forms.disable.refusal().get().or_else(|| forms.reset.refusal().get())
    });
    let faults = Faults::of_refusal(refusal, &[]);
    view! {
        <OneTimePasswordPanel made />
        <ErrorSummary faults title=texts::STAFF_FAULT />
        <Loaded
            question=|_| Staff {}
            show=move |_, staff| view! { <StaffTable staff forms /> }.into_any()
            rows=4
            version
        />
        <p class="without-script">
            {texts::BY_COMMAND_LINE} <code>{texts::USERS_COMMANDS[0]}</code> {texts::OR}
            <code>{texts::USERS_COMMANDS[1]}</code> "."
        </p>
        <AddForm posting=create />
    }
}

/// Without JavaScript it is not there: the one-time password would reach nobody.
#[component]
fn AddForm(posting: Posting) -> impl IntoView {
    let faults = Faults::new(move || {
        let words = |fault: &FieldError| match fault.field.as_str() {
            "role" => texts::CHOOSE_ROLE.to_owned(),
            _ => fault.message.clone(),
        };
        let refusal = posting.refusal().get();
        refusal.map(|error| fault_lines(&error, &["username", "role"], words)).unwrap_or_default()
    });
    let roles = Role::ALL.into_iter().filter(|role| role.is_made_by_administrators());
    let choices = roles
        .map(|role| Choice {
            value: role.wire_name().to_owned(),
            label: role_name(role).to_owned(),
        })
        .collect();
    view! {
        <section class="part needs-script" aria-labelledby="add">
            <h2 class="section-heading" id="add">
                {texts::ADD_TITLE}
            </h2>
            <ErrorSummary faults title=texts::ADD_FAULT />
            <PostForm posting class=Some("form form--narrow")>
                <TextField
                    name="username"
                    label=shared::USERNAME
                    hint=texts::USERNAME_HINT
                    error=faults.of("username")
                />
                <ChoiceField
                    name="role"
                    legend=texts::COLUMN_ROLE
                    error=faults.of("role")
                    choices
                />
                <SubmitButton
                    label=texts::ADD
                    busy_label=texts::ADDING
                    busy=posting.is_busy()
                />
            </PostForm>
        </section>
    }
}

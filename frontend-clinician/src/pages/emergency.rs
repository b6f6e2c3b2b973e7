//! Opening another clinic's record in an emergency.

use app::error::AppError;
use app::functions::clinician::OpenInEmergency;
use app::widgets::{
    ErrorSummary, Faults, PageHeading, PageTitle, PostForm, Posting, Problem, SubmitButton,
    TextAreaField, TextField, visitor_role,
};
use leptos::prelude::*;

use crate::frame::{Frame, Part};
use crate::texts;

/// Says what emergency access means, and asks for whom and why.
#[component]
pub(crate) fn EmergencyPage() -> impl IntoView {
    let content = match visitor_role() {
        None => view! { <Problem error=AppError::SignInRequired /> }.into_any(),
        Some(role) if role.opens_records_in_emergency() => view! { <EmergencyForm /> }.into_any(),
        Some(_) => view! { <Problem error=AppError::Forbidden /> }.into_any(),
    };
    view! {
        <Frame part=Part::Emergency>
            <PageTitle text=texts::EMERGENCY_ACCESS />
            <PageHeading>{texts::EMERGENCY_ACCESS}</PageHeading>
            {content}
        </Frame>
    }
}

#[component]
fn EmergencyForm() -> impl IntoView {
    let rules = texts::EMERGENCY_RULES.map(|rule| view! { <li>{rule}</li> });
    let posting = Posting::to::<OpenInEmergency>();
    let faults = Faults::of_refusal(posting.refusal(), &["patient", "reason"]);
    view! {
        <p class="lead">{texts::EMERGENCY_LEAD}</p>
        <ul class="bullets">{rules.into_iter().collect_view()}</ul>
        <ErrorSummary faults title=texts::EMERGENCY_FAULT />
        <PostForm posting class=Some("form form--narrow")>
            <TextField
                name="patient"
                label=texts::EMERGENCY_PATIENT
                hint=texts::EMERGENCY_PATIENT_HINT
                error=faults.of("patient")
            />
            <TextAreaField
                name="reason"
                label=texts::EMERGENCY_REASON
                hint=texts::EMERGENCY_REASON_HINT
                error=faults.of("reason")
            />
            <SubmitButton
                label=texts::OPEN_RECORD
                busy_label=texts::OPENING_RECORD
                busy=posting.is_busy()
            />
        </PostForm>
    }
}

//! Every widget in every state, for people and for tests. No data, no server.

use domain::alert_limits::Severity;
use domain::decimal::whole;
use domain::measurement::Measurement;
use domain::vital::{ObservationKind, Unit};
use leptos::prelude::*;

use super::alerting::SeverityChip;
use super::fault::{ErrorSummary, FaultLine, Faults};
use super::field::{Choice, ChoiceField, SubmitButton, TextField};
use super::heading::{PageHeading, PageTitle};
use super::icon::{Icon, Symbol};
use super::measured::{MeasuredValue, Trend};
use super::notice::{Notice, NoticeKind};
use super::problem::{EmptyState, ProblemPanel, Skeleton};
use super::text_area::NoteField;
use crate::error::AppError;

/// The page.
#[component]
pub fn DesignPage() -> impl IntoView {
    view! {
        <PageTitle text="Design" />
        <PageHeading>"Design"</PageHeading>
        <p class="lead">"Every part of the pages, in every state. Nothing here is real."</p>
        <Specimen title="Type">
            <h2>"A heading of a section"</h2>
            <p>
                "A paragraph with "<a href="/design">"a link"</a>" and "<strong>"weight"</strong>"."
            </p>
            <p class="quiet">"Something quiet beside it."</p>
        </Specimen>
        <Specimen title="Severity">
            <div class="cluster">
                <SeverityChip severity=Some(Severity::Critical) />
                <SeverityChip severity=Some(Severity::High) />
                <SeverityChip severity=Some(Severity::Watch) />
                <SeverityChip severity=None />
            </div>
        </Specimen>
        <Buttons />
        <Values />
        <Fields />
        <States />
        <Icons />
    }
}

#[component]
fn Specimen(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="specimen">
            <h2 class="section-heading">{title}</h2>
            {children()}
        </section>
    }
}

#[component]
fn Buttons() -> impl IntoView {
    view! {
        <Specimen title="Buttons">
            <div class="cluster">
                <SubmitButton label="Send" busy_label="Sending…" busy=false />
                <SubmitButton label="Send" busy_label="Sending…" busy=true />
                <button class="button" type="button">
                    "Secondary"
                </button>
                <button class="button button--quiet" type="button">
                    "Quiet"
                </button>
                <a class="button" href="/design">
                    "A link as a button"
                </a>
            </div>
        </Specimen>
    }
}

#[component]
fn Values() -> impl IntoView {
    let rate = |value| Measurement::Single {
        kind: ObservationKind::HeartRate,
        value,
        unit: Unit::PerMinute,
    };
    let pressure =
        Measurement::BloodPressure { systolic: whole(182), diastolic: whole(96), unit: Unit::MmHg };
    let card = |name: &'static str, now: Measurement, before: Option<Measurement>| {
        view! {
            <div class="card">
                <p class="card__title">
                    <Icon symbol=Symbol::of_kind(now.kind()) />
                    {name}
                </p>
                <MeasuredValue measurement=now />
                <Trend now before />
            </div>
        }
    };
    view! {
        <Specimen title="Values">
            <div class="card-grid">
                {card("Heart rate", rate(whole(72)), Some(rate(whole(68))))}
                {card("Heart rate", rate(whole(64)), Some(rate(whole(68))))}
                {card("Blood pressure", pressure, Some(pressure))}
                {card("Symptoms", Measurement::SymptomScore(9), None)}
            </div>
        </Specimen>
    }
}

#[component]
fn Fields() -> impl IntoView {
    let fine = Signal::stored(None::<String>);
    let wrong = Signal::stored(Some("Please check the number.".to_owned()));
    let scale = || {
        (1..=10)
            .map(|score| Choice { value: score.to_string(), label: score.to_string() })
            .collect::<Vec<_>>()
    };
    let faults = Faults::new(|| {
        vec![
            FaultLine::Field {
                field: "d-number-wrong".to_owned(),
                message: "Please check the number.".to_owned(),
            },
            FaultLine::SignInAgain,
        ]
    });
    let ends = ("1 is hardly any.", "10 is the worst.");
    view! {
        <Specimen title="Fields">
            <div class="form">
                <TextField name="d-text" label="A line of text" error=fine />
                <TextField
                    name="d-number"
                    label="A number"
                    hint="From 20 to 300."
                    error=fine
                    keyboard="numeric"
                    unit=Some("per minute")
                />
                <ChoiceField name="d-scale" legend="A scale" error=fine choices=scale() ends />
                <NoteField error=fine />
            </div>
        </Specimen>
        <Specimen title="Fields with faults">
            <ErrorSummary faults />
            <div class="form">
                <TextField
                    name="d-number-wrong"
                    label="A number"
                    hint="From 20 to 300."
                    error=wrong
                    keyboard="numeric"
                    unit=Some("per minute")
                />
                <ChoiceField
                    name="d-choice-wrong"
                    legend="A few answers"
                    error=wrong
                    choices=scale().into_iter().take(2).collect()
                />
            </div>
        </Specimen>
    }
}

#[component]
fn States() -> impl IntoView {
    view! {
        <Specimen title="Notices">
            <Notice kind=NoticeKind::Done title="It is done." />
            <Notice kind=NoticeKind::Info title="Something to know." />
            <Notice kind=NoticeKind::Attention title="Something to act on">
                <p>"And what to do about it."</p>
            </Notice>
        </Specimen>
        <Specimen title="Nothing yet">
            <EmptyState symbol=Symbol::Clock title="Nothing sent yet" text="It appears here at once." />
        </Specimen>
        <Specimen title="On its way">
            <Skeleton />
        </Specimen>
        <Specimen title="Not now">
            <ProblemPanel error=AppError::Unavailable />
            <ProblemPanel error=AppError::Connection />
            <ProblemPanel error=AppError::SignInRequired />
        </Specimen>
    }
}

#[component]
fn Icons() -> impl IntoView {
    let kinds = ObservationKind::ALL.into_iter().map(|kind| {
        view! {
            <span class="cluster__item">
                <Icon symbol=Symbol::of_kind(kind) />
                {kind.label()}
            </span>
        }
    });
    view! {
        <Specimen title="Kinds">
            <div class="cluster">{kinds.collect_view()}</div>
        </Specimen>
    }
}

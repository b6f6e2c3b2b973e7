//! What is wrong in a form: a list at its top, each entry leading to its field.

use domain::field_error::FieldError;
use leptos::prelude::*;

use super::browser::{focus, focus_soon};
use super::icon::{Icon, Symbol};
use super::texts;
use crate::error::AppError;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultLine {
    /// In this field.
    Field {
        /// The field's name, which is also the `id` of its control.
        field: String,
        /// What is wrong with it, and how to mend it.
        message: String,
    },
    /// In none of the fields.
    General(String),
    /// That nobody knows whether it was done all the same.
    Unknown(String),
    /// The session has ended.
    SignInAgain,
}

/// What `error` says about a form with these `fields`; `words` puts the fault of a field.
pub fn fault_lines(
    error: &AppError,
    fields: &[&str],
    words: impl Fn(&FieldError) -> String,
) -> Vec<FaultLine> {
    match error {
        AppError::Invalid(faults) => faults
            .iter()
            .map(|fault| match fields.contains(&fault.field.as_str()) {
                true => FaultLine::Field { field: fault.field.clone(), message: words(fault) },
                false => FaultLine::General(fault.message.clone()),
            })
            .collect(),
        AppError::SignInRequired => vec![FaultLine::SignInAgain],
        AppError::WrongCredentials => {
            vec![FaultLine::General(texts::WRONG_CREDENTIALS.to_owned())]
        }
        AppError::OutcomeUnknown | AppError::NoAnswer { .. } | AppError::TimedOut => {
            vec![FaultLine::Unknown(error.to_string())]
        }
        other => vec![FaultLine::General(other.to_string())],
    }
}

/// All that is wrong in a form at the moment.
#[derive(Clone, Copy)]
pub struct Faults(Signal<Vec<FaultLine>>);

impl Faults {
    /// Follows `lines`.
    pub fn new(lines: impl Fn() -> Vec<FaultLine> + Send + Sync + 'static) -> Self {
        Self(Signal::derive(lines))
    }

    /// Follows the `refusal` of a form with these `fields`, in its own words.
    #[must_use]
    pub fn of_refusal(refusal: Signal<Option<AppError>>, fields: &'static [&'static str]) -> Self {
        Self::new(move || {
            let error = refusal.get();
            let words = |fault: &FieldError| fault.message.clone();
            error.map(|error| fault_lines(&error, fields, words)).unwrap_or_default()
        })
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0.with(Vec::is_empty)
    }

    /// What is wrong with `name`.
    #[must_use]
    pub fn of(self, name: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.0.with(|lines| {
                lines.iter().find_map(|line| match line {
                    FaultLine::Field { field, message } if field == name => Some(message.clone()),
                    _ => None,
                })
            })
        })
    }
}

const SUMMARY_ID: &str = "error-summary";

/// The list of what is wrong. It takes the focus whenever a form was refused.
#[component]
pub fn ErrorSummary(
    /// What is wrong.
    faults: Faults,
    /// What that means for the form as a whole, unless nobody knows that.
    #[prop(default = texts::SUMMARY_TITLE)]
    title: &'static str,
) -> impl IntoView {
    Effect::new(move || {
        if !faults.is_empty() {
            focus_soon(SUMMARY_ID);
        }
    });
    move || {
        let lines = faults.0.get();
        let is_unknown = lines.iter().any(|line| matches!(line, FaultLine::Unknown(_)));
        let title = if is_unknown { texts::UNKNOWN_TITLE } else { title };
        (!lines.is_empty()).then(|| {
            view! {
                <div class="summary" id=SUMMARY_ID role="alert" tabindex="-1">
                    <h2 class="summary__title">
                        <Icon symbol=Symbol::Triangle />
                        {title}
                    </h2>
                    <ul class="summary__list">
                        {lines.into_iter().map(|line| view! { <li>{line_view(line)}</li> }).collect_view()}
                    </ul>
                </div>
            }
        })
    }
}

fn line_view(line: FaultLine) -> AnyView {
    match line {
        FaultLine::Field { field, message } => {
            let href = format!("#{field}");
            let to_field = move |event: leptos::ev::MouseEvent| {
                // The router would take the link for a navigation and leave the focus behind.
                event.prevent_default();
                focus(&field);
            };
            view! { <a href=href on:click=to_field>{message}</a> }.into_any()
        }
        FaultLine::General(message) | FaultLine::Unknown(message) => message.into_any(),
        FaultLine::SignInAgain => view! {
            {texts::SESSION_ENDED_IN_FORM}
            " "
            <a href="/sign-in" target="_blank">{texts::TO_SIGN_IN_NEW_WINDOW}</a>
        }
        .into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_the_fault_of_an_unknown_field_to_the_form_as_a_whole() {
        let error = AppError::Invalid(vec![
            FieldError::new("score", "required", "the score is missing"),
            FieldError::new("body", "malformed", "load the page again"),
        ]);
        let lines = fault_lines(&error, &["score"], |_| "Choose a number.".to_owned());
        let in_field =
            FaultLine::Field { field: "score".to_owned(), message: "Choose a number.".to_owned() };
        assert_eq!(lines, [in_field, FaultLine::General("load the page again".to_owned())]);
    }

    #[test]
    fn what_may_have_been_saved_is_told_apart_from_what_was_not() {
        let unknown = |error| {
            matches!(fault_lines(&error, &[], |_| String::new())[..], [FaultLine::Unknown(_)])
        };
        assert!(unknown(AppError::OutcomeUnknown));
        assert!(!unknown(AppError::Unavailable));
    }
}

//! How pages ask a server function. What is answered stays JSON until a page reads it, so that
//! asking, waiting and taking over are compiled once, not for every function anew.

use std::pin::Pin;

use leptos::server_fn::ServerFn;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::AppError;

/// A server function with its arguments.
pub trait Question: ServerFn<Error = AppError> + Serialize + Send + 'static {
    /// What it answers.
    type Answer: Serialize + DeserializeOwned;

    /// Answers it, on the server.
    fn answer(self) -> impl Future<Output = Result<Self::Answer, AppError>> + Send;
}

impl<F> Question for F
where
    F: ServerFn<Error = AppError> + Serialize + Send + 'static,
    F::Output: Serialize + DeserializeOwned,
{
    type Answer = F::Output;

    fn answer(self) -> impl Future<Output = Result<Self::Answer, AppError>> + Send {
        self.run_body()
    }
}

/// What was answered, as JSON.
pub type RawAnswer = Result<Box<RawValue>, AppError>;

/// A [`RawAnswer`] to come.
pub type PendingAnswer = Pin<Box<dyn Future<Output = RawAnswer> + Send>>;

/// Asks `question`: over the network in the browser, directly on the server.
pub fn ask<Q: Question>(question: Q) -> PendingAnswer {
    ask_as(question, false)
}

/// The same for what a page asks by itself, without anybody having done anything: it keeps no
/// session alive.
pub fn ask_in_background<Q: Question>(question: Q) -> PendingAnswer {
    ask_as(question, true)
}

#[cfg_attr(not(feature = "hydrate"), allow(unused_variables, reason = "of the browser alone"))]
fn ask_as<Q: Question>(question: Q, in_background: bool) -> PendingAnswer {
    #[cfg(feature = "hydrate")]
    {
        // Texts and absent texts alone: these can always be written as a form.
        let fields = serde_qs::to_string(&question).unwrap_or_default();
        Box::pin(super::exchange::exchange(Q::PATH, fields, in_background))
    }
    #[cfg(not(feature = "hydrate"))]
    Box::pin(async move {
        let answer = question.answer().await?;
        serde_json::value::to_raw_value(&answer).map_err(|_| AppError::Unavailable)
    })
}

/// Reads what was answered to a `Q`.
///
/// # Errors
/// The one that was answered; [`AppError::Connection`] where the answer is garbled.
pub fn read<Q: Question>(answer: RawAnswer) -> Result<Q::Answer, AppError> {
    serde_json::from_str(answer?.get()).map_err(|_| AppError::Connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::session::CurrentUser;
    use crate::wire::{Role, SignedInUser};

    /// What the browser finds in the page that the server sent.
    fn handed_over(answer: &RawAnswer) -> RawAnswer {
        let page = serde_json::to_string(answer).expect("serialises");
        serde_json::from_str(&page).expect("decodes")
    }

    #[test]
    fn an_answer_is_read_from_the_page_as_it_was_given() {
        let user = SignedInUser {
            login: "anna".to_owned(),
            role: Role::Patient,
            must_change_password: false,
            idle_timeout_s: 1_800,
            ends_in_s: 43_200,
        };
        let answer = Ok(serde_json::value::to_raw_value(&user).expect("serialises"));
        assert_eq!(read::<CurrentUser>(handed_over(&answer)), Ok(user));
        let refusal = AppError::Overloaded { retry_after_s: 2 };
        assert_eq!(read::<CurrentUser>(handed_over(&Err(refusal.clone()))), Err(refusal));
    }

    #[test]
    fn an_answer_of_another_kind_is_garbled() {
        let answer = RawValue::from_string("[1]".to_owned()).expect("JSON");
        assert_eq!(read::<CurrentUser>(Ok(answer)), Err(AppError::Connection));
    }
}

//! A form that comes back to whoever sent it without JavaScript: what they typed, and why it was
//! refused. The browser loads the page anew, and the server hands back what it kept of the form.

use std::fmt;

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::functions::comes_back::CAME_BACK;

/// A form that comes back. What was typed does so as far as
/// [`fields_that_come_back`](crate::functions::comes_back::fields_that_come_back) says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedForm {
    /// Which one it is; the address of its page says so too ([`CAME_BACK`]), and no other address
    /// shows it. `None` where the page is there for nothing else.
    pub id: Option<String>,
    /// The path of the page with the form.
    pub page: String,
    /// The path of the server function that it was sent to.
    pub function: String,
    /// The texts by their fields.
    pub fields: Vec<(String, String)>,
    /// Whether something was too long to be kept, and is missing among them.
    pub is_cut: bool,
    /// Why it was refused; `None` where nobody has looked at it, because the session was over.
    pub refusal: Option<AppError>,
}

impl TypedForm {
    /// The address of its page, on which it is shown.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.id {
            Some(id) => format!("{}?{CAME_BACK}={id}", self.page),
            None => self.page.clone(),
        }
    }
}

/// Without the texts: what is printed for debugging may end up in a log.
impl fmt::Debug for TypedForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("TypedForm");
        shown.field("page", &self.page).field("function", &self.function).finish_non_exhaustive()
    }
}

/// What came back with the page that was loaded, until it was sent again and answered.
#[derive(Clone, Copy)]
pub(super) struct CameBack(StoredValue<Option<TypedForm>>);

impl CameBack {
    /// Forgets the form: it was sent.
    pub(super) fn forget(self) {
        self.0.try_set_value(None);
    }
}

/// That a form was sent without JavaScript when the session was over: nothing was saved. The page on
/// which to sign in says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsentForm {
    /// Whether what was typed comes back once the same person has signed in again.
    pub comes_back: bool,
}

#[derive(Clone, Copy)]
struct Unsent(Option<UnsentForm>);

/// The form that waits for somebody to sign in again, if there is one.
pub(super) fn unsent_form() -> Option<UnsentForm> {
    use_context::<Unsent>().and_then(|Unsent(unsent)| unsent)
}

/// Lets the forms below show what was typed. The browser finds in the page what the server, which
/// has it as a context, wrote there: both must show the same fields.
pub fn provide_typed_form() {
    let typed = SharedValue::<Option<TypedForm>>::new(use_context);
    provide_context(CameBack(StoredValue::new(typed.into_inner())));
    let unsent = SharedValue::<Option<UnsentForm>>::new(use_context);
    provide_context(Unsent(unsent.into_inner()));
}

/// The form to `function` that came back to the page that is shown. A browser that goes on to other
/// pages and comes back without the address comes back to a fresh form.
pub(super) fn came_back(function: &str) -> Option<TypedForm> {
    let CameBack(typed) = use_context()?;
    let location = use_location();
    let page = location.pathname.get_untracked();
    let id = location.query.read_untracked().get(CAME_BACK);
    let is_it = |form: &TypedForm| form.page == page && form.function == function && form.id == id;
    typed.get_value().filter(is_it)
}

/// What came back to be shown on `page` itself, whichever form it is of.
pub(super) fn came_back_on(page: &str) -> TypedFields {
    let typed = use_context::<CameBack>().and_then(|CameBack(typed)| typed.get_value());
    let typed = typed.filter(|typed| typed.page == page);
    TypedFields(typed.map(|typed| typed.fields).unwrap_or_default())
}

/// The fields of one form: a context of what stands in it.
#[derive(Clone, Default)]
pub(super) struct TypedFields(pub(super) Vec<(String, String)>);

impl TypedFields {
    /// Has these texts, unless it has some.
    pub(super) fn begin_with(&mut self, fields: Vec<(String, String)>) {
        if self.0.is_empty() {
            self.0 = fields;
        }
    }

    /// What was typed into this field.
    pub(super) fn text(&self, field: &str) -> Option<String> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, text)| text.clone())
    }
}

/// What was typed into this field of the form around it, before it was refused.
pub(super) fn typed_before(field: &str) -> Option<String> {
    use_context::<TypedFields>()?.text(field)
}

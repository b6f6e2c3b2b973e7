//! What somebody typed into a form that was refused without JavaScript. The browser loads the page
//! anew, and the server hands back what it kept of it.

use std::fmt;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What was typed into a form, as far as it comes back: see
/// [`fields_that_come_back`](crate::functions::comes_back::fields_that_come_back).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedForm {
    /// The path of the page with the form.
    pub page: String,
    /// The path of the server function that refused it.
    pub function: String,
    /// The texts by their fields.
    pub fields: Vec<(String, String)>,
}

/// Without the texts: what is printed for debugging may end up in a log.
impl fmt::Debug for TypedForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("TypedForm");
        shown.field("page", &self.page).field("function", &self.function).finish_non_exhaustive()
    }
}

/// What came back with the page that was loaded, if anything.
#[derive(Clone)]
struct CameBack(Option<TypedForm>);

/// Lets the forms below show what was typed. The browser finds in the page what the server, which
/// has it as a context, wrote there: both must show the same fields.
pub fn provide_typed_form() {
    let typed = SharedValue::<Option<TypedForm>>::new(use_context);
    provide_context(CameBack(typed.into_inner()));
}

/// What was typed into the form on `page` that goes to `function`.
pub(super) fn came_back(page: &str, function: &str) -> TypedFields {
    let typed = use_context::<CameBack>().and_then(|CameBack(typed)| typed);
    let typed = typed.filter(|typed| typed.page == page && typed.function == function);
    TypedFields(typed.map(|typed| typed.fields).unwrap_or_default())
}

/// What came back to be shown on `page` itself, whichever form it is of.
pub(super) fn came_back_on(page: &str) -> TypedFields {
    let typed = use_context::<CameBack>().and_then(|CameBack(typed)| typed);
    let typed = typed.filter(|typed| typed.page == page);
    TypedFields(typed.map(|typed| typed.fields).unwrap_or_default())
}

/// The fields of one form: a context of what stands in it.
#[derive(Clone, Default)]
pub(super) struct TypedFields(Vec<(String, String)>);

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

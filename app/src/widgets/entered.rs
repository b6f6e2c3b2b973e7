//! What somebody has entered on a page and not sent.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlFormElement, UrlSearchParams};

use crate::functions::comes_back::{UNSENT_ON, UNSENT_TO, fields_that_come_back};

/// The first form of the page in which something was changed since it was loaded, as far as it comes
/// back: url-encoded, with where it stands and where it goes to.
pub(crate) fn entered_form() -> Option<String> {
    let forms = document().query_selector_all("form[action^='/fn/']").ok()?;
    let forms = (0..forms.length()).filter_map(|index| forms.get(index));
    forms.filter_map(|form| form.dyn_into::<HtmlFormElement>().ok()).find_map(|form| entered(&form))
}

fn entered(form: &HtmlFormElement) -> Option<String> {
    let function = form.get_attribute("action")?;
    let texts = texts_in(form, &function)?;
    let at_first = form.clone_node_with_deep(true).ok()?.dyn_into::<HtmlFormElement>().ok()?;
    at_first.reset();
    if texts_in(&at_first, &function)? == texts {
        return None;
    }
    let fields = UrlSearchParams::new().ok()?;
    fields.append(UNSENT_TO, &function);
    fields.append(UNSENT_ON, &window().location().pathname().ok()?);
    for (name, text) in texts {
        fields.append(name, &text);
    }
    Some(fields.to_string().into())
}

/// What stands in the fields of a form that come back; `None` where none does.
fn texts_in(form: &HtmlFormElement, function: &str) -> Option<Vec<(&'static str, String)>> {
    let names = fields_that_come_back(function);
    let filled_in = FormData::new_with_form(form).ok()?;
    let text = |name: &&'static str| Some((*name, filled_in.get(name).as_string()?));
    (!names.is_empty()).then(|| names.iter().filter_map(text).collect())
}

//! Forms. Without JavaScript the browser posts them and comes back with the refusal and what was
//! typed in a sealed cookie; with it they are sent from the page, which stays.

use leptos::context::Provider;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlFormElement, UrlSearchParams};

use super::account::owner_of_page;
use super::notice::{Notice, NoticeKind};
use super::texts;
use super::typed_form::{CameBack, TypedFields, came_back};
use crate::error::AppError;
use crate::functions::ask::Question;
use crate::functions::exchange::exchange;
use crate::functions::page_of::PAGE_OF;
use crate::functions::unanswered;

/// A form's way to a server function, and what came of it.
#[derive(Clone, Copy)]
pub struct Posting {
    path: &'static str,
    refusal: RwSignal<Option<AppError>>,
    /// What was typed before, where it came back without JavaScript.
    typed: StoredValue<TypedFields>,
    /// Whether a form came back with the page.
    has_come_back: StoredValue<bool>,
    /// Whether it came back unread, because the session was over.
    is_unsent: RwSignal<bool>,
    /// Whether something of what was typed was too long to come back.
    is_cut: StoredValue<bool>,
    came_back: Option<CameBack>,
    is_busy: RwSignal<bool>,
    /// What was answered last, as JSON.
    answer: RwSignal<Option<String>>,
    times_answered: RwSignal<u32>,
}

impl Posting {
    /// To the server function `F`. If it was refused without JavaScript, the refusal is here.
    #[must_use]
    pub fn to<F: ServerFn<Error = AppError>>() -> Self {
        Self::to_path(F::PATH)
    }

    /// To the server function `F`, as one of several forms of a page that lead there: which of them
    /// was refused without JavaScript nobody knows, so that is for the page to say.
    #[must_use]
    pub fn one_of_many_to<F: ServerFn<Error = AppError>>() -> Self {
        Self::of(F::PATH)
    }

    fn to_path(path: &'static str) -> Self {
        let posting = Self::of(path);
        if let Some(form) = came_back(path) {
            posting.has_come_back.set_value(true);
            posting.is_unsent.set(form.refusal.is_none());
            posting.is_cut.set_value(form.is_cut);
            posting.refusal.set(form.refusal);
            posting.typed.set_value(TypedFields(form.fields));
        }
        posting
    }

    fn of(path: &'static str) -> Self {
        Self {
            path,
            refusal: RwSignal::new(None),
            typed: StoredValue::new(TypedFields::default()),
            has_come_back: StoredValue::new(false),
            is_unsent: RwSignal::new(false),
            is_cut: StoredValue::new(false),
            came_back: use_context(),
            is_busy: RwSignal::new(false),
            answer: RwSignal::new(None),
            times_answered: RwSignal::new(0),
        }
    }

    /// The same, with these texts in its fields at first, unless something was typed and refused.
    #[must_use]
    pub fn filled_with(self, fields: Vec<(String, String)>) -> Self {
        self.typed.update_value(|typed| typed.begin_with(fields));
        self
    }

    /// What was typed into this field before it was refused without JavaScript.
    #[must_use]
    pub fn typed_before(self, field: &str) -> Option<String> {
        self.typed.with_value(|typed| typed.text(field))
    }

    /// Whether the form came back that has these hidden `fields`, of several that go to one server
    /// function.
    #[must_use]
    pub fn has_come_back(self, fields: &[(&'static str, String)]) -> bool {
        let is_its_own =
            |(name, text): &(&str, String)| self.typed_before(name).as_ref() == Some(text);
        self.has_come_back.get_value() && fields.iter().all(is_its_own)
    }

    /// Whether it came back unread: the session was over when it was sent without JavaScript.
    #[must_use]
    pub fn is_unsent(self) -> Signal<bool> {
        self.is_unsent.into()
    }

    /// Why the form was refused last.
    #[must_use]
    pub fn refusal(self) -> Signal<Option<AppError>> {
        self.refusal.into()
    }

    /// Forgets why it was refused.
    pub fn forget_refusal(self) {
        self.refusal.set(None);
    }

    /// What `F`, the server function it goes to, answered last. Without JavaScript there is none:
    /// the server function leads to the next page.
    #[must_use]
    pub fn answer<F: Question>(self) -> Signal<Option<F::Answer>>
    where
        F::Answer: Send + Sync,
    {
        let decode = |json: &String| serde_json::from_str(json).ok();
        Signal::derive(move || self.answer.with(|json| json.as_ref().and_then(decode)))
    }

    /// How often something was answered, not counting refusals.
    #[must_use]
    pub fn times_answered(self) -> Signal<u32> {
        self.times_answered.into()
    }

    /// Forgets what was answered.
    pub fn forget_answer(self) {
        self.answer.set(None);
    }

    /// Whether it is on its way.
    #[must_use]
    pub fn is_busy(self) -> Signal<bool> {
        self.is_busy.into()
    }

    fn send(self, fields: String) {
        self.is_busy.set(true);
        self.is_unsent.set(false);
        spawn_local(async move {
            let answer = exchange(self.path, fields, false).await;
            // The page may have been left meanwhile.
            self.is_busy.try_set(false);
            match answer {
                Ok(json) => {
                    if let Some(came_back) = self.came_back {
                        came_back.forget();
                    }
                    self.has_come_back.try_set_value(false);
                    self.answer.try_set(Some(json.get().to_owned()));
                    self.times_answered.try_update(|times| *times += 1);
                }
                Err(refusal) => {
                    self.refusal.try_set(Some(unanswered::of_form(self.path, refusal)));
                }
            }
        });
    }
}

/// What is filled in.
pub struct Entries(FormData);

impl Entries {
    fn of(event: &SubmitEvent) -> Option<Self> {
        let form = event.target()?.dyn_into::<HtmlFormElement>().ok()?;
        let filled_in = FormData::new_with_form(&form).ok()?;
        // Whatever a script sends says that anyway.
        filled_in.delete(PAGE_OF);
        Some(Self(filled_in))
    }

    /// The text in `field`; nothing where there is no such field.
    #[must_use]
    pub fn text(&self, field: &str) -> String {
        self.0.get(field).as_string().unwrap_or_default()
    }

    fn url_encoded(&self) -> Option<String> {
        let pairs = UrlSearchParams::new_with_str_sequence_sequence(&self.0).ok()?;
        Some(pairs.to_string().into())
    }
}

/// Says whether what is filled in may go.
pub type Check = Box<dyn Fn(&Entries) -> bool>;

/// Says in a form whose page it stands on, for when it is sent without JavaScript. Browsers fill in
/// again what stood in a form before, which may have been somebody else's.
#[component]
pub fn PageOf() -> impl IntoView {
    view! { <input type="hidden" name=PAGE_OF value=owner_of_page() autocomplete="off" /> }
}

/// A form. Sent twice in a row, it goes once.
#[component]
pub fn PostForm(
    /// Its way to the server.
    posting: Posting,
    /// Its class.
    #[prop(optional_no_strip)]
    class: Option<&'static str>,
    /// What is looked at before it goes.
    #[prop(optional)]
    check: Option<Check>,
    children: Children,
) -> impl IntoView {
    let on_submit = move |event: SubmitEvent| {
        // What cannot be read is left to the browser, which posts the form as it stands.
        let Some(entries) = Entries::of(&event) else { return };
        let Some(fields) = entries.url_encoded() else { return };
        event.prevent_default();
        if posting.is_busy.get_untracked() {
            return;
        }
        posting.forget_refusal();
        if check.as_ref().is_none_or(|may_go| may_go(&entries)) {
            posting.send(fields);
        }
    };
    let is_cut = posting.is_cut.get_value();
    view! {
        <form class=class method="post" action=posting.path novalidate="" on:submit=on_submit>
            <PageOf />
            {move || {
                posting
                    .is_unsent
                    .get()
                    .then(|| {
                        view! { <Notice kind=NoticeKind::Attention title=texts::CAME_BACK_UNSENT /> }
                    })
            }}
            {is_cut
                .then(|| {
                    view! { <Notice kind=NoticeKind::Attention title=texts::CAME_BACK_CUT /> }
                })}
            <Provider value=posting.typed.get_value()>{children()}</Provider>
        </form>
    }
}

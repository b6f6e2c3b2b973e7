//! What an observation says now, on the page where it is put right. Somebody else, or the same person
//! on another device, may change it meanwhile: that is shown, and not undone unseen.

use app::error::AppError;
use app::functions::ask::{ask, read};
use app::functions::patient::Observation;
use app::widgets::{Isolated, Notice, NoticeKind, Posting};
use app::wire::ObservationItem;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::texts;

/// The field that says which version a change was made upon.
const BASED_ON: &str = "based_on";

/// What an observation says now, as far as the page knows.
#[derive(Clone, Copy)]
pub(crate) struct Present(RwSignal<ObservationItem>);

impl Present {
    /// As it was when the page was loaded.
    pub(super) fn new(item: ObservationItem) -> Self {
        Self(RwSignal::new(item))
    }

    /// What it says.
    pub(super) fn item(self) -> Signal<ObservationItem> {
        self.0.into()
    }

    /// The version that the form of `posting` was filled from; the one that is shown now, where it
    /// was refused for that.
    fn basis(self, posting: Posting) -> RwSignal<u64> {
        let (id, shown) = self.0.with_untracked(|item| (item.observation_id, item.version));
        let is_changed = move || changed(posting).is_some();
        let typed = posting.typed_before(BASED_ON).and_then(|version| version.parse().ok());
        let basis = RwSignal::new(typed.filter(|_| !untrack(is_changed)).unwrap_or(shown));
        // The page that came back for that without JavaScript shows it already.
        Effect::new(move |before: Option<()>| {
            if is_changed() && before.is_some() {
                spawn_local(async move {
                    let question = Observation { observation_id: id.to_string() };
                    // Without an answer the form stays refused, and asks again when it is sent.
                    if let Ok(receipt) = read::<Observation>(ask(question).await) {
                        basis.try_set(receipt.item.version);
                        self.0.try_set(receipt.item);
                    }
                });
            }
        });
        basis
    }
}

/// The version there is, where the form was refused because it is another one.
fn changed(posting: Posting) -> Option<u64> {
    match posting.refusal().get() {
        Some(AppError::Changed { version }) => Some(version),
        _ => None,
    }
}

/// Says in a form which observation it is about, and the version that it was filled from.
#[component]
pub(crate) fn WhichVersion(
    /// The observation.
    present: Present,
    /// The form's way to the server.
    posting: Posting,
) -> impl IntoView {
    let id = present.0.with_untracked(|item| item.observation_id.to_string());
    let basis = present.basis(posting);
    view! {
        <input type="hidden" name="observation_id" value=id />
        <input
            type="hidden"
            name=BASED_ON
            value=move || basis.get().to_string()
            autocomplete="off"
        />
    }
}

/// What the observation says now, where the form was refused because that is something else than it
/// was filled from.
#[component]
pub(crate) fn ChangedMeanwhile(
    /// The observation.
    present: Present,
    /// The form's way to the server.
    posting: Posting,
    /// What that means for what was entered.
    #[prop(optional)]
    children: Option<ChildrenFn>,
) -> impl IntoView {
    let children = StoredValue::new(children);
    move || {
        let now = present.0.get();
        let is_known = changed(posting).is_some_and(|version| now.version >= version);
        is_known.then(|| {
            let note = now.note.map(|note| {
                view! { <p>{texts::YOUR_NOTE}": "<Isolated text=note /></p> }
            });
            let anew = format!("/correct/{}", now.observation_id);
            view! {
                <Notice
                    kind=NoticeKind::Attention
                    title=texts::changed_meanwhile(&now.measurement.to_string())
                >
                    {note}
                    {children.with_value(|children| children.as_ref().map(|children| children()))}
                    <p>
                        <a href=anew rel="external">
                            {texts::BEGIN_FROM_THAT}
                        </a>
                    </p>
                </Notice>
            }
        })
    }
}

//! A part of a page that shows what the server answers.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::params::ParamsMap;

use super::heading::{PageHeading, PageTitle};
use super::problem::{Problem, Skeleton};
use crate::error::AppError;
use crate::functions::ask::{PendingAnswer, Question, RawAnswer, ask, read};

/// What the page's address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Which one, from `:id` in the path.
    pub id: String,
    /// Where the list begins, from `?cursor=`; `None` at its newest.
    pub cursor: Option<String>,
    /// All that stands behind the `?`.
    pub query: ParamsMap,
}

impl Asked {
    /// The address `path` with those of these `names` that stand behind the `?` of this page.
    #[must_use]
    pub fn with_only(&self, path: &str, names: &[&'static str]) -> String {
        let mut query = ParamsMap::new();
        for name in names {
            if let Some(value) = self.query.get(name) {
                query.insert(*name, value);
            }
        }
        format!("{path}{}", query.to_query_string())
    }
}

/// Asks `question` and shows the answer; meanwhile a skeleton, the first time, and later what was
/// answered before. The server sends the page with the answer in it.
#[component]
pub fn Loaded<Q: Question>(
    /// What to ask.
    question: impl Fn(Asked) -> Q + Send + Sync + 'static,
    /// How the answer is shown.
    show: impl Fn(Asked, Q::Answer) -> AnyView + Send + Sync + 'static,
    /// How many entries the skeleton hints at.
    #[prop(default = 4)]
    rows: usize,
    /// The page's heading where there is no answer, if the answer brings its own.
    #[prop(optional)]
    heading: Option<&'static str>,
    /// Asks anew whenever it changes.
    #[prop(default = Signal::stored(0))]
    version: Signal<u32>,
    /// Whether nothing is shown where there is no answer, because another part of the page says so.
    #[prop(optional)]
    quiet: bool,
) -> impl IntoView {
    loaded(
        Arc::new(move |asked| ask(question(asked))),
        Arc::new(move |asked, answer| match read::<Q>(answer) {
            Ok(answer) => show(asked, answer),
            Err(_) if quiet => ().into_any(),
            Err(error) => no_answer(error, heading),
        }),
        rows,
        version,
    )
}

type Ask = Arc<dyn Fn(Asked) -> PendingAnswer + Send + Sync>;
type Show = Arc<dyn Fn(Asked, RawAnswer) -> AnyView + Send + Sync>;

/// All of it that does not depend on what is asked.
fn loaded(ask: Ask, show: Show, rows: usize, version: Signal<u32>) -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let asked = Memo::new(move |_| Asked {
        id: params.with(|params| params.get("id").unwrap_or_default()),
        cursor: query.with(|query| query.get("cursor")),
        query: query.get(),
    });
    let source = move || (asked.get(), version.get());
    let answer = Resource::new_blocking(source, move |(asked, _)| ask(asked));
    view! {
        <Transition fallback=move || {
            view! { <Skeleton rows /> }
        }>
            {move || {
                let (show, asked) = (show.clone(), asked.get());
                Suspend::new(async move { show(asked, answer.await) })
            }}
        </Transition>
    }
    .into_any()
}

fn no_answer(error: AppError, heading: Option<&'static str>) -> AnyView {
    let heading = heading.map(|heading| {
        view! {
            <PageTitle text=heading />
            <PageHeading>{heading}</PageHeading>
        }
    });
    view! {
        {heading}
        <Problem error />
    }
    .into_any()
}

//! The read models in memory, with an eye on how they are written.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use healthflow::projections::{PROJECTIONS, Projection, Row};
use healthflow::store::client::StoreError;
use healthflow::store::generations::ModelState;
use healthflow::store::read_models::{Identity, ReadModels, RowPage};

use super::chaos::{Chaos, Flaw};

/// How many rows one part of a scan has.
const SCAN_PAGE: usize = 7;

/// The rows of one generation.
pub(crate) type Rows = BTreeMap<Identity, Row>;

#[derive(Default)]
struct Kept {
    states: BTreeMap<&'static str, (ModelState, u64)>,
    generations: BTreeMap<(&'static str, u32), Rows>,
    steps_back: Vec<String>,
}

/// The read models in memory.
#[derive(Clone)]
pub(crate) struct MemoryReadModels {
    kept: Arc<Mutex<Kept>>,
    chaos: Chaos,
    /// What the simulation must find.
    pub(crate) flaw: Option<Flaw>,
    /// Whether this is for those who keep the read models up to date.
    is_for_writers: bool,
}

impl MemoryReadModels {
    /// The first generation of each read model, with no rows yet.
    pub(crate) fn new(chaos: Chaos) -> Self {
        let firsts = PROJECTIONS.map(|model| ((model.name, 1), Rows::new()));
        let kept = Kept { generations: firsts.into(), ..Kept::default() };
        Self { kept: Arc::new(Mutex::new(kept)), chaos, flaw: None, is_for_writers: false }
    }

    /// The same, for those who keep the read models up to date.
    pub(crate) fn for_writers(&self) -> Self {
        Self { is_for_writers: true, ..self.clone() }
    }

    /// What is noted of `model`.
    pub(crate) fn noted(&self, model: &Projection) -> ModelState {
        self.lock().states.get(model.name).map(|(state, _)| state.clone()).unwrap_or_default()
    }

    /// The generations of `model` that there is room for.
    pub(crate) fn generations(&self, model: &Projection) -> Vec<u32> {
        let kept = self.lock();
        kept.generations.keys().filter(|(of, _)| *of == model.name).map(|(_, at)| *at).collect()
    }

    /// The rows of a generation, if it is there.
    pub(crate) fn rows(&self, model: &Projection, generation: u32) -> Option<Rows> {
        self.lock().generations.get(&(model.name, generation)).cloned()
    }

    /// The versions of a generation's rows, as they are when the question arrives.
    pub(crate) async fn read(
        &self,
        model: &Projection,
        generation: u32,
    ) -> Result<BTreeMap<Identity, u64>, StoreError> {
        self.chaos.on_the_way_there("read rows").await?;
        let kept = self.lock();
        let rows = kept.generations.get(&(model.name, generation)).ok_or_else(absent)?;
        Ok(rows.iter().map(|(identity, row)| (identity.clone(), row.version)).collect())
    }

    /// Rows that were replaced by an earlier version.
    pub(crate) fn steps_back(&self) -> Vec<String> {
        self.lock().steps_back.clone()
    }

    async fn write(
        &self,
        model: &Projection,
        generation: u32,
        row: &Row,
    ) -> Result<bool, StoreError> {
        self.chaos.on_the_way_there("write row").await?;
        let changed = {
            let mut kept = self.lock();
            let Kept { generations, steps_back, .. } = &mut *kept;
            let rows = generations.get_mut(&(model.name, generation)).ok_or_else(absent)?;
            let identity = row.identity(model);
            let held = rows.get(&identity).map(|held| held.version);
            let newer = held.is_none_or(|held| held < row.version);
            if newer || self.flaw == Some(Flaw::NoVersionCheck) {
                if held.is_some_and(|held| held > row.version) {
                    steps_back.push(format!("{} {generation} {identity:?}", model.name));
                }
                rows.insert(identity, row.clone());
            }
            newer
        };
        self.chaos.on_the_way_back("write row").await?;
        Ok(changed)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }
}

/// What DynamoDB says of a table that is not there.
fn absent() -> StoreError {
    StoreError::Unavailable("ResourceNotFoundException".to_owned())
}

/// What a rebuild with a flaw notes instead of `state`.
fn flawed(flaw: Flaw, mut state: ModelState) -> ModelState {
    if let Some(rebuild) = &mut state.rebuild {
        match flaw {
            Flaw::EarlySwitch => state.active = rebuild.generation,
            Flaw::WrongPlace => {
                let begun = rebuild.segments.iter_mut().filter(|part| part.behind.is_some());
                begun.for_each(|part| part.done = true);
            }
            _ => {}
        }
    }
    state
}

#[async_trait]
impl ReadModels for MemoryReadModels {
    async fn state(&self, model: &'static Projection) -> Result<(ModelState, u64), StoreError> {
        self.chaos.on_the_way_there("read state").await?;
        let (mut state, revision) = self.lock().states.get(model.name).cloned().unwrap_or_default();
        self.chaos.on_the_way_back("read state").await?;
        if self.is_for_writers && self.flaw == Some(Flaw::UnseenGeneration) {
            state.kept.retain(|generation| *generation <= state.active);
        }
        Ok((state, revision))
    }

    async fn replace_state(
        &self,
        model: &'static Projection,
        state: &ModelState,
        revision: u64,
    ) -> Result<bool, StoreError> {
        self.chaos.on_the_way_there("note state").await?;
        let is_next = {
            let mut kept = self.lock();
            let held = kept.states.entry(model.name).or_default();
            let is_next = held.1 == revision;
            if is_next {
                let state = state.clone();
                let state = self.flaw.map_or(state.clone(), |flaw| flawed(flaw, state));
                *held = (state, revision + 1);
            }
            is_next
        };
        self.chaos.on_the_way_back("note state").await?;
        Ok(is_next)
    }

    async fn provision(&self, model: &'static Projection, generation: u32) -> Result<(), String> {
        let there = self.chaos.on_the_way_there("provision").await;
        there.map_err(|error| error.to_string())?;
        self.lock().generations.entry((model.name, generation)).or_default();
        let back = self.chaos.on_the_way_back("provision").await;
        back.map_err(|error| error.to_string())
    }

    async fn delete(&self, model: &'static Projection, generation: u32) -> Result<(), StoreError> {
        self.chaos.on_the_way_there("delete").await?;
        self.lock().generations.remove(&(model.name, generation));
        self.chaos.on_the_way_back("delete").await
    }

    async fn write_each(
        &self,
        model: &'static Projection,
        generation: u32,
        rows: &[Row],
    ) -> Vec<Result<bool, StoreError>> {
        let mut results = Vec::new();
        for row in rows {
            results.push(self.write(model, generation, row).await);
        }
        results
    }

    async fn scan(
        &self,
        model: &'static Projection,
        generation: u32,
        after: Option<&Identity>,
    ) -> Result<RowPage, StoreError> {
        self.chaos.on_the_way_there("scan").await?;
        let kept = self.lock();
        let rows = kept.generations.get(&(model.name, generation)).ok_or_else(absent)?;
        let rest = rows.iter().filter(|(identity, _)| Some(*identity) > after);
        let rows: Vec<_> = rest
            .take(SCAN_PAGE)
            .map(|(identity, row)| (identity.clone(), self.canonical(row)))
            .collect();
        let last = rows.last().filter(|_| rows.len() == SCAN_PAGE);
        let next = last.map(|(identity, _)| identity.clone());
        Ok(RowPage { rows, next })
    }

    fn canonical(&self, row: &Row) -> String {
        format!("{row:?}")
    }
}

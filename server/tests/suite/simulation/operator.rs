//! An operator who rebuilds read models while events keep coming, and people who read them
//! meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use healthflow::projections::{PROJECTIONS, Projection};
use healthflow::rebuild::{RebuildError, Rebuilder};
use healthflow::store::generations::Generations;
use healthflow::store::read_models::Identity;

use super::chaos::unless_killed;
use super::system::System;

/// What has been found to be wrong.
pub(crate) type Violations = Arc<Mutex<Vec<String>>>;

/// The most rebuilds of one schedule.
const REBUILDS_MAX: u64 = 3;
/// The longest an operator waits before each, in milliseconds: events come for ten seconds.
const FIRST_MAX_MS: u64 = 8_000;
/// The longest a reader waits before looking again, in milliseconds.
const LOOK_MAX_MS: u64 = 1_200;
/// How many steps a rebuild is killed after at the latest. It has some more.
const STEPS_MAX: u64 = 250;

/// Who rebuilds, and what they must find in the end.
#[derive(Clone)]
pub(crate) struct Operator {
    system: System,
    /// The generations of each read model that nobody has told to drop.
    promised: Arc<Mutex<BTreeMap<&'static str, BTreeSet<u32>>>>,
    violations: Violations,
}

impl Operator {
    pub(crate) fn new(system: System, violations: Violations) -> Self {
        let firsts = PROJECTIONS.map(|model| (model.name, BTreeSet::from([1])));
        Self { system, promised: Arc::new(Mutex::new(firsts.into())), violations }
    }

    /// Rebuilds some read models, one after the other, while people read them.
    pub(crate) async fn does_their_part(self) {
        let chaos = &self.system.chaos;
        for _ in 0..=chaos.below("rebuilds", REBUILDS_MAX) {
            let model = PROJECTIONS[usize::try_from(chaos.below("model", 3)).unwrap()];
            let reader = Reader::new(&self.system, model, &self.violations);
            let reading = tokio::spawn(reader.reads());
            tokio::time::sleep(Duration::from_millis(chaos.below("rebuild at", FIRST_MAX_MS)))
                .await;
            let second_comes = chaos.below("second operator", 4) == 0;
            futures::join!(self.rebuild(model), async {
                if second_comes {
                    self.rebuild_as_well(model).await;
                }
            });
            // The second may have begun another once the first was done, and left it.
            while self.system.models.noted(model).rebuild.is_some() {
                self.rebuild(model).await;
            }
            if chaos.below("drop", 3) == 0 {
                self.drop_old(model).await;
            }
            // Until they have looked at what has become of it.
            tokio::time::sleep(Duration::from_secs(3)).await;
            reading.abort();
        }
    }

    fn rebuilder(&self) -> Rebuilder<'_> {
        Rebuilder { events: &self.system.store, models: &self.system.models }
    }

    /// Begins a rebuild until one ends well.
    async fn rebuild(&self, model: &'static Projection) {
        while self.try_to_rebuild(model).await.is_none() {
            self.rest().await;
        }
    }

    /// The same at the same time, by somebody who leaves it to the first at the first failure.
    async fn rebuild_as_well(&self, model: &'static Projection) {
        self.rest().await;
        self.try_to_rebuild(model).await;
    }

    /// `None` when it failed or was killed.
    async fn try_to_rebuild(&self, model: &'static Projection) -> Option<()> {
        let rebuilder = self.rebuilder();
        let done = unless_killed(self.steps_left(), rebuilder.rebuild(model, |_| {})).await;
        let rebuilt = done?.ok()?;
        let noted = self.system.models.noted(model);
        // Another operator may have switched to a newer one meanwhile.
        if noted.active < rebuilt.generation {
            let what = format!("{} is read from {noted:?} after {rebuilt:?}", model.name);
            self.violations.lock().unwrap().push(what);
        }
        let mut promised = self.promised.lock().unwrap();
        promised.entry(model.name).or_default().extend(&noted.kept);
        Some(())
    }

    async fn drop_old(&self, model: &'static Projection) {
        let active = self.system.models.noted(model).active;
        self.promised.lock().unwrap().insert(model.name, BTreeSet::from([active]));
        let rebuilder = self.rebuilder();
        loop {
            match unless_killed(self.steps_left(), rebuilder.drop_old(model)).await {
                // The latter when it was done and the answer was lost.
                Some(Ok(_) | Err(RebuildError::NothingToDrop)) => return,
                Some(Err(_)) | None => self.rest().await,
            }
        }
    }

    fn steps_left(&self) -> Option<u64> {
        let chaos = &self.system.chaos;
        chaos.strikes_often("kill rebuild").then(|| chaos.below("kill rebuild", STEPS_MAX))
    }

    async fn rest(&self) {
        let rest_ms = self.system.chaos.below("rest", 2_000);
        tokio::time::sleep(Duration::from_millis(rest_ms)).await;
    }

    /// What is wrong with the generations there are in the end.
    pub(crate) fn verdict(&self) -> Vec<String> {
        let promised = self.promised.lock().unwrap();
        let mut violations = Vec::new();
        for model in PROJECTIONS {
            let (noted, there) =
                (self.system.models.noted(model), self.system.models.generations(model));
            let kept: BTreeSet<u32> = noted.kept.iter().copied().collect();
            if !promised[model.name].is_subset(&kept) {
                violations.push(format!("{} lost a generation: {noted:?}", model.name));
            }
            // Whoever was killed before it was noted has made room for the next rebuild to use.
            let next = kept.last().map(|newest| newest + 1);
            let left = there.into_iter().filter(|generation| Some(*generation) != next);
            if noted.rebuild.is_some() || !noted.dropped.is_empty() || !left.eq(kept) {
                violations.push(format!("{} left something behind: {noted:?}", model.name));
            }
        }
        violations
    }
}

/// A web process that reads one read model, and remembers what it has shown.
struct Reader {
    system: System,
    model: &'static Projection,
    generations: Generations,
    shown: Mutex<BTreeMap<Identity, u64>>,
    violations: Violations,
}

impl Reader {
    fn new(system: &System, model: &'static Projection, violations: &Violations) -> Self {
        let generations = system.generations();
        let (system, violations) = (system.clone(), Arc::clone(violations));
        Self { system, model, generations, shown: Mutex::default(), violations }
    }

    /// Two people at a time look at it.
    async fn reads(self) {
        futures::join!(self.looks_again_and_again(), self.looks_again_and_again());
    }

    async fn looks_again_and_again(&self) {
        loop {
            self.look().await;
            let pause_ms = self.system.chaos.below("look", LOOK_MAX_MS);
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        }
    }

    /// What the process has shown before somebody looks, they see too.
    async fn look(&self) {
        let shown = self.shown.lock().unwrap().clone();
        let Ok(state) = self.generations.known(self.model).await else { return };
        let Ok(seen) = self.system.models.read(self.model, state.active).await else { return };
        for (identity, version) in &shown {
            if seen.get(identity) < Some(version) {
                let (name, active) = (self.model.name, state.active);
                let what = format!("a reader of {name} {active} sees less: {identity:?}");
                self.violations.lock().unwrap().push(what);
            }
        }
        let mut all_shown = self.shown.lock().unwrap();
        for (identity, version) in seen {
            let known = all_shown.entry(identity).or_default();
            *known = version.max(*known);
        }
    }
}

use async_trait::async_trait;
use tokio::sync::{Mutex, oneshot};

use super::*;
use crate::projections::PATIENTS;
use crate::store::read_models::{Identity, RowPage};

/// Gives answers to one question after the other, each when it is told to.
struct Answering(Mutex<Vec<oneshot::Receiver<(ModelState, u64)>>>);

#[async_trait]
impl ReadModels for Answering {
    async fn state(&self, _: &'static Projection) -> Result<(ModelState, u64), StoreError> {
        let answer = self.0.lock().await.remove(0);
        answer.await.map_err(|error| StoreError::Unavailable(error.to_string()))
    }

    async fn replace_state(
        &self,
        _: &'static Projection,
        _: &ModelState,
        _: u64,
    ) -> Result<bool, StoreError> {
        unreachable!("nobody notes anything here")
    }

    async fn provision(&self, _: &'static Projection, _: u32) -> Result<(), String> {
        unreachable!("nobody makes a generation here")
    }

    async fn delete(&self, _: &'static Projection, _: u32) -> Result<(), StoreError> {
        unreachable!("nobody deletes a generation here")
    }

    async fn write_each(
        &self,
        _: &'static Projection,
        _: u32,
        _: &[Row],
    ) -> Vec<Result<bool, StoreError>> {
        unreachable!("nobody writes here")
    }

    async fn scan(
        &self,
        _: &'static Projection,
        _: u32,
        _: Option<&Identity>,
    ) -> Result<RowPage, StoreError> {
        unreachable!("nobody reads rows here")
    }

    fn canonical(&self, _: &Row) -> String {
        unreachable!("nobody compares rows here")
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_known_does_not_go_back_when_an_older_answer_comes_later() {
    let (first, first_answer) = oneshot::channel();
    let (second, second_answer) = oneshot::channel();
    let answering = Answering(Mutex::new(vec![first_answer, second_answer]));
    let generations = Generations::new(Arc::new(answering));
    let mut slow = std::pin::pin!(generations.known(&PATIENTS));
    assert!(futures::poll!(&mut slow).is_pending());
    let switched = ModelState { active: 2, kept: vec![1, 2], ..ModelState::default() };
    second.send((switched, 1)).expect("somebody asks");
    assert_eq!(generations.known(&PATIENTS).await.expect("an answer").active, 2);
    first.send((ModelState::default(), 0)).expect("somebody asks");
    assert_eq!(slow.await.expect("an answer").active, 2);
    assert_eq!(generations.known(&PATIENTS).await.expect("still known").active, 2);
}

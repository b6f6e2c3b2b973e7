//! The circuit breaker in the hands of an administrator.

use app::backend::Caller;
use app::error::AppError;
use app::wire::BreakerItem;
use domain::access::Action;

use super::Service;
use super::gate::what_and_why;
use crate::http::edge::breaker::{BreakerPhase, BreakerState};

impl Service {
    pub(super) async fn breaker_state(&self, caller: &Caller) -> Result<BreakerItem, AppError> {
        self.allow(caller, Action::OperateBreaker).await?;
        Ok(breaker_item(self.breaker.state()))
    }

    pub(super) async fn operate(
        &self,
        caller: &Caller,
        holds: bool,
        reason: Option<&str>,
    ) -> Result<BreakerItem, AppError> {
        let order = what_and_why(if holds { "hold" } else { "reset" }, reason)?;
        let permit = self.permit(caller, Action::OperateBreaker, Some(&order)).await?;
        permit.recorded().await?;
        if holds {
            self.breaker.hold();
        } else {
            self.breaker.reset();
        }
        Ok(breaker_item(self.breaker.state()))
    }
}

fn breaker_item(state: BreakerState) -> BreakerItem {
    let phase = match state.phase {
        BreakerPhase::Closed => "closed",
        BreakerPhase::Recovering => "recovering",
        BreakerPhase::Open => "open",
        BreakerPhase::Held => "held",
    };
    BreakerItem {
        phase: phase.to_owned(),
        lets_in_percent: state.lets_in_percent,
        requests_last_minute: state.requests_last_minute,
        requests_per_minute_max: state.requests_per_minute_max,
    }
}

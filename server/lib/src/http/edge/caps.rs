//! How much of each kind of work is done at once. What is more is told to come back: nobody
//! queues, so that a flood of one kind takes nothing from the others.

use std::net::IpAddr;
use std::sync::Arc;

use app::error::AppError;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::components::{Component, STREAMS_PER_ADDRESS, STREAMS_PER_USER};
use super::counted::{Counted, One};
use super::holder::{Holder, address_of};
use super::lane;
use crate::http::AppState;
use crate::metrics;

/// When whoever found no room should come back, in seconds.
const COME_BACK_S: u32 = 1;
/// When whoever has too many streams open should come back, in seconds.
const STREAM_COME_BACK_S: u32 = 30;

/// The room for each component, shared by both addresses.
#[derive(Debug)]
pub struct Caps {
    rooms: [Arc<Semaphore>; Component::ALL.len()],
    streams_of_user: Counted<Holder>,
    streams_of_address: Counted<IpAddr>,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            rooms: Component::ALL.map(|kind| Arc::new(Semaphore::new(kind.terms().at_once))),
            streams_of_user: Counted::default(),
            streams_of_address: Counted::default(),
        }
    }
}

/// The places that one request holds; dropping them gives them back.
#[derive(Debug)]
pub struct Held {
    _room: OwnedSemaphorePermit,
    _stream: Option<(One<Holder>, One<IpAddr>)>,
}

impl Caps {
    /// Room for a request to `component`.
    ///
    /// # Errors
    /// [`AppError::Overloaded`] when all of it is taken, [`AppError::TooManyRequests`] when this
    /// user or address has its share of streams.
    fn enter(&self, component: Component, request: &Request) -> Result<Held, AppError> {
        let too_many = || AppError::TooManyRequests { retry_after_s: STREAM_COME_BACK_S };
        let stream = if component == Component::Stream {
            let addr = address_of(request);
            let of_user = self.streams_of_user.take(Holder::of(request), STREAMS_PER_USER);
            let of_address = self.streams_of_address.take(addr, STREAMS_PER_ADDRESS);
            Some(of_user.zip(of_address).ok_or_else(too_many)?)
        } else {
            None
        };
        let room = Arc::clone(&self.rooms[component as usize]).try_acquire_owned();
        let full = |_| AppError::Overloaded { retry_after_s: COME_BACK_S };
        Ok(Held { _room: room.map_err(full)?, _stream: stream })
    }
}

/// Lets a request in where there is room for it. A stream keeps its place until it ends. What only
/// the reserved lane may take has its place there.
pub async fn bound(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if lane::is_refused(&request) {
        return next.run(request).await;
    }
    let component = Component::of(request.method(), request.uri().path());
    let held = match state.edge.caps.enter(component, &request) {
        Ok(held) => held,
        Err(refusal) => {
            metrics::no_room(component.terms().name);
            return lane::unless_critical(refusal, request, next).await;
        }
    };
    let response = next.run(request).await;
    if component != Component::Stream {
        return response;
    }
    response.map(|body| {
        Body::from_stream(body.into_data_stream().map(move |part| {
            let _until_the_end = &held;
            part
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request::new(Body::empty())
    }

    #[test]
    fn a_component_that_is_full_leaves_the_others_their_room() {
        let caps = Caps::default();
        let at_once = Component::SignIn.terms().at_once;
        let enter = |component| caps.enter(component, &request());
        let held: Vec<_> = (0..at_once * 2).map(|_| enter(Component::SignIn)).collect();
        assert_eq!(held.iter().filter(|place| place.is_ok()).count(), at_once);
        assert!(enter(Component::Write).is_ok());
        drop(held);
        assert!(enter(Component::SignIn).is_ok(), "what ended gave its place back");
    }

    #[test]
    fn one_user_has_so_many_streams() {
        let caps = Caps::default();
        let open: Vec<_> =
            (0..STREAMS_PER_USER * 2).map(|_| caps.enter(Component::Stream, &request())).collect();
        assert_eq!(open.iter().filter(|place| place.is_ok()).count(), STREAMS_PER_USER);
        assert!(matches!(open.last(), Some(Err(AppError::TooManyRequests { .. }))));
    }

    #[test]
    fn each_component_has_the_room_of_its_own_terms() {
        for (at, component) in Component::ALL.into_iter().enumerate() {
            assert_eq!(component as usize, at);
        }
    }
}

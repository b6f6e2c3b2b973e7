//! `GET /api/alerts/stream`: alerts as they are raised, by server-sent events.
//!
//! Each event's `id` is the alert's place in the clinic's order. A reader that comes back with
//! `Last-Event-ID` gets what it missed; around that place alerts may come twice (they carry their
//! identity), because an older alert can enter the view a moment after a younger one. What becomes of
//! an alert is told at once when this process heard of it, else by the look into the view that each
//! stream takes now and then, as far back as that look goes.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use app::backend::Backend;
use app::wire::AlertItem;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::access::{self, Action};
use domain::field_error::FieldError;
use domain::ids::{AlertId, ClinicId, SessionId};
use domain::timestamp::Timestamp;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;

use super::{Asking, pass_at_once};
use crate::http::AppState;
use crate::http::guard::TokenEnd;
use crate::http::problem::Problem;
use crate::identity::sessions::Sessions;
use crate::live::Announcement;
use crate::projections::alert_place;
use crate::service::gate;
use crate::store::cursor;
use crate::store::views::DynamoViews;

/// The name of an event that brings an alert.
pub const ALERT: &str = "alert";
/// The name of an event that brings an alert as it is now that somebody takes care of it.
pub const ACKNOWLEDGED: &str = "acknowledged";
/// The name of an event that brings an alert as it is now that something else became of it: it was
/// given back, or what raised it was corrected or withdrawn, after which it may need somebody anew.
pub const CHANGED: &str = "changed";
/// The name of the event that says first whose stream it is, by their login: a browser opens it again
/// by itself, and somebody else may be signed in by then.
pub const READER: &str = "reader";
/// The name of an event that brings nothing but a sign of life.
pub const BEAT: &str = "beat";
/// How often the reader gets a sign of life where there is nothing else.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How soon a cut-off reader comes back, in milliseconds.
const RETRY_MS: u64 = 2_000;
/// How far back before a known place a look goes, in minutes: alerts can enter the view late.
const LOOK_BACK_MINUTES: i64 = 1;
/// Without news from this process for so long, the view is looked at: another process may have
/// written to it.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// How often it is asked whether the reader may still listen; what is known of a session is up to
/// 3 s old, so that a change ends the stream within 5 s.
const ACCESS_CHECK_EVERY: Duration = Duration::from_millis(1_500);
/// So many events may wait for a slow reader.
const UNREAD_MAX: usize = 64;
/// A reader that takes none of them for so long is cut off.
const READ_TIME_MAX: Duration = Duration::from_secs(20);
/// So many sent alerts are remembered before the older ones are forgotten.
const SENT_MAX: usize = 5_000;

pub(super) async fn stream(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Response, Problem> {
    let principal = gate::principal(&asking.0)?;
    let (clinic, session_id) = (principal.clinic_id.clone(), principal.session_id);
    state.service.allow(&asking.0, Action::ReadAlerts(&clinic)).await?;
    let last_seen = last_event_id(request.headers())?;
    let token_end = request.extensions().get::<TokenEnd>().copied();
    // Listening begins before the first look, so that nothing falls in between.
    let heard = state.live.listen(&clinic);
    let since = match last_seen {
        Some(key) => key,
        None => newest(&state, &asking).await?,
    };
    let (to_reader, events) = mpsc::channel(UNREAD_MAX);
    let _ = to_reader
        .try_send(Ok(Event::default().retry(Duration::from_millis(RETRY_MS)).comment("open")));
    if let Ok(reader) = Event::default().event(READER).json_data(&principal.login) {
        let _ = to_reader.try_send(Ok(reader));
    }
    let feed =
        Feed { views: state.service.views.clone(), clinic, since, sent: HashMap::new(), to_reader };
    let sessions = state.service.sessions.clone();
    tokio::spawn(async move {
        let mut stop = state.stop.clone();
        tokio::select! {
            _ = feed.run(heard) => {}
            () = until_token_ends(token_end) => {}
            () = until_access_ends(&sessions, session_id) => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    });
    let sse = Sse::new(ReceiverStream::new(events));
    // An event, and no comment: pages hear of comments nothing.
    let beat = Event::default().event(BEAT).data("{}");
    let mut response =
        sse.keep_alive(KeepAlive::new().interval(HEARTBEAT).event(beat)).into_response();
    pass_at_once(response.headers_mut());
    // Nobody keeps it, and nobody between here and the reader packs it, which would hold it up.
    let fresh = HeaderValue::from_static("no-store, no-transform");
    response.headers_mut().insert(header::CACHE_CONTROL, fresh);
    Ok(response)
}

/// The sort key in `Last-Event-ID`.
pub(super) fn last_event_id(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let decoded = value.to_str().ok().and_then(|id| cursor::decode(id).ok());
    decoded.map(Some).ok_or_else(|| {
        let message = "Send the `id` of an event of this stream, or none.";
        let fault = FieldError::new("Last-Event-ID", "malformed", message);
        Problem::unusable(StatusCode::BAD_REQUEST, fault)
    })
}

/// The place of the newest alert: who brings no place of their own starts there.
async fn newest(state: &AppState, asking: &Asking) -> Result<String, Problem> {
    let page = app::backend::PageRequest { limit: Some(1), cursor: None };
    let page = state.service.alerts(&asking.0, page).await?;
    Ok(page.items.first().map(alert_place).unwrap_or_else(|| "0".to_owned()))
}

/// Resolves when the session has ended, or its owner may not read alerts any more.
async fn until_access_ends(sessions: &Sessions, session_id: SessionId) {
    loop {
        tokio::time::sleep(ACCESS_CHECK_EVERY).await;
        let may_read = match sessions.standing(session_id).await {
            Ok(Some(standing)) => {
                let principal = standing.principal();
                let action = Action::ReadAlerts(&principal.clinic_id);
                access::allows(&principal.subject(), &action, false)
            }
            Ok(None) => false,
            // A store that is away says nothing about anybody's rights, and sends no alerts.
            Err(_) => true,
        };
        if !may_read {
            return;
        }
    }
}

async fn until_token_ends(end: Option<TokenEnd>) {
    let Some(TokenEnd(end_s)) = end else { return std::future::pending().await };
    let now = UNIX_EPOCH.elapsed().unwrap_or_default();
    tokio::time::sleep(Duration::from_secs(end_s).saturating_sub(now)).await;
}

/// One reader's stream.
struct Feed {
    views: DynamoViews,
    clinic: ClinicId,
    /// The youngest place sent so far.
    since: String,
    /// What was sent around there, and what had become of it by then.
    sent: HashMap<AlertId, Fate>,
    to_reader: mpsc::Sender<Result<Event, Infallible>>,
}

/// What became of an alert, as far as it tells one answer from the next.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Fate {
    taken_at: Option<Timestamp>,
    reassessed_at: Option<Timestamp>,
}

impl Fate {
    fn of(alert: &AlertItem) -> Self {
        Self {
            taken_at: alert.acknowledged.as_ref().map(|taken| taken.at),
            reassessed_at: alert.reassessed.as_ref().map(|reassessed| reassessed.at),
        }
    }

    /// The name of the event that tells it to somebody who knew `before`.
    fn event(self, before: Option<Self>) -> &'static str {
        let known = before.and_then(|before| before.taken_at);
        if self.taken_at.is_some() && self.taken_at != known { ACKNOWLEDGED } else { CHANGED }
    }
}

/// The reader has gone, or reads too slowly; it comes back with its place.
struct Gone;

impl Feed {
    async fn run(mut self, mut heard: Receiver<Arc<Announcement>>) -> Result<(), Gone> {
        self.catch_up().await?;
        let mut quiet_until = Instant::now() + LOOK_EVERY;
        loop {
            match tokio::time::timeout_at(quiet_until, heard.recv()).await {
                Ok(Ok(news)) if self.sent.len() < SENT_MAX => self.send_heard(&news).await?,
                Ok(Ok(_) | Err(RecvError::Lagged(_))) | Err(_) => self.catch_up().await?,
                Ok(Err(RecvError::Closed)) => return Err(Gone),
            }
            if self.to_reader.is_closed() {
                return Err(Gone);
            }
            quiet_until = Instant::now() + LOOK_EVERY;
        }
    }

    /// Sends what the view holds since a little before the last place.
    async fn catch_up(&mut self) -> Result<(), Gone> {
        match self.views.alerts_since(&self.clinic, &look_back_from(&self.since)).await {
            Ok(alerts) => {
                let kept: HashSet<AlertId> = alerts.iter().map(|alert| alert.alert_id).collect();
                for alert in &alerts {
                    self.send(alert).await?;
                }
                // What lies further back is not looked at again.
                self.sent.retain(|id, _| kept.contains(id));
            }
            Err(error) => tracing::warn!(%error, "the alert view cannot be read for a live stream"),
        }
        Ok(())
    }

    /// Sends what has just been written. An alert that was raised long ago is no news, but what
    /// becomes of it now is.
    async fn send_heard(&mut self, news: &Announcement) -> Result<(), Gone> {
        let Announcement { alert, is_change } = news;
        if alert_place(alert) >= look_back_from(&self.since) {
            return self.send(alert).await;
        }
        if *is_change {
            let event = Event::default().event(Fate::of(alert).event(None));
            return self.send_event(event, alert).await;
        }
        Ok(())
    }

    async fn send(&mut self, alert: &AlertItem) -> Result<(), Gone> {
        let fate = Fate::of(alert);
        match self.sent.insert(alert.alert_id, fate) {
            None => {
                let place = alert_place(alert);
                let event = Event::default().event(ALERT).id(cursor::encode(&place));
                self.since = place.max(std::mem::take(&mut self.since));
                self.send_event(event, alert).await
            }
            // Without an id: the reader's place stays where it is.
            Some(before) if before != fate => {
                self.send_event(Event::default().event(fate.event(Some(before))), alert).await
            }
            Some(_) => Ok(()),
        }
    }

    async fn send_event(&self, event: Event, alert: &AlertItem) -> Result<(), Gone> {
        let Ok(event) = event.json_data(alert) else { return Ok(()) };
        let sending = self.to_reader.send_timeout(Ok(event), READ_TIME_MAX);
        sending.await.map_err(|_| Gone)
    }
}

/// The place a minute before this one.
pub(super) fn look_back_from(place: &str) -> String {
    let time = place.split('#').next().unwrap_or_default();
    let earlier =
        time.parse::<Timestamp>().map(|at| at.plus_minutes(-LOOK_BACK_MINUTES).sort_key());
    earlier.unwrap_or_else(|_| place.to_owned())
}

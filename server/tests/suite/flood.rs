//! A flood on loopback: the circuit breaker, its reserved lane, its recovery and its levers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use healthflow::http::edge::breaker::{BreakerPhase, STEPS_PERCENT};
use reqwest::{Method, Response};
use serde_json::json;

use crate::test_app::{SignedIn, TestApp};

/// Low enough to be flooded by a test: 20 a second on average, 120 within one second.
const LIMIT: u32 = 1_200;
const SENDERS: usize = 8;
/// What has not happened by then never happens.
const NEVER: Duration = Duration::from_secs(60);

async fn with_limit() -> TestApp {
    TestApp::start_with(|config| {
        config.edge.requests_per_minute_max = LIMIT;
        config.edge.breaker_step_seconds = 1;
    })
    .await
}

/// A flood that goes on until it is told to stop.
struct Flood {
    goes_on: Arc<AtomicBool>,
    senders: Vec<tokio::task::JoinHandle<()>>,
}

impl Flood {
    fn begin(app: &TestApp) -> Self {
        let goes_on = Arc::new(AtomicBool::new(true));
        let senders = (0..SENDERS).map(|_| {
            let (goes_on, http) = (Arc::clone(&goes_on), app.http.clone());
            let url = format!("{}/api/nothing", app.patient_url);
            tokio::spawn(async move {
                while goes_on.load(Ordering::Relaxed) {
                    let _ = http.get(&url).send().await;
                }
            })
        });
        let senders = senders.collect();
        Self { goes_on, senders }
    }

    async fn end(self) {
        self.goes_on.store(false, Ordering::Relaxed);
        for sender in self.senders {
            sender.await.unwrap();
        }
    }
}

async fn submit(app: &TestApp, who: Option<&SignedIn>, score: u8) -> Response {
    let request = app.api(Method::POST, "/api/observations", who);
    request.json(&json!({ "score": score })).send().await.unwrap()
}

async fn submit_by_form(app: &TestApp, who: &SignedIn, score: &str) -> u16 {
    let form = [
        ("page_of", "anna"),
        ("kind", "symptom_score"),
        ("score", score),
        ("idempotency_key", score),
    ];
    let request = app.http.post(format!("{}/fn/patient/submit_observation", app.patient_url));
    let request = request.header("cookie", format!("healthflow_patient={}", who.token));
    let request = request.header("origin", &app.patient_url).header("accept", "text/html");
    request.form(&form).send().await.unwrap().status().as_u16()
}

fn assert_refused(answer: &Response) {
    assert_eq!(answer.status(), 503);
    let retry_after = answer.headers()["retry-after"].to_str().unwrap();
    assert!(retry_after.parse::<u32>().unwrap() >= 1);
    assert!(answer.headers().contains_key("content-security-policy"));
}

/// What gets through and what does not while the breaker refuses.
async fn assert_only_the_lane_is_open(app: &TestApp, anna: &SignedIn) {
    for path in ["/api/observations", "/api/alerts", "/sign-in", "/favicon.svg"] {
        let answer = app.api(Method::GET, path, Some(anna)).send().await.unwrap();
        assert_refused(&answer);
    }
    assert_refused(&submit(app, Some(anna), 5).await);
    assert_refused(&submit(app, None, 9).await);
    assert_eq!(submit(app, Some(anna), 9).await.status(), 200, "a critical observation");
    let with_broken_time = json!({ "score": 9, "effective_at": "yesterday", "note": 7 });
    let request = app.api(Method::POST, "/api/observations", Some(anna)).json(&with_broken_time);
    assert_eq!(request.send().await.unwrap().status(), 200, "whatever stands around it");
    assert_eq!(submit_by_form(app, anna, "10").await, 302, "the same by the form");
    assert_eq!(submit_by_form(app, anna, "4").await, 503);
    let health = app.api(Method::GET, "/health/ready", None).send().await.unwrap();
    assert_eq!(health.status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_trips_the_breaker_which_recovers_by_itself_in_steps() {
    let app = with_limit().await;
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);

    let begun = Instant::now();
    let flood = Flood::begin(&app);
    while app.breaker().state().phase == BreakerPhase::Closed {
        assert!(begun.elapsed() < NEVER, "the breaker never trips");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let (took, seen) = (begun.elapsed(), app.breaker().state().requests_last_minute);
    println!("tripped after {took:?}, {seen} requests");
    assert!(took < Duration::from_secs(1), "it took {took:?} and {seen} requests");

    assert_only_the_lane_is_open(&app, &anna).await;
    assert_eq!(app.breaker().state().phase, BreakerPhase::Open, "while the flood goes on");
    flood.end().await;

    let begun = Instant::now();
    let mut steps = Vec::new();
    loop {
        let state = app.breaker().state();
        steps.push(state.lets_in_percent);
        if state.phase == BreakerPhase::Closed {
            break;
        }
        assert!(begun.elapsed() < NEVER, "the breaker never closes");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    steps.dedup();
    println!("recovered after {:?} by {steps:?} %", begun.elapsed());
    assert!(steps.is_sorted(), "{steps:?}");
    assert!(STEPS_PERCENT.iter().all(|step| steps.contains(step)), "{steps:?}");

    // Served again, and nothing that was accepted meanwhile is lost.
    assert_eq!(submit(&app, Some(&anna), 5).await.status(), 200);
    let alerts = app.wait_for_alerts(&clinician, 3).await;
    assert_eq!(alerts.len(), 3);
}

#[tokio::test]
async fn an_administrator_holds_the_breaker_open_and_resets_it() {
    let app = with_limit().await;
    let anna = app.patient("anna").await;
    let administrator = app.administrator().await;
    let (status, held) = app.post("/api/breaker/hold", Some(&administrator), json!(null)).await;
    assert_eq!((status, &held["phase"]), (200, &json!("held")));
    assert_only_the_lane_is_open(&app, &anna).await;
    assert_eq!(app.breaker().state().phase, BreakerPhase::Held);
    let (status, reset) = app.post("/api/breaker/reset", Some(&administrator), json!(null)).await;
    assert_eq!((status, &reset["phase"]), (200, &json!("closed")));
    assert_eq!(submit(&app, Some(&anna), 5).await.status(), 200);
    assert_eq!(app.breaker().state().phase, BreakerPhase::Closed);
}

#[tokio::test]
async fn what_the_limit_allows_does_not_trip_the_breaker() {
    let app = with_limit().await;
    for _ in 0..LIMIT / 10 {
        let answer = app.api(Method::GET, "/api/nothing", None).send().await.unwrap();
        assert_eq!(answer.status(), 404);
    }
    assert_eq!(app.breaker().state().phase, BreakerPhase::Closed);
}

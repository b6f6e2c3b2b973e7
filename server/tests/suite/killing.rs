//! Real processes, killed at random times under load: what was answered with 2xx is in the log, in
//! its view, and has exactly its alerts.
//!
//! `KILL_ROUNDS` says how often (10 unless told), `KILL_SEED` when.

use std::collections::HashSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use healthflow::config::Config;
use healthflow::store::client::embedded_elsewhere;
use healthflow::store::dynamo_events::DynamoEventStore;
use healthflow::store::event_store::{EventStore, OUTBOX_SHARDS};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::process::Process;
use crate::rebuilding::assert_that_every_read_model_is_true;
use crate::test_app;

fn from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// Observations that were answered with 2xx: identifier and whether it is dangerous.
#[derive(Clone, Default)]
pub(crate) struct Accepted(Arc<Mutex<Vec<(String, bool)>>>);

impl Accepted {
    pub(crate) fn all(&self) -> Vec<(String, bool)> {
        self.0.lock().unwrap().clone()
    }

    /// Waits until so many more were accepted.
    pub(crate) async fn wait_for_more(&self, count: usize) {
        let wanted = self.all().len() + count;
        let begun = Instant::now();
        while self.all().len() < wanted {
            assert!(begun.elapsed() < Duration::from_secs(60), "there is hardly any load");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

pub(crate) async fn log_in(
    http: &Client,
    url: &str,
    username: &str,
    password: &str,
    role: &str,
) -> Value {
    let body = json!({ "username": username, "password": password, "role": role });
    let answer = http.post(format!("{url}/api/login")).json(&body).send().await.unwrap();
    answer.json().await.unwrap()
}

/// Sends observations until the server is gone, or `until`.
async fn send(http: Client, url: String, token: String, accepted: Accepted, until: Instant) {
    send_with_pauses(http, url, token, accepted, until, Duration::ZERO).await;
}

/// The same, with a pause after each.
pub(crate) async fn send_with_pauses(
    http: Client,
    url: String,
    token: String,
    accepted: Accepted,
    until: Instant,
    pause: Duration,
) {
    while Instant::now() < until {
        tokio::time::sleep(pause).await;
        let dangerous = fastrand::bool();
        let request = http.post(format!("{url}/api/observations")).bearer_auth(&token);
        let request = request.header("Idempotency-Key", uuid::Uuid::new_v4().to_string());
        let score = if dangerous { 9 } else { 3 };
        let Ok(answer) = request.json(&json!({ "score": score })).send().await else { return };
        if answer.status().is_success()
            && let Ok(receipt) = answer.json::<Value>().await
        {
            let id = receipt["observation_id"].as_str().unwrap().to_owned();
            accepted.0.lock().unwrap().push((id, dangerous));
        }
    }
}

async fn all(http: &Client, url: &str, token: &str, what: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let get = http.get(format!("{url}/api/{what}?limit=100{cursor}")).bearer_auth(token);
        let page: Value = get.send().await.unwrap().json().await.unwrap();
        found.extend(page[what].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| item["observation_id"].as_str().unwrap().to_owned()).collect()
}

/// Waits until everything accepted is there, then looks whether anything is there twice.
pub(crate) async fn assert_nothing_lost_or_doubled(server: &Process, accepted: &[(String, bool)]) {
    let http = Client::new();
    let (patient, clinician) =
        (server.patient_url.clone().unwrap(), server.clinician_url.clone().unwrap());
    let anna = log_in(&http, &patient, "anna", "a-patient's-password", "patient").await;
    let nurse = log_in(&http, &clinician, "clinician1", "demo", "clinician").await;
    let (anna, nurse) = (anna["token"].as_str().unwrap(), nurse["token"].as_str().unwrap());
    let dangerous: HashSet<&String> =
        accepted.iter().filter(|(_, dangerous)| *dangerous).map(|(id, _)| id).collect();
    let begun = Instant::now();
    loop {
        let seen: HashSet<String> =
            ids(&all(&http, &patient, anna, "observations").await).into_iter().collect();
        let alerted: HashSet<String> =
            ids(&all(&http, &clinician, nurse, "alerts").await).into_iter().collect();
        let unseen = accepted.iter().filter(|(id, _)| !seen.contains(id)).count();
        let unalerted = dangerous.iter().filter(|id| !alerted.contains(**id)).count();
        if unseen + unalerted == 0 {
            break;
        }
        let late = format!("{unseen} observations and {unalerted} alerts are lost");
        assert!(begun.elapsed() < Duration::from_secs(90), "{late}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let alerts = ids(&all(&http, &clinician, nurse, "alerts").await);
    let once: HashSet<&String> = alerts.iter().collect();
    assert_eq!(once.len(), alerts.len(), "an observation has more than one alert");
    let observations = ids(&all(&http, &patient, anna, "observations").await);
    let once: HashSet<&String> = observations.iter().collect();
    assert_eq!(once.len(), observations.len(), "an observation is there twice");
    println!("{} accepted, {} alerts: none lost, none doubled", accepted.len(), alerts.len());
}

/// Waits until every stored event has taken effect: also those stored at the very moment of a kill,
/// whose acceptance nobody heard of.
async fn wait_until_nothing_waits(config: &Config, dynamodb_addr: &str) {
    let client = embedded_elsewhere(&format!("http://{dynamodb_addr}"));
    let events = DynamoEventStore::new(client, &config.store.events_table);
    let begun = Instant::now();
    // An event leaves the outbox after what it causes has entered it, perhaps in a shard that was
    // looked at before: a second look sees that.
    let mut empty_looks = 0;
    while empty_looks < 2 {
        let mut waiting = 0;
        for shard in 0..OUTBOX_SHARDS {
            waiting += events.unsent(shard, None).await.unwrap().len();
        }
        empty_looks = if waiting == 0 { empty_looks + 1 } else { 0 };
        assert!(begun.elapsed() < Duration::from_secs(90), "{waiting} events stay in the outbox");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn free_address() -> String {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_outlives_kill_9() {
    let (rounds, seed) = (from_env("KILL_ROUNDS", 10), from_env("KILL_SEED", 1));
    println!("KILL_ROUNDS={rounds} KILL_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let data = tempfile::tempdir().unwrap();
    let (http, accepted) = (Client::new(), Accepted::default());
    for _ in 0..rounds {
        let server = Process::start(data.path(), &[]);
        let url = server.patient_url.clone().unwrap();
        let anna = log_in(&http, &url, "anna", "a-patient's-password", "patient").await;
        let token = anna["token"].as_str().unwrap().to_owned();
        let until = Instant::now() + Duration::from_secs(30);
        let senders: Vec<_> = (0..4)
            .map(|_| {
                let (http, url, token) = (http.clone(), url.clone(), token.clone());
                tokio::spawn(send(http, url, token, accepted.clone(), until))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(random.u64(20..600))).await;
        drop(server);
        for sender in senders {
            sender.await.unwrap();
        }
    }
    let accepted = accepted.all();
    assert!(accepted.len() as u64 > rounds, "there was hardly any load");
    let addr = free_address();
    let server = Process::start(data.path(), &[("HEALTHFLOW_DYNAMODB_ADDR", addr.clone())]);
    assert_nothing_lost_or_doubled(&server, &accepted).await;
    let config = test_app::config(&data);
    wait_until_nothing_waits(&config, &addr).await;
    drop(server);
    assert_that_every_read_model_is_true(&config).await;
}

/// DynamoDB as a process of its own, on an address that outlives it.
pub(crate) fn start_dynamodb(addr: &str, file: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_healthflow"));
    command.args(["dynamodb", "--listen", addr, "--file"]).arg(file).stdout(Stdio::null());
    command.spawn().expect("DynamoDB starts")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_store_is_away_nothing_is_accepted_and_nothing_accepted_is_lost() {
    let data = tempfile::tempdir().unwrap();
    let addr = free_address();
    let file = data.path().join("store.sqlite");
    let mut dynamodb = start_dynamodb(&addr, &file);
    wait_for(&addr).await;
    let settings = [("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{addr}"))];
    let server = Process::start(data.path(), &settings);
    let (http, url) = (Client::new(), server.patient_url.clone().unwrap());
    let anna = log_in(&http, &url, "anna", "a-patient's-password", "patient").await;
    let token = anna["token"].as_str().unwrap().to_owned();
    let accepted = Accepted::default();
    for _ in 0..3 {
        let until = Instant::now() + Duration::from_secs(4);
        let sending =
            tokio::spawn(send(http.clone(), url.clone(), token.clone(), accepted.clone(), until));
        tokio::time::sleep(Duration::from_millis(500)).await;
        dynamodb.kill().unwrap();
        dynamodb.wait().unwrap();
        let request = http.post(format!("{url}/api/observations")).bearer_auth(&token);
        let answer = request.json(&json!({ "score": 9 })).send().await.unwrap();
        assert_eq!(answer.status(), 503);
        assert!(answer.headers().contains_key("retry-after"));
        dynamodb = start_dynamodb(&addr, &file);
        sending.await.unwrap();
    }
    let accepted = accepted.all();
    assert!(accepted.len() > 20, "there was hardly any load");
    assert_nothing_lost_or_doubled(&server, &accepted).await;
    let mut config = test_app::config(&data);
    wait_until_nothing_waits(&config, &addr).await;
    drop(server);
    config.endpoints.dynamodb = Some(format!("http://{addr}"));
    assert_that_every_read_model_is_true(&config).await;
    dynamodb.kill().unwrap();
    dynamodb.wait().unwrap();
}

pub(crate) async fn wait_for(addr: &str) {
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(addr).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{addr} does not answer");
}

/// Each role twice, as processes of their own.
const ROLES: [&str; 6] = [
    "web",
    "relay",
    "patient-projection",
    "observation-projection",
    "alert-projection",
    "alert-worker",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs LocalStack: run tools/test"]
async fn every_role_can_be_killed_at_any_time_on_localstack() {
    let kills = from_env("KILL_ROUNDS", 10);
    let mut random = fastrand::Rng::with_seed(from_env("KILL_SEED", 1));
    let data = tempfile::tempdir().unwrap();
    let config = test_app::provisioned_on_localstack(&data).await;
    let settings = test_app::settings_of(&config);
    let start = |role: &str| {
        let mut own = settings.clone();
        own.push(("HEALTHFLOW_ROLE", role.to_owned()));
        own.push(("JWT_SECRET", "one secret for every web process of this test".to_owned()));
        Process::start(data.path(), &own)
    };
    let mut processes: Vec<(&str, Process)> =
        ROLES.iter().flat_map(|role| [(*role, start(role)), (*role, start(role))]).collect();
    let (http, accepted) = (Client::new(), Accepted::default());
    for _ in 0..kills {
        let web = processes.iter().find(|(role, _)| *role == "web").unwrap();
        let url = web.1.patient_url.clone().unwrap();
        let anna = log_in(&http, &url, "anna", "a-patient's-password", "patient").await;
        let token = anna["token"].as_str().unwrap().to_owned();
        let until = Instant::now() + Duration::from_millis(random.u64(200..1_000));
        let sending = tokio::spawn(send(http.clone(), url, token, accepted.clone(), until));
        tokio::time::sleep(Duration::from_millis(random.u64(50..500))).await;
        let (role, killed) = processes.swap_remove(random.usize(0..processes.len()));
        drop(killed);
        sending.await.unwrap();
        processes.push((role, start(role)));
    }
    let accepted = accepted.all();
    assert!(accepted.len() as u64 > kills, "there was hardly any load");
    let web = &processes.iter().find(|(role, _)| *role == "web").unwrap().1;
    assert_nothing_lost_or_doubled(web, &accepted).await;
    assert_that_every_read_model_is_true(&config).await;
}

//! LocalStack and DynamoDB stopped and started again while observations are sent: what was accepted
//! is in the log, in its view, and has exactly its alerts, once the lost queues' events are resent.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::Client;
use serde_json::json;
use tokio::time::Instant;

use crate::killing::{
    Accepted, assert_nothing_lost_or_doubled, log_in, send_with_pauses, start_dynamodb, wait_for,
};
use crate::process::Process;
use crate::rebuilding::assert_that_every_read_model_is_true;
use crate::test_app;

/// LocalStack hands events on at some dozen a second; more would only wait in the outbox.
const SEND_EVERY: Duration = Duration::from_millis(100);

/// A LocalStack that no other test uses.
struct OwnLocalStack {
    folder: PathBuf,
    port: u16,
    dynamodb_port: u16,
}

impl OwnLocalStack {
    fn start(folder: &Path) -> Self {
        let own = Self { folder: folder.to_owned(), port: free_port(), dynamodb_port: free_port() };
        own.tell("start");
        own
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// `tools/localstack` with this word.
    fn tell(&self, word: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/localstack");
        let mut command = Command::new(script);
        command
            .arg(word)
            .env("HEALTHFLOW_LOCALSTACK_DIR", &self.folder)
            .env("HEALTHFLOW_LOCALSTACK_PORT", self.port.to_string())
            .env("HEALTHFLOW_LOCALSTACK_DYNAMODB_PORT", self.dynamodb_port.to_string())
            .env("HEALTHFLOW_BIN", env!("CARGO_BIN_EXE_healthflow"))
            .stdin(Stdio::null());
        assert!(command.status().unwrap().success(), "tools/localstack {word} failed");
    }
}

impl Drop for OwnLocalStack {
    fn drop(&mut self) {
        self.tell("stop");
    }
}

/// A process that ends with the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// `healthflow` with these words, as its operator types them.
fn operate(settings: &[(&str, String)], words: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_healthflow"));
    command.args(words).envs(settings.iter().map(|(name, value)| (*name, value)));
    assert!(command.status().unwrap().success(), "healthflow {words:?} failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs LocalStack: run tools/test"]
async fn localstack_can_be_stopped_and_started_under_load() {
    let data = tempfile::tempdir().unwrap();
    let localstack = OwnLocalStack::start(&data.path().join("localstack"));
    // Kept apart from LocalStack, which may forget its tables too: the log is what outlives.
    let (dynamodb_addr, file) =
        (format!("127.0.0.1:{}", free_port()), data.path().join("log.sqlite"));
    let mut dynamodb = Killed(start_dynamodb(&dynamodb_addr, &file));
    wait_for(&dynamodb_addr).await;
    let mut config = test_app::config(&data);
    config.backend = healthflow::config::BackendKind::Aws;
    config.endpoints.all = Some(localstack.url());
    config.endpoints.dynamodb = Some(format!("http://{dynamodb_addr}"));
    let settings = test_app::settings_of(&config);
    operate(&settings, &["provision"]);

    let server = Process::start(data.path(), &settings);
    let (http, url) = (Client::new(), server.patient_url.clone().unwrap());
    let anna = log_in(&http, &url, "anna", "a-patient's-password", "patient").await;
    let token = anna["token"].as_str().unwrap().to_owned();
    let accepted = Accepted::default();
    let until = Instant::now() + Duration::from_secs(300);
    let (own_url, own_token) = (url.clone(), token.clone());
    let load =
        send_with_pauses(http.clone(), own_url, own_token, accepted.clone(), until, SEND_EVERY);
    let sending = tokio::spawn(load);
    accepted.wait_for_more(40).await;

    // Bus and queues are away: what is accepted waits in the log.
    localstack.tell("stop");
    accepted.wait_for_more(20).await;
    // The log is away too: nothing is accepted, and nobody is left in doubt.
    drop(dynamodb);
    let request = http.post(format!("{url}/api/observations")).bearer_auth(&token);
    let answer = request.json(&json!({ "score": 9 })).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));

    dynamodb = Killed(start_dynamodb(&dynamodb_addr, &file));
    wait_for(&dynamodb_addr).await;
    localstack.tell("start");
    // LocalStack has forgotten the bus, the queues, and what was in them.
    operate(&settings, &["provision"]);
    operate(&settings, &["events", "resend", "--minutes", "60"]);
    accepted.wait_for_more(10).await;
    sending.abort();
    let _ = sending.await;

    assert_nothing_lost_or_doubled(&server, &accepted.all()).await;
    assert_that_every_read_model_is_true(&config).await;
    drop((server, dynamodb));
}

//! The engine: one thread that owns the database and answers DynamoDB's JSON protocol.
//!
//! A thread of its own, because every answer may wait for the disk and would otherwise hold up
//! the threads that serve people. [`super::lanes`] says whose turn it is;
//! `group` lets those who wait together share a commit.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Instant;

use dynoxide::Database;
use dynoxide::actions::transact_write_items::TransactWriteItem;
use tokio::sync::oneshot;

use super::group;
use super::lanes::{Lane, Lanes, Turn};
use super::operations::{Answer, Tokens, Work, read};

struct Job {
    lane: Lane,
    task: Task,
    answer: oneshot::Sender<Answer>,
}

/// What is asked for, as it was read.
enum Task {
    /// A put that may share a commit, once; by itself it is done as its `body` says.
    Put { shared: Option<Box<TransactWriteItem>>, tokens: Tokens, body: Vec<u8> },
    /// Anything else.
    Other(Work),
}

/// The name of the operation that can share a commit.
const PUT_ITEM: &str = "PutItem";

impl Task {
    fn read(tokens: Tokens, operation: &str, body: Vec<u8>) -> Self {
        if operation == PUT_ITEM
            && let Some(shared) = group::shareable(&body)
        {
            return Self::Put { shared: Some(Box::new(shared)), tokens, body };
        }
        Self::Other(read(tokens, operation, &body))
    }
}

/// A handle to the embedded DynamoDB; the last one dropped closes it.
#[derive(Clone, Debug)]
pub struct Engine {
    jobs: mpsc::Sender<Job>,
}

/// The engine has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the embedded DynamoDB has stopped")]
pub struct Stopped;

impl Engine {
    /// Opens the database in `file`, making it if it is not there.
    ///
    /// # Errors
    /// What is wrong with the file, and what to do.
    pub fn open(file: &Path) -> Result<Self, String> {
        let name = file.display();
        if let Some(folder) = file.parent() {
            make_private_dir(folder)?;
        }
        let path = file.to_str().ok_or_else(|| format!("The path {name} is not UTF-8."))?;
        let database = Database::new(path).map_err(|error| {
            format!("Cannot open the data file {name}: {error}. Is it readable, and not another's?")
        })?;
        Self::start(database)
    }

    /// A database that is gone when the process ends.
    ///
    /// # Errors
    /// When SQLite or a thread is not to be had.
    pub fn in_memory() -> Result<Self, String> {
        Self::start(Database::memory().map_err(|error| error.to_string())?)
    }

    fn start(database: Database) -> Result<Self, String> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let work = move || work(&database, &queue);
        let thread = thread::Builder::new().name("dynamodb".to_owned()).spawn(work);
        thread.map(|_| Self { jobs }).map_err(|error| format!("Cannot start a thread: {error}"))
    }

    /// Does one operation, such as `PutItem`, as its JSON says.
    ///
    /// # Errors
    /// [`Stopped`] while the process ends.
    pub async fn call(
        &self,
        lane: Lane,
        tokens: Tokens,
        operation: &str,
        body: Vec<u8>,
    ) -> Result<Answer, Stopped> {
        let (answer, answered) = oneshot::channel();
        let task = Task::read(tokens, operation, body);
        self.jobs.send(Job { lane, task, answer }).map_err(|_| Stopped)?;
        answered.await.map_err(|_| Stopped)
    }
}

/// Makes a folder that its owner alone can open: health data will lie in it.
///
/// # Errors
/// What is wrong with the folder.
pub fn make_private_dir(folder: &Path) -> Result<(), String> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        format!(
            "Cannot make the data folder {}: {error}. Set HEALTHFLOW_DATA_DIR.",
            folder.display()
        )
    })
}

/// Answers jobs until the last handle is gone.
fn work(database: &Database, queue: &Receiver<Job>) {
    let mut lanes = Lanes::default();
    loop {
        let now = Instant::now();
        while let Ok(job) = queue.try_recv() {
            lanes.push(job.lane, job, now);
        }
        let arrived = match lanes.next(now) {
            Turn::Foreground(jobs) => {
                answer_group(database, jobs);
                continue;
            }
            Turn::Background(job) => {
                answer_one(database, job);
                continue;
            }
            Turn::Wait(until) => queue.recv_timeout(until.saturating_duration_since(now)),
            Turn::Idle => queue.recv().map_err(RecvTimeoutError::from),
        };
        match arrived {
            Ok(job) => lanes.push(job.lane, job, Instant::now()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    lanes.into_rest().for_each(|job| answer_one(database, job));
}

/// Answers jobs that wait together: the puts among them with one commit, if they allow it.
fn answer_group(database: &Database, jobs: Vec<Job>) {
    let (mut shared, mut puts, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for mut job in jobs {
        if let Task::Put { shared: put, .. } = &mut job.task {
            shared.extend(put.take().map(|put| *put));
            puts.push(job);
        } else {
            others.push(job);
        }
    }
    if !shared.is_empty() && group::put_together(database, shared) {
        for job in puts {
            let _ = job.answer.send(Answer { status: 200, body: group::WRITTEN.to_owned() });
        }
    } else {
        puts.into_iter().for_each(|job| answer_one(database, job));
    }
    others.into_iter().for_each(|job| answer_one(database, job));
}

fn answer_one(database: &Database, job: Job) {
    let work = match job.task {
        Task::Put { tokens, body, .. } => read(tokens, PUT_ITEM, &body),
        Task::Other(work) => work,
    };
    // Whoever asked may have gone away; the work is done all the same.
    let _ = job.answer.send(work(database));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn database() -> Database {
        let database = Database::memory().expect("a database");
        let table = json!({
            "TableName": "things", "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        });
        let made = read(Tokens::Kept, "CreateTable", table.to_string().as_bytes())(&database);
        assert_eq!(made.status, 200, "{made:?}");
        database
    }

    fn put(id: &str, more: &[(&str, Value)]) -> (Job, oneshot::Receiver<Answer>) {
        let mut body = json!({
            "TableName": "things", "Item": {"id": {"S": id}},
            "ConditionExpression": "attribute_not_exists(id)",
        });
        for (name, value) in more {
            body[name] = value.clone();
        }
        let (answer, answered) = oneshot::channel();
        let task = Task::read(Tokens::Ignored, PUT_ITEM, body.to_string().into_bytes());
        (Job { lane: Lane::Foreground, task, answer }, answered)
    }

    fn answers(database: &Database, puts: Vec<(Job, oneshot::Receiver<Answer>)>) -> Vec<Answer> {
        let (jobs, answered): (Vec<_>, Vec<_>) = puts.into_iter().unzip();
        answer_group(database, jobs);
        answered.into_iter().map(|mut answered| answered.try_recv().expect("answered")).collect()
    }

    fn count(database: &Database) -> Value {
        let all = br#"{"TableName":"things","Select":"COUNT"}"#;
        let all = read(Tokens::Kept, "Scan", all)(database);
        serde_json::from_str::<Value>(&all.body).expect("JSON")["Count"].clone()
    }

    #[test]
    fn a_group_is_answered_as_each_put_by_itself() {
        let (alone, together) = (database(), database());
        let ids = ["a", "b", "c"];
        let singly = ids.map(|id| answers(&alone, vec![put(id, &[])]).remove(0));
        assert_eq!(answers(&together, ids.map(|id| put(id, &[])).into()), singly);
        assert_eq!(count(&together), 3);
    }

    #[test]
    fn a_put_whose_condition_fails_spoils_no_other() {
        let database = database();
        answers(&database, vec![put("b", &[])]);
        let all_old = ("ReturnValuesOnConditionCheckFailure", json!("ALL_OLD"));
        let got = answers(&database, vec![put("a", &[]), put("b", &[all_old]), put("c", &[])]);
        assert_eq!(got.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 400, 200]);
        assert!(got[1].body.contains("ConditionalCheckFailedException"), "{}", got[1].body);
        assert!(got[1].body.contains(r#""Item":{"id":{"S":"b"}}"#), "{}", got[1].body);
        assert_eq!(count(&database), 3);
    }

    #[test]
    fn of_two_puts_of_one_item_one_is_accepted() {
        let database = database();
        let got = answers(&database, vec![put("a", &[]), put("a", &[])]);
        assert_eq!(got.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 400]);
        assert_eq!(count(&database), 1);
    }

    #[test]
    fn what_a_put_asks_for_it_gets_in_a_group_too() {
        let database = database();
        let capacity = ("ReturnConsumedCapacity", json!("TOTAL"));
        let got = answers(&database, vec![put("a", &[]), put("b", &[capacity])]);
        assert!(got[1].body.contains("ConsumedCapacity"), "{}", got[1].body);
    }

    #[test]
    fn a_token_saves_from_a_repeat_whoever_may_have_missed_the_answer() {
        let twice = |tokens| {
            let database = database();
            let body = json!({"ClientRequestToken": "once", "TransactItems": [{"Put": {
                "TableName": "things", "Item": {"id": {"S": "a"}},
                "ConditionExpression": "attribute_not_exists(id)",
            }}]});
            let body = body.to_string();
            [(); 2].map(|()| read(tokens, "TransactWriteItems", body.as_bytes())(&database).status)
        };
        assert_eq!(twice(Tokens::Kept), [200, 200]);
        assert_eq!(twice(Tokens::Ignored), [200, 400]);
    }

    #[tokio::test]
    async fn the_background_is_answered_however_busy_the_foreground_is() {
        let engine = Engine::start(database()).expect("a thread");
        let ask = async |lane| {
            let body = br#"{"TableName":"things","Key":{"id":{"S":"x"}}}"#.to_vec();
            engine.call(lane, Tokens::Ignored, "GetItem", body).await.expect("an answer")
        };
        let busy = async {
            loop {
                ask(Lane::Foreground).await;
            }
        };
        let answered = tokio::select! {
            () = busy => None,
            answer = ask(Lane::Background) => Some(answer.status),
            () = tokio::time::sleep(Duration::from_secs(5)) => None,
        };
        assert_eq!(answered, Some(200));
    }
}

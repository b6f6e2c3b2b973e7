//! The engine: one thread that owns the database and answers DynamoDB's JSON protocol.
//!
//! A thread of its own, because every answer may wait for the disk and would otherwise hold up
//! the threads that serve people.

use std::path::Path;
use std::sync::mpsc;
use std::thread;

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

/// An answer as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: String,
}

struct Job {
    operation: String,
    body: Vec<u8>,
    answer: oneshot::Sender<Answer>,
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
        let work = move || {
            while let Ok(job) = queue.recv() {
                // Whoever asked may have gone away; the work is done all the same.
                let _ = job.answer.send(answer(&database, &job.operation, &job.body));
            }
        };
        let thread = thread::Builder::new().name("dynamodb".to_owned()).spawn(work);
        thread.map(|_| Self { jobs }).map_err(|error| format!("Cannot start a thread: {error}"))
    }

    /// Does one operation, such as `PutItem`, as its JSON says.
    ///
    /// # Errors
    /// [`Stopped`] while the process ends.
    pub async fn call(&self, operation: String, body: Vec<u8>) -> Result<Answer, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job { operation, body, answer }).map_err(|_| Stopped)?;
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

fn answer(database: &Database, operation: &str, body: &[u8]) -> Answer {
    match dispatch(database, operation, body) {
        Ok(body) => Answer { status: 200, body },
        Err(error) => Answer { status: error.status_code(), body: error.to_json() },
    }
}

fn dispatch(database: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    let on = Call { body };
    match operation {
        "PutItem" => on.run(|request| database.put_item(request)),
        "GetItem" => on.run(|request| database.get_item(request)),
        "UpdateItem" => on.run(|request| database.update_item(request)),
        "DeleteItem" => on.run(|request| database.delete_item(request)),
        "Query" => on.run(|request| database.query(request)),
        "Scan" => on.run(|request| database.scan(request)),
        "BatchGetItem" => on.run(|request| database.batch_get_item(request)),
        "BatchWriteItem" => on.run(|request| database.batch_write_item(request)),
        "TransactWriteItems" => on.run(|request| database.transact_write_items(request)),
        "TransactGetItems" => on.run(|request| database.transact_get_items(request)),
        "CreateTable" => on.run(|request| database.create_table(request)),
        "DeleteTable" => on.run(|request| database.delete_table(request)),
        "DescribeTable" => on.run(|request| database.describe_table(request)),
        "ListTables" => on.run(|request| database.list_tables(request)),
        "UpdateTable" => on.run(|request| database.update_table(request)),
        "ExecuteStatement" => on.run(|request| database.execute_statement(request)),
        "UpdateTimeToLive" => on.run(|request| database.update_time_to_live(request)),
        "DescribeTimeToLive" => on.run(|request| database.describe_time_to_live(request)),
        _ => Err(DynoxideError::SerializationException(format!(
            "{operation} is not offered by the embedded DynamoDB"
        ))),
    }
}

struct Call<'a> {
    body: &'a [u8],
}

impl Call<'_> {
    fn run<Request: DeserializeOwned, Response: Serialize>(
        &self,
        operation: impl FnOnce(Request) -> Result<Response, DynoxideError>,
    ) -> Result<String, DynoxideError> {
        let broken =
            |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
        let request = serde_json::from_slice(self.body).map_err(broken)?;
        serde_json::to_string(&operation(request)?).map_err(broken)
    }
}

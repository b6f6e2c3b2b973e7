//! The server as a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process of the server; killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) patient_url: Option<String>,
    pub(crate) clinician_url: Option<String>,
}

impl Process {
    pub(crate) fn start(data: &Path, settings: &[(&str, String)]) -> Self {
        Self::start_logging_to(Stdio::inherit(), data, settings)
    }

    pub(crate) fn start_logging_to(log: Stdio, data: &Path, settings: &[(&str, String)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_healthflow"));
        command
            .env("HEALTHFLOW_DEMO", "true")
            .env("HEALTHFLOW_DATA_DIR", data)
            .env("HEALTHFLOW_PATIENT_ADDR", "127.0.0.1:0")
            .env("HEALTHFLOW_CLINICIAN_ADDR", "127.0.0.1:0")
            .env("HEALTHFLOW_DYNAMODB_ADDR", "off")
            .env("HEALTHFLOW_METRICS_ADDR", "off")
            .env("HEALTHFLOW_LOG", "error")
            // What these tests do is no abuse.
            .env("HEALTHFLOW_SIGN_IN_FAILURES_PER_ADDRESS", "0")
            .env("HEALTHFLOW_REGISTRATIONS_PER_ADDRESS", "0")
            .env("HEALTHFLOW_QUOTA_PER_MINUTE", "0")
            .envs(settings.iter().map(|(name, value)| (*name, value)))
            .stderr(log)
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut patient_url, mut clinician_url) = (None, None);
        // The line about the data is the first behind the addresses.
        for line in lines.by_ref().map(Result::unwrap) {
            let url = line.split_whitespace().last().unwrap_or_default().to_owned();
            if line.contains("Patient web app") {
                patient_url = Some(url);
            } else if line.contains("Clinician dashboard") {
                clinician_url = Some(url);
            } else if line.contains("  Data ") {
                break;
            }
        }
        // Whoever reads no more must not block the server.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, patient_url, clinician_url }
    }
}

impl Drop for Process {
    /// SIGKILL: nothing is tidied up.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

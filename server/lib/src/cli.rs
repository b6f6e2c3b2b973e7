//! The command line: what the binary can do.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use domain::access::Role;
use domain::ids::{ClinicId, PatientId};
use domain::timestamp::Timestamp;

use crate::config::Config;

/// HealthFlow: remote patient monitoring.
#[derive(Debug, Parser)]
#[command(name = "healthflow", version)]
pub struct Cli {
    /// What to do; `serve` when nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings.
    #[command(flatten)]
    pub config: Config,
}

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve both web apps and the API, and do all the work behind them (the default).
    Serve,
    /// Create the tables, the bus, its rules and the queues that are missing.
    Provision,
    /// Serve the embedded DynamoDB alone, for use beside LocalStack and in development.
    Dynamodb {
        /// Where to listen; a loopback address.
        #[arg(long, default_value = "127.0.0.1:4567")]
        listen: SocketAddr,
        /// The file that holds the tables.
        #[arg(long, default_value = ".healthflow/dynamodb.sqlite")]
        file: PathBuf,
    },
    /// Look at the log of events.
    #[command(subcommand)]
    Events(EventsCommand),
    /// How full the queues are.
    Queues,
    /// Handle what could not be delivered.
    #[command(subcommand)]
    Dlq(DlqCommand),
    /// Look after accounts: the first administrator of a clinic is made here.
    #[command(subcommand)]
    Users(UsersCommand),
    /// Sign sessions with a fresh secret from the next start on; the one before is still believed.
    RotateKey,
    /// What waits, what is stuck, and which read models are live.
    Status,
    /// Build a read model anew from the log beside the live one, then switch to it.
    Rebuild {
        /// The read model: patients, observations or alerts.
        model: String,
        /// Instead, forget the generations that are read no more.
        #[arg(long)]
        drop_old: bool,
    },
    /// Compare the live read models with what the log says, and report every difference.
    Verify {
        /// The read model: patients, observations or alerts; all when none is named.
        model: Option<String>,
    },
    /// Prove that the audit log is as it was written, or bring entries of it out.
    #[command(subcommand)]
    Audit(AuditCommand),
}

/// What can be done with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Find whatever was edited, removed, inserted or reordered. Prints where every chain ends:
    /// keep that elsewhere, for `--expect`.
    Verify {
        /// A file that holds what an earlier run printed: nothing up to then may be missing.
        #[arg(long)]
        expect: Option<PathBuf>,
    },
    /// Write entries as JSON, one a line; each chain's in their order.
    Export {
        /// From this moment on, such as 2026-11-21T00:00:00Z.
        #[arg(long)]
        from: Option<Timestamp>,
        /// Before this moment.
        #[arg(long)]
        to: Option<Timestamp>,
        /// By the person of this login.
        #[arg(long)]
        who: Option<String>,
        /// To this patient's data.
        #[arg(long)]
        patient: Option<PatientId>,
        /// To data that this clinic answers for.
        #[arg(long)]
        of_clinic: Option<ClinicId>,
        /// With this action, or one whose name begins so, such as `observations`.
        #[arg(long)]
        action: Option<String>,
        /// Only what was denied.
        #[arg(long)]
        denied: bool,
    },
}

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// The accounts of a clinic's staff.
    List {
        /// The clinic; the configured one when none is named.
        #[arg(long)]
        clinic: Option<ClinicId>,
    },
    /// Make an account; prints its one-time password.
    Create {
        /// The name to sign in with.
        login: String,
        /// Its role: clinician, clinic_administrator, auditor or service. (`--role` says which
        /// parts of the work a process does.)
        #[arg(long = "as", value_name = "ROLE")]
        role: Role,
        /// The clinic; the configured one when none is named.
        #[arg(long)]
        clinic: Option<ClinicId>,
    },
    /// Forbid an account to sign in and end its sessions.
    Disable {
        /// The name it signs in with.
        login: String,
    },
    /// Allow it again.
    Enable {
        /// The name it signs in with.
        login: String,
    },
    /// Give an account another one-time password and end its sessions.
    Reset {
        /// The name it signs in with.
        login: String,
    },
}

/// What can be seen of the log.
#[derive(Debug, Subcommand)]
pub enum EventsCommand {
    /// The newest events, without what they say. Reads the whole log.
    Tail {
        /// How many.
        #[arg(long, short = 'n', default_value_t = 20)]
        lines: usize,
        /// Goes on showing what is recorded.
        #[arg(long, short)]
        follow: bool,
    },
    /// All events of one stream, such as `observation-0198…`.
    Show {
        /// The stream.
        stream: String,
        /// Also what they say: personal and health data.
        #[arg(long)]
        payload: bool,
    },
    /// Put events into the outbox again, for when a queue was lost. Consumers take repeats.
    Resend {
        /// Those recorded in the last so many minutes.
        #[arg(long)]
        minutes: u64,
    },
}

/// What can be done with dead letters.
#[derive(Debug, Subcommand)]
pub enum DlqCommand {
    /// All of them, with their reasons.
    List {
        /// Of this queue alone.
        queue: Option<String>,
    },
    /// One of them, with what it says: personal and health data.
    Show {
        /// Its queue.
        queue: String,
        /// Its identifier.
        id: String,
    },
    /// Send them to their queue again, once the cause is mended.
    Redrive {
        /// Their queue.
        queue: String,
        /// Their identifiers; `all` for all of them.
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Forget them: their effect will never come.
    Drop {
        /// Their queue.
        queue: String,
        /// Their identifiers; `all` for all of them.
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn no_option_has_two_meanings() {
        Cli::command().debug_assert();
    }
}

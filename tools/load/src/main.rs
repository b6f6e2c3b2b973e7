//! Measures a running HealthFlow from outside and prints Markdown tables.
//!
//! Figures are only comparable within one run: the same machine, the same store, one after the
//! other. So accepted observations stand beside bare conditional puts of the same run.
#![allow(clippy::print_stdout)]

mod accept;
mod api;
mod append;
mod bare;
mod drain;
mod figures;
mod latency;
mod rounds;

use std::process::ExitCode;

use clap::Parser;

/// What to measure, and where.
#[derive(Debug, Parser)]
struct Cli {
    /// The Patient web app's address.
    #[arg(long, default_value = "http://127.0.0.1:5173")]
    server: String,
    /// The server's DynamoDB endpoint for AWS tools.
    #[arg(long, default_value = "http://127.0.0.1:8000")]
    dynamodb: String,
    /// The server's process, for its memory and processor time.
    #[arg(long)]
    pid: u32,
    #[command(flatten)]
    plan: rounds::Plan,
    /// How long each rate is held for the latency of alerts, in seconds.
    #[arg(long, default_value_t = 20)]
    hold_s: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    match measure(&Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("load: {reason}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(cli: &Cli) -> Result<(), String> {
    let idle_kib = figures::resident_kib(cli.pid)?;
    let api = api::Api::sign_in(&cli.server).await?;
    latency::measure(&api, cli.hold_s).await?;
    let dynamodb = bare::client(&cli.dynamodb);
    bare::create_table(&dynamodb).await?;
    accept::measure(&api, &dynamodb, &cli.plan, cli.pid).await?;
    append::measure(&dynamodb, &cli.plan, cli.pid).await?;
    println!("### Memory of the server\n");
    println!("| | resident |\n|---|---|");
    println!("| idle, after start | {:.1} MiB |", figures::mib(idle_kib));
    let loaded_kib = figures::resident_kib(cli.pid)?;
    println!("| after the load above | {:.1} MiB |\n", figures::mib(loaded_kib));
    Ok(())
}

//! The `healthflow` command.
#![allow(clippy::print_stdout)] // What a person who starts it must read.

use std::process::ExitCode;

use clap::Parser;
use healthflow::cli::{Cli, Command};
use healthflow::config::{BackendKind, Config};
use healthflow::embedded::{endpoint, engine::Engine};
use healthflow::http::pages::{Views, WebApps};
use healthflow::identity::signing_keys;
use healthflow::operate;
use healthflow::serve::{self, Running};
use healthflow::service::{DEMO_ACCOUNTS, DEMO_PASSWORD};
use healthflow::{telemetry, wiring};
use tokio::signal::unix::{SignalKind, signal};

#[cfg(feature = "dynamic")]
use healthflow_dynamic as _;

/// Quicker than the C library's where many small things come and go on several threads.
#[cfg(not(feature = "dynamic"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { command, config } = Cli::parse();
    let _telemetry = match telemetry::start(&config) {
        Ok(telemetry) => telemetry,
        Err(reason) => {
            eprintln!("healthflow: {reason}");
            return ExitCode::FAILURE;
        }
    };
    let done = match command.unwrap_or(Command::Serve) {
        Command::Serve => run(&config).await,
        Command::Provision => wiring::provision(&config).await.map(|()| {
            println!("Tables, bus, rules and queues are there.");
        }),
        Command::Dynamodb { listen, file } => dynamodb(listen, &file).await,
        Command::Events(command) => operate::events::run(&config, &command).await,
        Command::Queues => operate::queues::run(&config).await,
        Command::Dlq(command) => operate::dlq::run(&config, &command).await,
        Command::Users(command) => operate::users::run(&config, &command).await,
        Command::RotateKey => {
            signing_keys::rotate(&config.auth, &config.store.data_dir).map(|()| {
                println!("The secret is changed: start the servers again to sign with it.");
            })
        }
        Command::Status => operate::status::run(&config).await,
        Command::Rebuild { model, drop_old } => {
            operate::read_models::rebuild(&config, &model, drop_old).await
        }
        Command::Audit(command) => operate::audit::run(&config, command).await,
        Command::Verify { model } => operate::read_models::verify(&config, model.as_deref()).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("healthflow: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// The pages come in here, so that an edit of one compiles its crate and this one, not the library.
fn web_apps() -> WebApps {
    WebApps {
        patient: Views::new(frontend_patient::App, frontend_patient::shell),
        clinician: Views::new(frontend_clinician::App, frontend_clinician::shell),
    }
}

async fn run(config: &Config) -> Result<(), String> {
    let running = serve::start(config, &web_apps()).await?;
    greet(config, &running);
    told_to_stop().await;
    println!("Stopping.");
    running.stop().await;
    Ok(())
}

fn greet(config: &Config, running: &Running) {
    println!("HealthFlow is running. Press Ctrl-C to stop.");
    let scheme = if config.edge.has_tls() { "https" } else { "http" };
    let addresses = [
        ("Patient web app", running.patient_addr),
        ("Clinician dashboard", running.clinician_addr),
    ];
    for (name, addr) in addresses.into_iter().filter_map(|(name, addr)| Some((name, addr?))) {
        let host =
            if addr.ip().is_loopback() { "localhost".to_owned() } else { addr.ip().to_string() };
        println!("  {name:<20} {scheme}://{host}:{}", addr.port());
    }
    if config.auth.demo {
        let names = DEMO_ACCOUNTS.map(|(name, _)| name).join(", ");
        println!("  Demo mode: sign in to the dashboard as {names}; password {DEMO_PASSWORD}.");
        println!("             Patients make their own account.");
        println!("             Never use demo mode with real people's data.");
    }
    match config.backend {
        BackendKind::Embedded => {
            println!("  Data                 {}", config.store.data_dir.display())
        }
        BackendKind::Aws => {
            println!("  Data                 DynamoDB, EventBridge and SQS as configured")
        }
    }
    if let Some(addr) = running.metrics_addr {
        println!("  Metrics              http://{addr}/metrics");
    }
    if let Some(addr) = running.dynamodb_addr {
        println!("  For AWS tools        aws dynamodb list-tables --endpoint-url http://{addr}");
    }
}

async fn told_to_stop() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

async fn dynamodb(listen: std::net::SocketAddr, file: &std::path::Path) -> Result<(), String> {
    if !listen.ip().is_loopback() {
        return Err(format!(
            "{listen} is no loopback address: this endpoint asks for no password."
        ));
    }
    let listener = serve::bind(listen, "--listen").await?;
    let engine = Engine::open(file)?;
    println!("DynamoDB on http://{listen}, data in {}. Press Ctrl-C to stop.", file.display());
    endpoint::serve(listener, engine, told_to_stop()).await.map_err(|error| error.to_string())
}

//! What the event store appends, beside bare conditional puts of the same text: the price of an
//! append's outbox, over the same endpoint and with the same client.

use aws_sdk_dynamodb::Client;
use clap::Parser;
use domain::event::{Envelope, Event};
use domain::ids::{CorrelationId, ObservationId, PatientId};
use domain::measurement::Measurement;
use domain::observation::ObservationSubmitted;
use healthflow::clock::{Clock, SystemClock};
use healthflow::config::StoreConfig;
use healthflow::store::dynamo_events::DynamoEventStore;
use healthflow::store::event_store::EventStore;
use healthflow::store::tables;

use crate::api::told;
use crate::bare;
use crate::rounds::{Plan, median, round};

/// A table like the server's own, whose events nobody is to act upon.
const TABLE: &str = "load-events";

#[derive(Debug, Parser)]
struct Settings {
    #[command(flatten)]
    store: StoreConfig,
}

pub(crate) async fn measure(dynamodb: &Client, plan: &Plan, pid: u32) -> Result<(), String> {
    let settings = Settings::try_parse_from(["load", "--events-table", TABLE]).map_err(told)?;
    tables::provision(dynamodb, &settings.store).await?;
    let store = DynamoEventStore::new(dynamodb.clone(), TABLE);
    println!("### Appended events, beside bare conditional puts in the same run\n");
    println!("| connections | | per second | p50 ms | p95 ms | p99 ms | server µs | ratio |");
    println!("|---|---|---|---|---|---|---|---|");
    let &Plan { ref connections, requests, rounds } = plan;
    for &connections in connections {
        let (mut puts, mut appends) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let put = async |_| bare::put(dynamodb).await;
            puts.push(round(connections, requests, put, pid).await?);
            let append = async |_| store.append_one(&observation()?).await.map_err(told);
            appends.push(round(connections, requests, append, pid).await?);
        }
        let puts = median(puts, |round| round.took_s);
        let appends = median(appends, |round| round.took_s);
        if let (Some(puts), Some(appends)) = (puts, appends) {
            println!("| {connections} | bare puts | {} | |", puts.in_row());
            let ratio = appends.per_s() / puts.per_s();
            println!("| {connections} | appends | {} | **{ratio:.2}** |", appends.in_row());
        }
    }
    println!();
    Ok(())
}

fn observation() -> Result<Envelope, String> {
    let submitted = ObservationSubmitted {
        observation_id: ObservationId(SystemClock.fresh_uuid()),
        patient_id: PatientId(SystemClock.fresh_uuid()),
        patient_login: "load".to_owned(),
        clinic_id: "demo".parse().map_err(told)?,
        measurement: Measurement::SymptomScore(5),
        effective_at: None,
        time_doubt: None,
        submitted_by: None,
        note: None,
    };
    let recorded = SystemClock.recorded(CorrelationId(SystemClock.fresh_uuid()), None);
    Ok(Envelope::new(Event::ObservationSubmitted(submitted), 1, recorded))
}

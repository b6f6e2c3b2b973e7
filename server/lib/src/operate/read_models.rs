//! `healthflow rebuild` and `healthflow verify`.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::told;
use crate::config::Config;
use crate::projections::{self, ALERTS, PROJECTIONS, Projection};
use crate::rebuild::Rebuilder;
use crate::verify::{self, Difference};
use crate::verify_alerts::verify_alerts;
use crate::wiring::Stores;

/// So many differences are shown; the rest is counted.
const SHOWN_MAX: usize = 50;

fn known(name: &str) -> Result<&'static Projection, String> {
    projections::find(name).ok_or_else(|| {
        let names = PROJECTIONS.map(|model| model.name).join(", ");
        format!("There is no read model {name}: it is one of {names}.")
    })
}

/// Rebuilds a read model, or forgets its old generations.
///
/// # Errors
/// Why it could not; the live read model is as it was.
pub async fn rebuild(config: &Config, name: &str, drop_old: bool) -> Result<(), String> {
    let model = known(name)?;
    let stores = Stores::open(config).await?;
    stores.provision(config).await?;
    let rebuilder = Rebuilder { events: &stores.events, models: &stores.models };
    if drop_old {
        let dropped = rebuilder.drop_old(model).await.map_err(|error| error.to_string())?;
        let dropped: Vec<String> = dropped.iter().map(u32::to_string).collect();
        tell!("Dropped generation {} of {name}.", dropped.join(", "));
        return Ok(());
    }
    let bar = ProgressBar::new(stores.events.approximate_count().await.map_err(told)?);
    if let Ok(style) = ProgressStyle::with_template(
        "{bar:30} {human_pos} of about {human_len} events, {per_sec}, {eta} left",
    ) {
        bar.set_style(style);
    }
    let begun = Instant::now();
    let rebuilt = rebuilder.rebuild(model, |events| bar.set_position(events)).await;
    bar.finish_and_clear();
    let rebuilt =
        rebuilt.map_err(|error| format!("{error}. Begun again, it goes on from where it was."))?;
    let (generation, events, took) = (rebuilt.generation, rebuilt.events, begun.elapsed());
    let rate = per_second(events, took);
    tell!(
        "Generation {generation} of {name} is live: {events} events in {took:.1?} ({rate:.0}/s)."
    );
    tell!("The one before is kept up to date; `healthflow rebuild {name} --drop-old` ends that.");
    Ok(())
}

/// Compares the live read models with the log, and the alerts with what must have raised them.
///
/// # Errors
/// That there are differences, or why it is not known.
pub async fn verify(config: &Config, name: Option<&str>) -> Result<(), String> {
    let stores = Stores::open(config).await?;
    let only = name.map(known).transpose()?;
    let chosen =
        PROJECTIONS.into_iter().filter(|model| only.is_none_or(|only| only.name == model.name));
    let mut count = 0;
    for model in chosen {
        let verdict = verify::verify(&stores.events, &stores.models, model).await.map_err(told)?;
        let (rows, events, hash) = (verdict.rows, verdict.events, &verdict.hash);
        tell!("{:<13} {rows} rows from {events} events, sha256 {hash}", model.name);
        let (reading, folding) = (verdict.reading, verdict.folding);
        tell!(
            "              read in {reading:.1?} ({:.0}/s), folded in {folding:.1?} ({:.0}/s)",
            per_second(events, reading),
            per_second(events, folding)
        );
        for (key, difference) in verdict.differences.iter().take(SHOWN_MAX) {
            let what = match difference {
                Difference::Missing => "is missing from the read model",
                Difference::Surplus => "is in the read model, and not in the log",
                Difference::Different => "says something else than the log",
            };
            tell!("    {} {what}", key.join(" "));
        }
        count += verdict.differences.len();
    }
    // An alert that was never raised is no row that a rebuild could bring.
    let unraised = match only.is_none_or(|only| only.name == ALERTS.name) {
        true => count_unraised(&stores, config).await?,
        false => 0,
    };
    if unraised > 0 {
        return Err(format!(
            "{unraised} alerts were never raised, {count} rows differ. `healthflow events resend` \
             has those observations judged again; `healthflow dlq list` tells whether that failed."
        ));
    }
    match count {
        0 => Ok(()),
        count => Err(format!(
            "{count} rows differ. Look at `healthflow dlq list`; `healthflow rebuild` mends a read \
             model."
        )),
    }
}

/// Tells which observations lack the alert they must have raised.
async fn count_unraised(stores: &Stores, config: &Config) -> Result<usize, String> {
    let verdict = verify_alerts(&stores.events, &config.alert_policy()).await.map_err(told)?;
    let count = verdict.unraised.len();
    let raised = verdict.dangerous - count;
    tell!(
        "{:<13} {raised} of {} dangerous observations raised theirs",
        "alerts",
        verdict.dangerous
    );
    for id in verdict.unraised.iter().take(SHOWN_MAX) {
        tell!("    observation-{id} raised no alert, and must have");
    }
    Ok(count)
}

#[allow(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_second(events: u64, took: Duration) -> f64 {
    events as f64 / took.as_secs_f64().max(f64::EPSILON)
}

//! The same for the audit log, counted in write units: one for each started KB of an item, twice
//! because blocks, heads and rows are written in transactions.
//!
//! What is assumed of the large clinic, beside its nine in ten appends: [`PROCESSES`] web processes
//! share the work evenly, and one takes [`WRITING_MS`] to write a block; one append in fifty comes
//! from a device gateway and not from the patient (those alone have index rows); one clinician looks
//! after fifty patients, and each asks for the newest alerts and opens a record every half minute.

use domain::ids::SessionId;
use healthflow::audit::chain::{AuditKey, Block};
use healthflow::audit::entry::{Access, Entry, Outcome};
use healthflow::audit::index;
use healthflow::audit::store::{BESIDE_MAX, kept_bytes};

use super::*;

/// The action that is recorded together with what follows from it.
const SUBMIT: &str = "observation.submit";
const PROCESSES: u64 = 8;
const WRITING_MS: u64 = 10;
/// One append in so many is a gateway's.
const GATEWAY_ONE_IN: u64 = 50;
const CLINICIANS: u64 = PATIENTS / 50;
/// How often a clinician asks for the alerts, and opens a record, in seconds.
const ASKS_EVERY_S: u64 = 30;
/// Patients on one page of alerts: always the newest, the same for everybody.
const ON_A_PAGE: u64 = 50;

/// What a bearer of `role` does with these patients' data.
fn access(
    random: &mut fastrand::Rng,
    role: &'static str,
    action: &'static str,
    whose: &[u64],
) -> Access {
    let patient = |n: &u64| PatientId(Uuid::from_u64_pair(1, *n));
    let clinic: ClinicId = "large".parse().unwrap();
    Access {
        who: Some("somebody-of-the-clinic".to_owned()),
        role: Some(role.into()),
        who_clinic: Some(clinic.clone()),
        patient: whose.first().filter(|_| role == "patient").map(patient),
        session_id: Some(SessionId(Uuid::from_u128(random.u128(..)))),
        action: action.into(),
        whose: whose.iter().map(patient).collect(),
        clinic_id: Some(clinic),
        from: "192.0.2.77".parse().ok(),
        why: None,
        outcome: Outcome::Allowed,
        correlation_id: CorrelationId(Uuid::from_u128(random.u128(..))),
    }
}

/// What one process records in one second, in its order.
fn of_one_second(random: &mut fastrand::Rng) -> Vec<Access> {
    let mut accesses = Vec::new();
    for n in 0..APPENDS_PER_S / PROCESSES {
        let by = if n % GATEWAY_ONE_IN == 0 { "service" } else { "patient" };
        let whose = [random.u64(0..PATIENTS)];
        accesses.push(access(random, by, SUBMIT, &whose));
    }
    let newest: Vec<u64> = (0..ON_A_PAGE).collect();
    for _ in 0..CLINICIANS.div_ceil(ASKS_EVERY_S * PROCESSES) {
        accesses.push(access(random, "clinician", "alerts.read", &newest));
        let whose = [random.u64(0..PATIENTS)];
        accesses.push(access(random, "clinician", "observations.read", &whose));
    }
    random.shuffle(&mut accesses);
    accesses
}

fn units(bytes: usize) -> u64 {
    2 * bytes.div_ceil(1_024) as u64
}

/// What writing these accesses costs each key: one of the processes, because all do the same.
fn audit_heat() -> Heat {
    let mut random = fastrand::Rng::with_seed(7);
    let key = AuditKey::new(b"paper");
    let mut heat = Heat::default();
    let mut cost = |table, key: String, units: u64| {
        // As if it went on for as long as the counting does.
        *heat.0.entry((table, key)).or_default() += units * SECONDS;
    };
    let (chain, mut end) = (Uuid::from_u128(2), None);
    let mut waiting = of_one_second(&mut random);
    let in_a_block = waiting.len().div_ceil((1_000 / WRITING_MS) as usize);
    while !waiting.is_empty() {
        let (mut json, mut rows, mut companions) = (Vec::new(), Vec::new(), 0);
        while json.len() < in_a_block
            && let Some(access) = waiting.pop()
        {
            let at = "2026-11-21T08:00:00.123Z".parse().unwrap();
            let entry = Entry { id: Uuid::now_v7(), at, access };
            let more = index::rows(&key, &entry).unwrap();
            // An observation is appended in the transaction of its entry.
            companions += usize::from(entry.access.action == SUBMIT);
            if rows.len() + more.len() + companions > BESIDE_MAX {
                waiting.push(entry.access);
                break;
            }
            rows.extend(more);
            json.push(serde_json::to_string(&entry).unwrap());
        }
        let body = format!("{{\"entries\":[{}]}}", json.join(","));
        let block = Block::following(&key, chain, end, body);
        end = Some(block.head());
        // Beside the body: chain, number, hashes and the key's name.
        cost("audit", chain.to_string(), units(kept_bytes(&block) + 250));
        cost("audit-heads", chain.to_string(), units(250));
        for row in rows {
            let bytes = row.scope.len() + row.place.len() + row.body.len() + 100;
            // The rows of all processes are in the same lists.
            cost("audit-index", row.scope, units(bytes) * PROCESSES);
        }
    }
    heat
}

#[test]
fn no_partition_key_of_the_audit_log_gets_too_hot() {
    let heat = audit_heat();
    for table in ["audit", "audit-heads", "audit-index"] {
        let of_table = heat.0.iter().filter(|((place, _), _)| *place == table);
        let ((_, key), units) = of_table.max_by_key(|(_, units)| **units).unwrap();
        let units_per_s = units / SECONDS;
        println!("{table} {key} has {units_per_s} write units/s");
        assert!(units_per_s <= WRITES_PER_S_MAX, "{table} {key}: {units_per_s} units/s");
    }
}

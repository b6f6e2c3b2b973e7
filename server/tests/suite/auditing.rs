//! What people see of the audit log: each access once, with who, whose, what and how it went.

use std::collections::BTreeSet;

use domain::access::Role;
use healthflow::audit::entry::{Entry, Outcome};
use healthflow::audit::key;
use healthflow::audit::reading::{Export, Filter};
use healthflow::audit::store::AuditStore;
use healthflow::store::client::embedded_elsewhere;
use reqwest::Method;
use serde_json::{Value, json};

use crate::test_app::{SignedIn, TestApp};

const REASON: &str = "=1+1: brought in unconscious, medication unknown.";
const NOTE: &str = "after a walk with the dog";

/// Everybody, and a patient of whom there is an alert.
struct Scene {
    app: TestApp,
    anna: SignedIn,
    bo: SignedIn,
    clinician: SignedIn,
    far: SignedIn,
    alert_id: String,
    observation_id: String,
}

impl Scene {
    async fn begin() -> Self {
        let app = TestApp::start().await;
        let (anna, bo) = (app.patient("anna").await, app.patient("bo").await);
        let body = json!({
            "kind": "temperature", "value": 39.4, "unit": "Cel", "note": NOTE,
        });
        let receipt = app.submit(&anna, body).await;
        let observation_id = receipt["observation_id"].as_str().unwrap().to_owned();
        let clinician = app.clinician().await;
        let alert_id = app.wait_for_alerts(&clinician, 1).await[0]["alert_id"].clone();
        let far = app.somebody("far", Role::Clinician, "south").await;
        let alert_id = alert_id.as_str().unwrap().to_owned();
        Self { app, anna, bo, clinician, far, alert_id, observation_id }
    }

    fn record(&self) -> String {
        format!("/api/observations?patient_id={}", self.anna.patient_id)
    }

    async fn open_in_emergency(&self) -> u16 {
        let body = json!({ "patient": "anna", "reason": REASON });
        self.app.post("/api/emergencies", Some(&self.far), body).await.0
    }

    /// All that is recorded, the oldest first.
    async fn stored(&self) -> Vec<Entry> {
        let config = &self.app.config().store;
        let client = embedded_elsewhere(&self.app.dynamodb_url());
        let key = key::of(config).unwrap();
        let mut export = Export::new(AuditStore::new(client, config), key, Filter::default());
        let mut stored = Vec::new();
        while let Some(entries) = export.next().await.unwrap() {
            stored.extend(entries);
        }
        stored.sort_by_key(|entry| entry.id);
        stored
    }

    /// What was recorded since there were `before` entries.
    async fn one_more_than(&self, before: &mut usize, what: &str) -> Entry {
        let mut stored = self.stored().await;
        let entry = stored.split_off(*before);
        *before += entry.len();
        let [entry] = <[Entry; 1]>::try_from(entry).unwrap_or_else(|found| {
            panic!("{what}: {found:?}");
        });
        entry
    }
}

/// What is expected of an entry: who, what, whether it is about anna, how it went.
type Expected = (&'static str, &'static str, bool, Outcome);
use Outcome::{Allowed, Denied};

fn told(entry: &Entry, anna: &SignedIn) -> (String, String, bool, Outcome) {
    let access = &entry.access;
    let whose: Vec<String> = access.whose.iter().map(ToString::to_string).collect();
    let about_anna = whose == [anna.patient_id.clone()];
    assert!(about_anna || whose.is_empty(), "{entry:?}");
    let who = access.who.clone().unwrap_or_default();
    (who, access.action.clone().into_owned(), about_anna, access.outcome)
}

#[tokio::test]
async fn every_kind_of_access_leaves_one_entry_with_who_whose_what_and_the_outcome() {
    let scene = Scene::begin().await;
    let Scene { app, anna, bo, clinician, far, .. } = &scene;
    let gateway = app.somebody("gateway", Role::Service, "demo").await;
    let (administrator, auditor) = (app.administrator().await, app.auditor().await);
    let record = scene.record();
    let of_anna = json!({ "patient_id": anna.patient_id, "score": 2 });
    let acknowledge = format!("/api/alerts/{}/acknowledge", scene.alert_id);
    let emergency = json!({ "patient": "anna", "reason": REASON });
    let disable = json!({ "username": "clinician1" });
    let (search, everything, as_csv) = ("/api/audit/search", json!({}), json!({ "format": "csv" }));
    let about_anna = json!({ "patient": "anna" });
    let about_nobody = json!({ "patient": "nobody" });
    let correct = format!("/api/observations/{}/correct", scene.observation_id);
    let withdraw = format!("/api/observations/{}/withdraw", scene.observation_id);
    let too_long = json!({ "reason": "x".repeat(501) });
    let none = Value::Null;
    // Who asks, what for, with which body (none: it is read), the status, what is recorded.
    let steps: Vec<(&SignedIn, &str, &Value, u16, Expected)> = vec![
        (anna, "/api/observations", &of_anna, 200, ("anna", "observation.submit", true, Allowed)),
        (anna, "/api/observations", &none, 200, ("anna", "observations.read", true, Allowed)),
        (bo, &record, &none, 403, ("bo", "observations.read", true, Denied)),
        (bo, &correct, &everything, 404, ("bo", "observation.correct", true, Denied)),
        (anna, &correct, &everything, 400, ("anna", "observation.correct", true, Allowed)),
        (anna, &withdraw, &too_long, 400, ("anna", "observation.withdraw", true, Allowed)),
        (
            &gateway,
            "/api/observations",
            &of_anna,
            200,
            ("gateway", "observation.submit", true, Allowed),
        ),
        (clinician, "/api/alerts", &none, 200, ("clinician1", "alerts.read", true, Allowed)),
        (clinician, &record, &none, 200, ("clinician1", "observations.read", true, Allowed)),
        (
            clinician,
            &acknowledge,
            &disable,
            200,
            ("clinician1", "alert.acknowledge", true, Allowed),
        ),
        (far, &record, &none, 404, ("far", "observations.read", true, Denied)),
        (far, &acknowledge, &disable, 404, ("far", "alert.acknowledge", true, Denied)),
        (
            far,
            "/api/emergencies",
            &emergency,
            200,
            ("far", "record.open-in-emergency", true, Allowed),
        ),
        (far, &record, &none, 200, ("far", "observations.read", true, Allowed)),
        (&administrator, "/api/staff", &none, 200, ("admin1", "staff.read", false, Allowed)),
        (&administrator, "/api/emergencies", &none, 200, ("admin1", "staff.read", false, Allowed)),
        (&administrator, &record, &none, 403, ("admin1", "endpoint.call", false, Denied)),
        (&auditor, search, &everything, 200, ("auditor1", "audit-log.read", false, Allowed)),
        (&auditor, search, &about_anna, 200, ("auditor1", "audit-log.read", true, Allowed)),
        (&auditor, search, &about_nobody, 400, ("auditor1", "audit-log.read", false, Allowed)),
        (
            &auditor,
            "/api/audit/export",
            &as_csv,
            200,
            ("auditor1", "audit-log.read", false, Allowed),
        ),
        (&auditor, "/api/alerts", &none, 403, ("auditor1", "endpoint.call", false, Denied)),
        (anna, "/api/disclosures", &none, 200, ("anna", "disclosures.read", true, Allowed)),
    ];
    let mut before = scene.stored().await.len();
    for (who, path, body, status, expected) in steps {
        let method = if body.is_null() { Method::GET } else { Method::POST };
        let request = app.api(method, path, Some(who));
        let request = if body.is_null() { request } else { request.json(body) };
        let answer = request.send().await.unwrap();
        let (told_status, _) = (answer.status().as_u16(), answer.text().await.unwrap());
        let what = format!("{} {path}", expected.0);
        let is_as_expected = told_status == status || (status == 200 && told_status == 204);
        assert!(is_as_expected, "{what}: {told_status}");
        let entry = scene.one_more_than(&mut before, &what).await;
        let (name, action, about_anna, outcome) = told(&entry, anna);
        assert_eq!((&*name, &*action, about_anna, outcome), expected, "{what}");
        assert!(entry.access.session_id.is_some() && entry.access.from.is_some(), "{what}");
    }
}

#[tokio::test]
async fn the_audit_log_holds_no_health_data() {
    let scene = Scene::begin().await;
    scene.open_in_emergency().await;
    scene.app.get(&scene.record(), &scene.far).await;
    scene.app.get("/api/observations", &scene.anna).await;
    let stored = serde_json::to_string(&scene.stored().await).unwrap();
    assert!(stored.contains("far") && stored.contains(REASON));
    for health in [NOTE, "39.4", "temperature", "Cel", "critical", "high", "watch", "dog"] {
        assert!(!stored.contains(health), "{health}");
    }
}

#[tokio::test]
async fn a_patient_sees_who_opened_their_record_and_why_in_an_emergency() {
    let scene = Scene::begin().await;
    let Scene { app, anna, bo, clinician, far, .. } = &scene;
    app.get(&scene.record(), clinician).await;
    app.get(&scene.record(), clinician).await;
    app.get(&scene.record(), far).await;
    assert_eq!(scene.open_in_emergency().await, 200);
    app.get(&scene.record(), far).await;
    app.get(&scene.record(), bo).await;
    let seen = app.all(anna, "/api/disclosures?limit=50", "disclosures").await;
    let line = |item: &Value| {
        let text = |name: &str| item[name].as_str().unwrap_or("-").to_owned();
        [
            text("who"),
            text("action"),
            text("other_clinic"),
            text("outcome"),
            text("emergency_reason"),
        ]
    };
    let lines: Vec<_> = seen.iter().map(line).collect();
    assert_eq!(lines[0], ["-", "observations.read", "-", "denied", "-"], "no other patient's name");
    assert_eq!(lines[1], ["far", "observations.read", "south", "allowed", REASON]);
    assert_eq!(lines[2], ["far", "record.open-in-emergency", "south", "allowed", REASON]);
    assert_eq!(lines[3], ["far", "observations.read", "south", "denied", "-"]);
    assert_eq!(lines[4], ["clinician1", "observations.read", "-", "allowed", "-"]);
    assert_eq!(seen[4]["times"], json!(2));
    // The clinic's alerts were waited for, again and again.
    assert_eq!(lines[5][1], "alerts.read");
    assert_eq!(lines.len(), 6, "what anna did herself is not among it: {lines:?}");
    let others = app.all(bo, "/api/disclosures?limit=50", "disclosures").await;
    assert_eq!(others, [] as [Value; 0]);
}

#[tokio::test]
async fn an_auditor_finds_what_they_look_for_in_their_own_clinic_alone() {
    let scene = Scene::begin().await;
    let Scene { app, anna, clinician, far, .. } = &scene;
    app.get(&scene.record(), clinician).await;
    app.get(&scene.record(), far).await;
    let auditor = app.auditor().await;
    let found = async |search: Value| app.found_in_audit_log(&auditor, search).await;
    let who = |entries: Vec<Value>| {
        let who = entries.iter().map(|entry| entry["who"].as_str().unwrap().to_owned());
        who.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    let observations = json!({ "action": "observations" });
    let of = |patient: &str| json!({ "patient": patient, "action": "observations" });
    assert_eq!(who(found(observations.clone()).await), ["clinician1", "far"]);
    assert_eq!(who(found(json!({ "who": "FAR" })).await), ["far"]);
    let denied = json!({ "denied": true, "action": "observations" });
    assert_eq!(who(found(denied).await), ["far"]);
    assert_eq!(who(found(of("anna")).await), ["clinician1", "far"]);
    assert_eq!(found(of(&anna.patient_id)).await, found(of("anna")).await);
    let long_ago = json!({ "to": "2020-01-01", "from": "2019-12-31" });
    assert_eq!(found(long_ago).await, [] as [Value; 0]);
    let today = &found(observations).await[0]["at"].as_str().unwrap()[..10].to_owned();
    let of_today = json!({ "from": today, "to": today, "action": "observations.read" });
    assert_eq!(found(of_today).await, found(json!({ "action": "observations.read" })).await);
    let search = "/api/audit/search";
    let (_, page) = app.post(search, Some(&auditor), json!({ "patient": "anna" })).await;
    assert_eq!(page["patients"][0]["patient_login"], json!("anna"));

    let elsewhere = app.somebody("auditor-s", Role::Auditor, "south").await;
    let own = app.found_in_audit_log(&elsewhere, json!({ "limit": 100 })).await;
    assert!(own.iter().all(|entry| entry["whose"] == json!([])), "{own:?}");
    assert_eq!(who(own), ["auditor-s", "far"], "their sign-ins");
    let (status, problem) = app.post(search, Some(&elsewhere), json!({ "patient": "anna" })).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!("patient")), "{problem}");
    let of_anna = json!({ "patient": anna.patient_id });
    assert_eq!(app.found_in_audit_log(&elsewhere, of_anna).await, [] as [Value; 0]);
}

#[tokio::test]
async fn what_is_looked_for_in_a_wrong_way_is_refused_with_its_field() {
    let app = TestApp::start().await;
    let auditor = app.auditor().await;
    for (search, field) in [
        (json!({ "from": "yesterday" }), "from"),
        (json!({ "to": "2026-11-31" }), "to"),
        (json!({ "from": "2026-11-21", "to": "2026-11-20" }), "to"),
        (json!({ "action": "observations.delete" }), "action"),
        (json!({ "denied": "maybe" }), "denied"),
        (json!({ "patient": "nobody" }), "patient"),
        (json!({ "patient": "clinician1" }), "patient"),
        (json!({ "limit": 0 }), "limit"),
        (json!({ "limit": 1.5 }), "limit"),
        (json!({ "limit": "5" }), "limit"),
        (json!({ "who": 5 }), "who"),
        (json!({ "cursor": "nowhere" }), "cursor"),
        (json!({ "colour": "red" }), "colour"),
    ] {
        let (status, problem) = app.post("/api/audit/search", Some(&auditor), search.clone()).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!(field)), "{search}");
    }
    for search in [json!({}), json!({ "format": "xlsx" }), json!({ "format": "csv", "limit": 5 })] {
        let (status, _) = app.post("/api/audit/export", Some(&auditor), search.clone()).await;
        assert_eq!(status, 400, "{search}");
    }
}

#[tokio::test]
async fn days_before_there_was_a_log_are_not_looked_into() {
    let app = TestApp::start().await;
    let auditor = app.auditor().await;
    // A request for every two months since the year 1 would never end.
    let long_ago = json!({ "from": "0001-01-01", "who": "nobody", "limit": 100 });
    assert_eq!(app.found_in_audit_log(&auditor, long_ago).await, [] as [Value; 0]);
}

#[tokio::test]
async fn nobody_is_named_in_an_address_of_the_audit_log() {
    let app = TestApp::start().await;
    let auditor = app.auditor().await;
    for path in ["/api/audit?who=anna", "/api/audit/search?who=anna", "/api/audit/export?who=anna"]
    {
        let (status, _) = app.get(path, &auditor).await;
        assert!(status == 404 || status == 405, "{path}: {status}");
    }
}

#[tokio::test]
async fn an_export_holds_what_the_list_holds_and_no_formula() {
    let scene = Scene::begin().await;
    let Scene { app, clinician, .. } = &scene;
    for _ in 0..5 {
        app.get(&scene.record(), clinician).await;
    }
    scene.open_in_emergency().await;
    app.get(&scene.record(), &scene.far).await;
    let auditor = app.auditor().await;
    let search = json!({ "limit": 2, "action": "observations" });
    let list = app.found_in_audit_log(&auditor, search).await;
    assert_eq!(list.len(), 6);

    let export = async |format: &str| {
        let request = app.api(Method::POST, "/api/audit/export", Some(&auditor));
        let search = json!({ "action": "observations", "format": format });
        let answer = request.json(&search).send().await.unwrap();
        let headers = answer.headers();
        let text = |name: &str| headers[name].to_str().unwrap().to_owned();
        (text("content-type"), text("content-disposition"), answer.text().await.unwrap())
    };
    let (content_type, file, text) = export("ndjson").await;
    assert_eq!(content_type, "application/x-ndjson");
    assert!(file.starts_with("attachment; filename=\"audit-log-2"), "{file}");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, list);

    let (content_type, _, text) = export("csv").await;
    assert!(content_type.starts_with("text/csv"), "{content_type}");
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(rows.len(), 1 + list.len());
    for (row, entry) in rows[1..].iter().zip(&list) {
        assert!(row.contains(entry["entry_id"].as_str().unwrap()), "{row}");
    }
    // The reason begins with `emergency: `; where it stands alone it is disarmed.
    // And a page sends the same as a form.
    let request = app.api(Method::POST, "/api/audit/export", Some(&auditor));
    let form = [("action", "record"), ("who", ""), ("format", "csv")];
    let answer = request.form(&form).send().await.unwrap();
    let text = answer.text().await.unwrap();
    assert!(
        text.contains(&format!(",'{REASON}")) || text.contains(&format!("\"'{REASON}")),
        "{text}"
    );
}

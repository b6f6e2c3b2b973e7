//! What comes in by HTTP is in the log before it is answered.

use healthflow::audit::entry::Outcome;
use healthflow::audit::key;
use healthflow::audit::reading::Filter;
use healthflow::store::client;
use serde_json::json;

use super::Setup;
use crate::test_app::TestApp;

#[tokio::test]
async fn registering_signing_in_and_out_and_being_refused_are_recorded() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    assert_eq!(app.log_in("anna", "wrong", "patient").await.0, 401);
    assert_eq!(app.log_in("a-password-in-the-wrong-field", "x", "clinician").await.0, 401);
    assert_eq!(app.get("/api/alerts", &anna).await.0, 403);
    let elsewhere = "/api/observations?patient_id=00000000-0000-0000-0000-000000000000";
    assert_eq!(app.get(elsewhere, &anna).await.0, 403);
    assert_eq!(app.post("/api/logout", Some(&anna), json!({})).await.0, 204);

    let config = app.config().store.clone();
    let embedded = client::embedded_elsewhere(&app.dynamodb_url());
    let mut setup = Setup::on(embedded, config.clone()).await;
    setup.key = key::of(&config).unwrap();
    let entries = setup.exported(Filter::default()).await;
    let recorded: Vec<(Option<&str>, &str, Outcome)> = entries
        .iter()
        .map(|entry| &entry.access)
        .filter(|access| access.who.as_deref().is_none_or(|who| who == "anna"))
        .map(|access| (access.who.as_deref(), &*access.action, access.outcome))
        .collect();
    let by_anna = Some("anna");
    assert_eq!(
        recorded,
        [
            (by_anna, "session.begin", Outcome::Allowed),
            (by_anna, "session.begin", Outcome::Denied),
            // A name that nobody has may be a password.
            (None, "session.begin", Outcome::Denied),
            (by_anna, "endpoint.call", Outcome::Denied),
            (by_anna, "observations.read", Outcome::Denied),
            (by_anna, "session.end", Outcome::Allowed),
        ]
    );
    assert!(entries.iter().all(|entry| entry.access.from.is_some()));
}

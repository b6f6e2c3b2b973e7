//! Lists: newest first, in parts, with every item reachable.

use std::collections::HashSet;

use domain::timestamp::Timestamp;
use reqwest::Method;
use serde_json::json;

use crate::test_app::TestApp;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_alert_is_reachable_newest_first() {
    let app = TestApp::start().await;
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);
    const COUNT: usize = 230;
    for _ in 0..COUNT {
        app.submit(&anna, json!({ "score": 9 })).await;
    }
    app.wait_for_alerts(&clinician, COUNT).await;
    for limit in [1, 7, 100] {
        let alerts = app.all_alerts(&clinician, limit).await;
        let ids: HashSet<String> = alerts.iter().map(|a| a["alert_id"].to_string()).collect();
        assert_eq!((alerts.len(), ids.len()), (COUNT, COUNT), "limit {limit}");
        let time = |alert: &serde_json::Value| alert["created_at"].as_str()?.parse().ok();
        let times: Vec<Option<Timestamp>> = alerts.iter().map(time).collect();
        assert!(times.is_sorted_by(|newer, older| newer >= older));
    }
}

#[tokio::test]
async fn the_end_of_a_list_has_no_cursor() {
    let app = TestApp::start().await;
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);
    let empty = json!({ "alerts": [], "next_cursor": null });
    assert_eq!(app.get("/api/alerts", &clinician).await, (200, empty));
    app.submit(&anna, json!({ "score": 9 })).await;
    app.wait_for_alerts(&clinician, 1).await;
    let (_, page) = app.get("/api/alerts?limit=1", &clinician).await;
    assert_eq!(page["next_cursor"], json!(null), "one of one is the end");
}

#[tokio::test]
async fn refuses_parameters_it_does_not_know() {
    let app = TestApp::start().await;
    let clinician = app.clinician().await;
    for query in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "limit=",
        "cursor=!",
        "cursor=",
        "page=2",
        "limit=1&limit=2",
    ] {
        let (status, problem) = app.get(&format!("/api/alerts?{query}"), &clinician).await;
        assert_eq!(status, 400, "{query}");
        assert!(problem["errors"][0]["message"].is_string(), "{problem}");
    }
}

#[tokio::test]
async fn every_path_of_the_api_is_described_and_every_description_is_true() {
    let app = TestApp::start().await;
    let answer = app.api(Method::GET, "/api/openapi.json", None).send().await.unwrap();
    let document: serde_json::Value = answer.json().await.unwrap();
    let paths = document["paths"].as_object().unwrap();
    let clinician = app.clinician().await;
    let receipt = app.submit(&app.patient("anna").await, json!({ "score": 9 })).await;
    let alert = app.wait_for_alerts(&clinician, 1).await[0]["alert_id"].clone();
    // Another session of the same clinician, which may well end on the way.
    app.clinician().await;
    let sessions = app.get("/api/sessions", &clinician).await.1;
    let other = &sessions["sessions"][0]["session_id"];
    for (path, methods) in paths {
        let real = path.replace("{alert_id}", alert.as_str().unwrap());
        let real = real.replace("{session_id}", other.as_str().unwrap());
        let real = real.replace("{observation_id}", receipt["observation_id"].as_str().unwrap());
        for method in methods.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = app.api(method.clone(), &real, Some(&clinician)).send().await.unwrap();
            let status = answer.status().as_u16();
            assert!(![404, 405].contains(&status), "{method} {path} is described but not there");
            let known = &methods[method.as_str().to_lowercase()]["responses"][status.to_string()];
            assert!(known.is_object(), "{method} {path} answers {status}, which is not described");
        }
    }
}

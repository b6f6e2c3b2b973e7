//! Bare conditional puts to the same store: what everything else is measured against.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};

use crate::api::told;

const TABLE: &str = "load-bare-puts";

/// A client of the endpoint, as any program would make it.
pub(crate) fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("load", "load", None, None, "load"))
        .endpoint_url(endpoint);
    Client::from_conf(config.build())
}

/// Makes the table, if it is not there.
pub(crate) async fn create_table(client: &Client) -> Result<(), String> {
    let key = |name: &str, key_type| {
        KeySchemaElement::builder().attribute_name(name).key_type(key_type).build().map_err(told)
    };
    let attribute = |name: &str, kind| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(kind)
            .build()
            .map_err(told)
    };
    let created = client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("stream_id", KeyType::Hash)?)
        .key_schema(key("version", KeyType::Range)?)
        .attribute_definitions(attribute("stream_id", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("version", ScalarAttributeType::N)?)
        .send()
        .await;
    match created.map_err(aws_sdk_dynamodb::Error::from) {
        Ok(_) | Err(aws_sdk_dynamodb::Error::ResourceInUseException(_)) => Ok(()),
        Err(error) => Err(format!("the table for bare puts: {error}")),
    }
}

/// One event as HealthFlow would store it, without HealthFlow.
pub(crate) async fn put(client: &Client) -> Result<(), String> {
    let id = uuid::Uuid::new_v4();
    let envelope = format!(
        r#"{{"event_id":"{id}","timestamp":"2026-11-21T09:32:51.604Z","stream_id":"observation-{id}","stream_version":1,"schema_version":1,"correlation_id":"{id}","type":"ObservationSubmitted","payload":{{"observation_id":"{id}","patient_id":"{id}","patient_login":"load","clinic_id":"demo","kind":"symptom_score","score":5}}}}"#
    );
    let text = |value: String| AttributeValue::S(value);
    let put = client.put_item().table_name(TABLE);
    let put = put.item("stream_id", text(format!("observation-{id}")));
    let put = put.item("version", AttributeValue::N("1".to_owned()));
    let put = put.item("event_id", text(id.to_string())).item("envelope", text(envelope));
    let put = put.item("type", text("ObservationSubmitted".to_owned()));
    put.condition_expression("attribute_not_exists(stream_id)")
        .send()
        .await
        .map(|_| ())
        .map_err(told)
}

//! The tables, declared once: provisioning creates them from here, the stores read their keys
//! from here.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    ProjectionType, ScalarAttributeType,
};

use crate::config::StoreConfig;
use crate::projections::Projection;

/// A key attribute and its type.
#[derive(Clone, Copy, Debug)]
pub struct KeyAttribute {
    /// The attribute's name.
    pub name: &'static str,
    /// Whether it is a number; else a string.
    pub is_number: bool,
}

const fn text(name: &'static str) -> KeyAttribute {
    KeyAttribute { name, is_number: false }
}

const fn number(name: &'static str) -> KeyAttribute {
    KeyAttribute { name, is_number: true }
}

/// A global secondary index, projecting every attribute.
#[derive(Clone, Copy, Debug)]
pub struct IndexSpec {
    /// The index's name.
    pub name: &'static str,
    /// Its partition key.
    pub partition: KeyAttribute,
    /// Its sort key.
    pub sort: KeyAttribute,
}

/// One table.
#[derive(Clone, Copy, Debug)]
pub struct TableSpec {
    /// The table's configured name.
    pub name: fn(&StoreConfig) -> &str,
    /// Its partition key.
    pub partition: KeyAttribute,
    /// Its sort key, if it has one.
    pub sort: Option<KeyAttribute>,
    /// Its index, if it has one.
    pub index: Option<IndexSpec>,
}

/// The sparse index of events that no bus has taken over yet.
pub const OUTBOX_INDEX: &str = "outbox";
/// The index of a clinic's alerts.
pub const ALERTS_BY_CLINIC_INDEX: &str = "by-clinic";

/// The index of a clinic's staff.
pub const STAFF_BY_CLINIC_INDEX: &str = "staff-by-clinic";
/// The index of an account's sessions.
pub const SESSIONS_BY_LOGIN_INDEX: &str = "by-login";
/// The index of the emergencies that concern a clinic's patients.
pub const EMERGENCIES_BY_CLINIC_INDEX: &str = "by-clinic";

/// Every table of the product.
pub const TABLES: &[TableSpec] = &[
    TableSpec {
        name: |store| &store.events_table,
        partition: text("stream_id"),
        sort: Some(number("version")),
        index: Some(IndexSpec {
            name: OUTBOX_INDEX,
            partition: text("outbox"),
            sort: text("event_id"),
        }),
    },
    TableSpec {
        name: |store| &store.users_table,
        partition: text("login_key"),
        sort: None,
        index: Some(IndexSpec {
            name: STAFF_BY_CLINIC_INDEX,
            partition: text("staff_of"),
            sort: text("login_key"),
        }),
    },
    TableSpec {
        name: |store| &store.sessions_table,
        partition: text("session_id"),
        sort: None,
        index: Some(IndexSpec {
            name: SESSIONS_BY_LOGIN_INDEX,
            partition: text("login_key"),
            sort: number("created_ms"),
        }),
    },
    TableSpec {
        name: |store| &store.emergencies_table,
        partition: text("opened_by_key"),
        sort: Some(text("patient_and_time")),
        index: Some(IndexSpec {
            name: EMERGENCIES_BY_CLINIC_INDEX,
            partition: text("clinic_id"),
            sort: text("opened_at"),
        }),
    },
    TableSpec {
        name: |store| &store.patients_table,
        partition: text("patient_id"),
        sort: None,
        index: None,
    },
    TableSpec {
        name: |store| &store.observations_table,
        partition: text("patient_id"),
        sort: Some(text("effective")),
        index: None,
    },
    TableSpec {
        name: |store| &store.alerts_table,
        partition: text("alert_id"),
        sort: None,
        index: Some(IndexSpec {
            name: ALERTS_BY_CLINIC_INDEX,
            partition: text("clinic_shard"),
            sort: text("raised"),
        }),
    },
    TableSpec {
        name: |store| &store.dead_letters_table,
        partition: text("queue"),
        sort: Some(text("event_id")),
        index: None,
    },
    TableSpec {
        name: |store| &store.read_models_table,
        partition: text("model"),
        sort: None,
        index: None,
    },
    TableSpec {
        name: |store| &store.leases_table,
        partition: text("lease"),
        sort: None,
        index: None,
    },
    TableSpec {
        name: |store| &store.audit_table,
        partition: text("chain"),
        sort: Some(number("seq")),
        index: None,
    },
    TableSpec {
        name: |store| &store.audit_heads_table,
        partition: text("chain"),
        sort: None,
        index: None,
    },
    TableSpec {
        name: |store| &store.audit_index_table,
        partition: text("scope"),
        sort: Some(text("place")),
        index: None,
    },
];

/// The configured name of a read model's first table.
#[must_use]
pub fn of_model<'a>(store: &'a StoreConfig, model: &Projection) -> &'a str {
    match model.name {
        "patients" => &store.patients_table,
        "observations" => &store.observations_table,
        _ => &store.alerts_table,
    }
}

/// The name of the table of one generation.
#[must_use]
pub fn of_generation(first: &str, generation: u32) -> String {
    if generation <= 1 { first.to_owned() } else { format!("{first}-g{generation}") }
}

/// The names of the key attributes of a read model's tables.
#[must_use]
pub fn key_names_of(store: &StoreConfig, model: &Projection) -> Vec<&'static str> {
    let own = TABLES.iter().find(|spec| (spec.name)(store) == of_model(store, model));
    let keys = own.map(|spec| [Some(spec.partition), spec.sort]).into_iter().flatten();
    keys.flatten().map(|key| key.name).collect()
}

/// Creates the table of a further generation of a read model, if it is missing.
///
/// # Errors
/// A description of what could not be done and why.
pub async fn provision_generation(
    client: &Client,
    store: &StoreConfig,
    model: &Projection,
    generation: u32,
) -> Result<(), String> {
    let first = of_model(store, model);
    let spec = TABLES.iter().find(|spec| (spec.name)(store) == first);
    let spec = spec.ok_or_else(|| format!("The read model {} has no table.", model.name))?;
    let name = of_generation(first, generation);
    if create(client, spec, &name).await? {
        wait_until_active(client, &name).await?;
    }
    Ok(())
}

/// Creates the tables that are missing; names the ones it created.
///
/// # Errors
/// A description of the table that could not be created and why.
pub async fn provision(client: &Client, store: &StoreConfig) -> Result<Vec<String>, String> {
    let mut created = Vec::new();
    for spec in TABLES {
        let name = (spec.name)(store);
        if create(client, spec, name).await? {
            created.push(name.to_owned());
        }
    }
    for name in &created {
        wait_until_active(client, name).await?;
    }
    Ok(created)
}

async fn create(client: &Client, spec: &TableSpec, name: &str) -> Result<bool, String> {
    let cannot = |why: String| format!("Cannot create the table {name}: {why}");
    let mut request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(key_schema(spec.partition, spec.sort).map_err(cannot)?));
    let index = spec.index;
    let attributes =
        [Some(spec.partition), spec.sort, index.map(|i| i.partition), index.map(|i| i.sort)];
    let mut defined: Vec<&str> = Vec::new();
    for attribute in attributes.into_iter().flatten() {
        // A key of the table may be one of its index too.
        if defined.contains(&attribute.name) {
            continue;
        }
        defined.push(attribute.name);
        request = request.attribute_definitions(definition(attribute).map_err(cannot)?);
    }
    if let Some(index) = index {
        let all = aws_sdk_dynamodb::types::Projection::builder()
            .projection_type(ProjectionType::All)
            .build();
        let index = GlobalSecondaryIndex::builder()
            .index_name(index.name)
            .set_key_schema(Some(key_schema(index.partition, Some(index.sort)).map_err(cannot)?))
            .projection(all)
            .build()
            .map_err(|e| cannot(e.to_string()))?;
        request = request.global_secondary_indexes(index);
    }
    match request.send().await.map_err(aws_sdk_dynamodb::Error::from) {
        Ok(_) => Ok(true),
        Err(aws_sdk_dynamodb::Error::ResourceInUseException(_)) => Ok(false),
        Err(error) => Err(cannot(DisplayErrorContext(error).to_string())),
    }
}

async fn wait_until_active(client: &Client, name: &str) -> Result<(), String> {
    for _ in 0..120 {
        let described = client.describe_table().table_name(name).send().await;
        let status = described.ok().and_then(|d| d.table).and_then(|t| t.table_status);
        if status == Some(aws_sdk_dynamodb::types::TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    Err(format!("The table {name} did not become active within a minute: try again."))
}

fn key_schema(
    partition: KeyAttribute,
    sort: Option<KeyAttribute>,
) -> Result<Vec<KeySchemaElement>, String> {
    let element = |attribute: KeyAttribute, key_type| {
        KeySchemaElement::builder()
            .attribute_name(attribute.name)
            .key_type(key_type)
            .build()
            .map_err(|e| e.to_string())
    };
    let mut schema = vec![element(partition, KeyType::Hash)?];
    if let Some(sort) = sort {
        schema.push(element(sort, KeyType::Range)?);
    }
    Ok(schema)
}

fn definition(attribute: KeyAttribute) -> Result<AttributeDefinition, String> {
    let kind = if attribute.is_number { ScalarAttributeType::N } else { ScalarAttributeType::S };
    AttributeDefinition::builder()
        .attribute_name(attribute.name)
        .attribute_type(kind)
        .build()
        .map_err(|e| e.to_string())
}

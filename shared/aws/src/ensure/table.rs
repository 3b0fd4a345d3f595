use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
};
use patchbay_app::ports::PortResult;

use crate::dynamodb::key::{GSI1, GSI2, Index, PK, SK, TTL};
use crate::error::{Refusal, unavailable};

const OPERATION: &str = "making the table";
const CHECKS: u32 = 120;
const BETWEEN_CHECKS: Duration = Duration::from_millis(500);

pub(crate) async fn table(client: &Client, name: &str) -> PortResult<()> {
    create(client, name).await?;
    wait_until_active(client, name).await?;
    set_ttl(client, name).await
}

async fn create(client: &Client, name: &str) -> PortResult<()> {
    let mut request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest);
    for attribute in [PK, SK, GSI1.pk, GSI1.sk, GSI2.pk, GSI2.sk] {
        let definition = AttributeDefinition::builder()
            .attribute_name(attribute)
            .attribute_type(ScalarAttributeType::S)
            .build();
        request = request.attribute_definitions(definition.map_err(unavailable(OPERATION))?);
    }
    for element in key_schema(PK, SK)? {
        request = request.key_schema(element);
    }
    for index in [GSI1, GSI2] {
        request = request.global_secondary_indexes(secondary_index(&index)?);
    }
    match request.send().await.map_err(SdkError::into_service_error) {
        Ok(_) => Ok(()),
        Err(error) if error.is_resource_in_use_exception() => Ok(()),
        Err(error) => Err(unavailable(OPERATION)(error)),
    }
}

fn key_schema(pk: &str, sk: &str) -> PortResult<Vec<KeySchemaElement>> {
    let element = |name: &str, kind| {
        let element = KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build();
        element.map_err(unavailable(OPERATION))
    };
    Ok(vec![
        element(pk, KeyType::Hash)?,
        element(sk, KeyType::Range)?,
    ])
}

fn secondary_index(index: &Index) -> PortResult<GlobalSecondaryIndex> {
    let index = GlobalSecondaryIndex::builder()
        .index_name(index.name)
        .set_key_schema(Some(key_schema(index.pk, index.sk)?))
        .projection(
            Projection::builder()
                .projection_type(ProjectionType::All)
                .build(),
        )
        .build();
    index.map_err(unavailable(OPERATION))
}

async fn wait_until_active(client: &Client, name: &str) -> PortResult<()> {
    for _ in 0..CHECKS {
        let described = client.describe_table().table_name(name).send().await;
        let status = described
            .map_err(unavailable(OPERATION))?
            .table
            .and_then(|t| t.table_status);
        if status == Some(TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(BETWEEN_CHECKS).await;
    }
    let message = format!("{name} does not become active");
    Err(unavailable(OPERATION)(Refusal {
        code: "Timeout".to_owned(),
        message,
    }))
}

async fn set_ttl(client: &Client, name: &str) -> PortResult<()> {
    let described = client.describe_time_to_live().table_name(name).send().await;
    let described = described
        .map_err(unavailable(OPERATION))?
        .time_to_live_description;
    let status = described.and_then(|ttl| ttl.time_to_live_status);
    if matches!(
        status,
        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
    ) {
        return Ok(());
    }
    let specification = TimeToLiveSpecification::builder()
        .attribute_name(TTL)
        .enabled(true)
        .build();
    client
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(specification.map_err(unavailable(OPERATION))?)
        .send()
        .await
        .map_err(unavailable(OPERATION))?;
    Ok(())
}

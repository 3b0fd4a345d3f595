//! `DynamoDB` behind the shared port: items, conditions, and what is counted.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ReturnConsumedCapacity, ScalarAttributeType, TimeToLiveSpecification,
};

use crate::clients::{Clients, in_memory};
use crate::conditions::eventually;

pub(crate) async fn create_table(clients: &Clients) {
    let key = KeySchemaElement::builder()
        .attribute_name("PK")
        .key_type(KeyType::Hash)
        .build();
    let attribute = AttributeDefinition::builder()
        .attribute_name("PK")
        .attribute_type(ScalarAttributeType::S)
        .build();
    let create = clients
        .dynamodb
        .create_table()
        .table_name("items")
        .key_schema(key.unwrap());
    let create = create.attribute_definitions(attribute.unwrap());
    create
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
}

pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

#[tokio::test]
async fn items_are_put_got_and_guarded_by_conditions() {
    let (aws, clients) = in_memory().await;
    create_table(&clients).await;
    let put = || {
        clients
            .dynamodb
            .put_item()
            .table_name("items")
            .item("PK", text("a"))
    };
    put().send().await.unwrap();
    let written = aws.capacity().write;
    let got = clients
        .dynamodb
        .get_item()
        .table_name("items")
        .key("PK", text("a"))
        .send()
        .await;
    let got = got.unwrap();
    assert_eq!(got.item.unwrap()["PK"], text("a"));
    assert_eq!(got.consumed_capacity, None, "it was not asked for");
    let refused = put()
        .condition_expression("attribute_not_exists(PK)")
        .send()
        .await
        .unwrap_err();
    assert!(
        refused
            .into_service_error()
            .is_conditional_check_failed_exception()
    );
    let charged = aws.capacity().write - written;
    assert!((charged - 1.0).abs() < f64::EPSILON, "AWS charges for it");
    aws.stop().await;
}

#[tokio::test]
async fn calls_and_capacity_are_counted() {
    let (aws, clients) = in_memory().await;
    create_table(&clients).await;
    let before = aws.capacity();
    for n in 0..3 {
        let put = clients
            .dynamodb
            .put_item()
            .table_name("items")
            .item("PK", text(&n.to_string()));
        put.send().await.unwrap();
    }
    let get = || {
        clients
            .dynamodb
            .get_item()
            .table_name("items")
            .key("PK", text("1"))
    };
    get().send().await.unwrap();
    let asked = get()
        .consistent_read(true)
        .return_consumed_capacity(ReturnConsumedCapacity::Total);
    let told = asked.send().await.unwrap().consumed_capacity.unwrap();
    assert_eq!(told.capacity_units, Some(1.0));
    let after = aws.capacity();
    assert_eq!(
        (after.write - before.write, after.read - before.read),
        (3.0, 1.5)
    );
    let calls = aws.calls();
    assert_eq!(
        (calls["DynamoDB.PutItem"], calls["DynamoDB.GetItem"]),
        (3, 2)
    );
    aws.stop().await;
}

#[tokio::test]
async fn expired_items_are_deleted() {
    let (aws, clients) = in_memory().await;
    create_table(&clients).await;
    let ttl = TimeToLiveSpecification::builder()
        .enabled(true)
        .attribute_name("ttl")
        .build();
    let update = clients.dynamodb.update_time_to_live().table_name("items");
    update
        .time_to_live_specification(ttl.unwrap())
        .send()
        .await
        .unwrap();
    for (key, ttl) in [("old", recent_past()), ("new", "99999999999".to_owned())] {
        let put = clients
            .dynamodb
            .put_item()
            .table_name("items")
            .item("PK", text(key));
        put.item("ttl", AttributeValue::N(ttl))
            .send()
            .await
            .unwrap();
    }
    eventually("the sweep", || async {
        let scanned = clients
            .dynamodb
            .scan()
            .table_name("items")
            .send()
            .await
            .unwrap();
        (scanned.count == 1).then_some(())
    })
    .await;
    aws.stop().await;
}

/// What expired more than five years ago is left alone, as on AWS.
#[expect(
    clippy::disallowed_methods,
    reason = "the engine compares with the wall clock"
)]
fn recent_past() -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    (now.as_secs() - 60).to_string()
}

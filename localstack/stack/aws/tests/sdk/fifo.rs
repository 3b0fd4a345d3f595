//! FIFO queues: order, blocking, deduplication, repeated receives.

use aws_sdk_sqs::types::{Message, QueueAttributeName, SendMessageBatchRequestEntry};

use crate::clients::{Clients, in_memory};

async fn create(clients: &Clients, attributes: &[(QueueAttributeName, &str)]) -> String {
    let mut create = clients
        .sqs
        .create_queue()
        .queue_name("tasks.fifo")
        .attributes(QueueAttributeName::FifoQueue, "true");
    for (name, value) in attributes {
        create = create.attributes(name.clone(), *value);
    }
    create.send().await.unwrap().queue_url.unwrap()
}

async fn send(clients: &Clients, url: &str, group: &str, body: &str) -> String {
    let request = clients
        .sqs
        .send_message()
        .queue_url(url)
        .message_group_id(group);
    let sent = request
        .message_deduplication_id(body)
        .message_body(body)
        .send()
        .await
        .unwrap();
    sent.message_id.unwrap()
}

async fn receive(clients: &Clients, url: &str, max: i32) -> Vec<Message> {
    let receive = clients
        .sqs
        .receive_message()
        .queue_url(url)
        .max_number_of_messages(max);
    receive.send().await.unwrap().messages.unwrap_or_default()
}

async fn delete(clients: &Clients, url: &str, message: &Message) {
    let receipt = message.receipt_handle().unwrap();
    clients
        .sqs
        .delete_message()
        .queue_url(url)
        .receipt_handle(receipt)
        .send()
        .await
        .unwrap();
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message.body().unwrap())
        .collect()
}

#[tokio::test]
async fn a_group_waits_for_its_message_in_flight_and_others_do_not() {
    let (aws, clients) = in_memory().await;
    let url = create(&clients, &[]).await;
    for (group, body) in [("a", "a1"), ("a", "a2"), ("b", "b1")] {
        send(&clients, &url, group, body).await;
    }
    let first = receive(&clients, &url, 1).await;
    assert_eq!(bodies(&first), ["a1"]);
    assert_eq!(bodies(&receive(&clients, &url, 10).await), ["b1"]);
    assert!(receive(&clients, &url, 10).await.is_empty());
    delete(&clients, &url, &first[0]).await;
    assert_eq!(bodies(&receive(&clients, &url, 10).await), ["a2"]);
    aws.stop().await;
}

#[tokio::test]
async fn a_batch_keeps_order_and_its_duplicates_are_one_message() {
    let (aws, clients) = in_memory().await;
    let url = create(&clients, &[]).await;
    let entry = |id: &str, deduplication_id: &str| {
        SendMessageBatchRequestEntry::builder()
            .id(id)
            .message_body(id)
            .message_group_id("a")
            .message_deduplication_id(deduplication_id)
            .build()
            .unwrap()
    };
    let entries = vec![entry("0", "x"), entry("1", "y"), entry("2", "x")];
    let batch = clients
        .sqs
        .send_message_batch()
        .queue_url(&url)
        .set_entries(Some(entries));
    let sent = batch.send().await.unwrap();
    assert_eq!(sent.successful.len(), 3);
    assert_eq!(sent.successful[0].message_id, sent.successful[2].message_id);
    assert_eq!(bodies(&receive(&clients, &url, 10).await), ["0", "1"]);
    assert_eq!(aws.calls()["SQS.SendMessageBatch"], 1);
    aws.stop().await;
}

#[tokio::test]
async fn a_repeated_receive_attempt_gets_the_same_messages_until_one_is_settled() {
    let (aws, clients) = in_memory().await;
    let url = create(&clients, &[]).await;
    for body in ["1", "2", "3"] {
        send(&clients, &url, "a", body).await;
    }
    let attempt = || async {
        let receive = clients
            .sqs
            .receive_message()
            .queue_url(&url)
            .max_number_of_messages(2);
        let received = receive
            .receive_request_attempt_id("attempt")
            .send()
            .await
            .unwrap();
        received.messages.unwrap_or_default()
    };
    let (first, again) = (attempt().await, attempt().await);
    assert_eq!(bodies(&first), ["1", "2"]);
    let receipts = |messages: &[Message]| -> Vec<String> {
        messages
            .iter()
            .map(|message| message.receipt_handle().unwrap().to_owned())
            .collect()
    };
    assert_eq!(receipts(&first), receipts(&again));
    delete(&clients, &url, &first[0]).await;
    assert!(attempt().await.is_empty(), "the group is still in flight");
    delete(&clients, &url, &first[1]).await;
    assert_eq!(bodies(&attempt().await), ["3"]);
    aws.stop().await;
}

#[tokio::test]
async fn visibility_has_twelve_hours_in_all() {
    let (aws, clients) = in_memory().await;
    let url = create(&clients, &[]).await;
    send(&clients, &url, "a", "x").await;
    let received = receive(&clients, &url, 1).await;
    let change = |seconds: i32| {
        let change = clients.sqs.change_message_visibility().queue_url(&url);
        let receipt = received[0].receipt_handle().unwrap();
        change
            .receipt_handle(receipt)
            .visibility_timeout(seconds)
            .send()
    };
    change(43_190).await.unwrap();
    let refused = change(43_201).await.unwrap_err().into_service_error();
    assert_eq!(refused.meta().code(), Some("InvalidParameterValue"));
    aws.stop().await;
}

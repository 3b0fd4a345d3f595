//! Queues of either kind: errors, attributes, dead letters, pages.

use std::collections::BTreeSet;

use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeName,
    QueueAttributeName,
};

use crate::clients::{Clients, in_memory};
use crate::conditions::eventually;

async fn create(clients: &Clients, name: &str) -> String {
    clients
        .sqs
        .create_queue()
        .queue_name(name)
        .send()
        .await
        .unwrap()
        .queue_url
        .unwrap()
}

async fn arn(clients: &Clients, url: &str) -> String {
    let name = QueueAttributeName::QueueArn;
    let get = clients
        .sqs
        .get_queue_attributes()
        .queue_url(url)
        .attribute_names(name.clone());
    get.send()
        .await
        .unwrap()
        .attributes
        .unwrap()
        .remove(&name)
        .unwrap()
}

async fn send(clients: &Clients, url: &str, body: &str) {
    clients
        .sqs
        .send_message()
        .queue_url(url)
        .message_body(body)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_missing_queue_is_the_error_that_the_sdk_knows() {
    let (aws, clients) = in_memory().await;
    let refused = clients
        .sqs
        .get_queue_url()
        .queue_name("none")
        .send()
        .await
        .unwrap_err();
    let refused = refused.into_service_error();
    assert!(refused.is_queue_does_not_exist(), "{refused:?}");
    assert_eq!(
        refused.code(),
        Some("AWS.SimpleQueueService.NonExistentQueue")
    );
    aws.stop().await;
}

#[tokio::test]
async fn a_fifo_queue_is_one_by_name_and_by_attribute() {
    let (aws, clients) = in_memory().await;
    for (name, attribute) in [("work.fifo", None), ("work", Some("true"))] {
        let mut create = clients.sqs.create_queue().queue_name(name);
        if let Some(value) = attribute {
            create = create.attributes(QueueAttributeName::FifoQueue, value);
        }
        let refused = create.send().await.unwrap_err();
        assert_eq!(refused.code(), Some("InvalidParameterValue"), "{name}");
    }
    aws.stop().await;
}

#[tokio::test]
async fn a_message_arrives_with_its_attributes() {
    let (aws, clients) = in_memory().await;
    let url = create(&clients, "work").await;
    let value = |data_type: &str| MessageAttributeValue::builder().data_type(data_type);
    let text = value("String.tag").string_value("héllo").build().unwrap();
    let bytes = value("Binary")
        .binary_value(b"\x00\xff".as_slice().into())
        .build()
        .unwrap();
    let request = clients.sqs.send_message().queue_url(&url).message_body("x");
    let request = request
        .message_attributes("t", text.clone())
        .message_attributes("b", bytes.clone());
    let sent = request.send().await.unwrap();
    let receive = clients
        .sqs
        .receive_message()
        .queue_url(&url)
        .message_attribute_names("All");
    let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
    let message = receive.send().await.unwrap().messages.unwrap().remove(0);
    let attributes = message.message_attributes.unwrap();
    assert_eq!((&attributes["t"], &attributes["b"]), (&text, &bytes));
    assert_eq!(
        message.md5_of_message_attributes,
        sent.md5_of_message_attributes
    );
    let count = &message.attributes.unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount];
    assert_eq!(count, "1");
    aws.stop().await;
}

#[tokio::test]
async fn in_a_batch_a_bad_receipt_fails_alone() {
    let (aws, clients) = in_memory().await;
    let url = create(&clients, "work").await;
    send(&clients, &url, "x").await;
    let received = clients
        .sqs
        .receive_message()
        .queue_url(&url)
        .send()
        .await
        .unwrap();
    let good = received.messages.unwrap().remove(0).receipt_handle.unwrap();
    let entry = |id: &str, receipt: &str| {
        let entry = DeleteMessageBatchRequestEntry::builder()
            .id(id)
            .receipt_handle(receipt);
        entry.build().unwrap()
    };
    let delete = clients.sqs.delete_message_batch().queue_url(&url);
    let deleted = delete
        .entries(entry("good", &good))
        .entries(entry("bad", "x"))
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.successful[0].id, "good");
    assert_eq!(
        (&*deleted.failed[0].id, &*deleted.failed[0].code),
        ("bad", "ReceiptHandleIsInvalid")
    );
    aws.stop().await;
}

/// Receives and gives back, until the queue has given the message up.
async fn exhaust(clients: &Clients, url: &str) {
    eventually("giving the message up", || async {
        let receive = clients
            .sqs
            .receive_message()
            .queue_url(url)
            .visibility_timeout(0);
        receive
            .send()
            .await
            .unwrap()
            .messages
            .unwrap_or_default()
            .is_empty()
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_dead_letter_names_its_queue_and_can_be_moved_back() {
    let (aws, clients) = in_memory().await;
    let (dead, work) = (
        create(&clients, "dead").await,
        create(&clients, "work").await,
    );
    let (dead_arn, work_arn) = (arn(&clients, &dead).await, arn(&clients, &work).await);
    let policy = format!(r#"{{"deadLetterTargetArn":"{dead_arn}","maxReceiveCount":"2"}}"#);
    let set = clients.sqs.set_queue_attributes().queue_url(&work);
    set.attributes(QueueAttributeName::RedrivePolicy, policy)
        .send()
        .await
        .unwrap();
    let sources = clients
        .sqs
        .list_dead_letter_source_queues()
        .queue_url(&dead)
        .send()
        .await;
    assert_eq!(sources.unwrap().queue_urls, std::slice::from_ref(&work));

    send(&clients, &work, "x").await;
    exhaust(&clients, &work).await;
    let receive = clients
        .sqs
        .receive_message()
        .queue_url(&dead)
        .visibility_timeout(0);
    let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
    let letter = receive.send().await.unwrap().messages.unwrap().remove(0);
    let source = &letter.attributes.unwrap()[&MessageSystemAttributeName::DeadLetterQueueSourceArn];
    assert_eq!(*source, work_arn);

    clients
        .sqs
        .start_message_move_task()
        .source_arn(&dead_arn)
        .send()
        .await
        .unwrap();
    let tasks = clients
        .sqs
        .list_message_move_tasks()
        .source_arn(&dead_arn)
        .send()
        .await
        .unwrap();
    let task = &tasks.results()[0];
    assert_eq!(
        (task.status(), task.approximate_number_of_messages_moved),
        (Some("COMPLETED"), 1)
    );
    let back = clients
        .sqs
        .receive_message()
        .queue_url(&work)
        .send()
        .await
        .unwrap();
    assert_eq!(back.messages.unwrap()[0].body(), Some("x"));
    aws.stop().await;
}

#[tokio::test]
async fn a_move_task_with_a_pace_takes_its_time_and_can_be_cancelled() {
    let (aws, clients) = in_memory().await;
    let (dead, work) = (
        create(&clients, "dead").await,
        create(&clients, "work").await,
    );
    let dead_arn = arn(&clients, &dead).await;
    let policy = format!(r#"{{"deadLetterTargetArn":"{dead_arn}","maxReceiveCount":1}}"#);
    let set = clients.sqs.set_queue_attributes().queue_url(&work);
    set.attributes(QueueAttributeName::RedrivePolicy, policy)
        .send()
        .await
        .unwrap();
    for n in 0..30 {
        send(&clients, &dead, &n.to_string()).await;
    }
    let work_arn = arn(&clients, &work).await;
    let start = clients.sqs.start_message_move_task().source_arn(&dead_arn);
    let start = start
        .destination_arn(work_arn)
        .max_number_of_messages_per_second(5);
    let handle = start.send().await.unwrap().task_handle.unwrap();
    let list = || {
        clients
            .sqs
            .list_message_move_tasks()
            .source_arn(&dead_arn)
            .send()
    };
    eventually("a first message to be moved", || async {
        let task = list().await.unwrap().results.unwrap().remove(0);
        (task.approximate_number_of_messages_moved > 0).then_some(())
    })
    .await;
    let cancel = clients
        .sqs
        .cancel_message_move_task()
        .task_handle(handle)
        .send()
        .await
        .unwrap();
    assert!(cancel.approximate_number_of_messages_moved < 30);
    assert_eq!(
        list().await.unwrap().results()[0].status(),
        Some("CANCELLED")
    );
    aws.stop().await;
}

#[tokio::test]
async fn the_sdk_pages_through_all_queues() {
    let (aws, clients) = in_memory().await;
    let mut created = BTreeSet::new();
    for n in 0..7 {
        created.insert(create(&clients, &format!("work-{n}")).await);
    }
    create(&clients, "other").await;
    let list = clients
        .sqs
        .list_queues()
        .queue_name_prefix("work-")
        .max_results(3);
    let mut pages = list.into_paginator().send();
    let mut listed = Vec::new();
    while let Some(page) = pages.next().await {
        listed.extend(page.unwrap().queue_urls.unwrap_or_default());
    }
    assert_eq!(listed.len(), 7);
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), created);
    assert_eq!(aws.calls()["SQS.ListQueues"], 3);
    aws.stop().await;
}

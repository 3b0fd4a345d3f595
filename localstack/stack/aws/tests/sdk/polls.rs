//! Long polls: everything that brings a message ends one.

use std::time::{Duration, Instant};

use aws_sdk_sqs::types::{Message, QueueAttributeName};

use crate::clients::{Clients, in_memory};

/// Far below the twenty seconds of a poll that nothing ended. What is due in a
/// second has to come within it, all else comes in about a millisecond.
const SOON: Duration = Duration::from_secs(5);

async fn create(clients: &Clients, attributes: &[(QueueAttributeName, &str)]) -> String {
    let mut create = clients.sqs.create_queue().queue_name("work.fifo");
    create = create.attributes(QueueAttributeName::FifoQueue, "true");
    for (name, value) in attributes {
        create = create.attributes(name.clone(), *value);
    }
    create.send().await.unwrap().queue_url.unwrap()
}

async fn send(clients: &Clients, url: &str, body: &str) {
    let send = clients.sqs.send_message().queue_url(url).message_body(body);
    let send = send.message_group_id("a").message_deduplication_id(body);
    send.send().await.unwrap();
}

async fn receive(clients: &Clients, url: &str, wait: i32) -> Option<Message> {
    let receive = clients
        .sqs
        .receive_message()
        .queue_url(url)
        .wait_time_seconds(wait);
    receive
        .send()
        .await
        .unwrap()
        .messages
        .unwrap_or_default()
        .pop()
}

async fn change_visibility(clients: &Clients, url: &str, message: &Message, seconds: i32) {
    let change = clients.sqs.change_message_visibility().queue_url(url);
    let receipt = message.receipt_handle().unwrap();
    change
        .receipt_handle(receipt)
        .visibility_timeout(seconds)
        .send()
        .await
        .unwrap();
}

/// Polls, lets the poll begin to wait, and then does what shall end it.
async fn poll_during(clients: &Clients, url: &str, event: impl Future<Output = ()>) -> String {
    let started = Instant::now();
    let later = async {
        // That the poll is waiting is nothing that anybody outside could see.
        tokio::time::sleep(Duration::from_millis(150)).await;
        event.await;
    };
    let (message, ()) = tokio::join!(receive(clients, url, 20), later);
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    message.unwrap().body.unwrap()
}

#[tokio::test]
async fn a_sent_message() {
    let (aws, clients) = in_memory().await;
    let url = create(&clients, &[]).await;
    assert_eq!(
        poll_during(&clients, &url, send(&clients, &url, "x")).await,
        "x"
    );
    aws.stop().await;
}

#[tokio::test]
async fn a_delayed_message_when_it_is_due() {
    let (aws, clients) = in_memory().await;
    let url = create(&clients, &[(QueueAttributeName::DelaySeconds, "1")]).await;
    let started = Instant::now();
    assert_eq!(
        poll_during(&clients, &url, send(&clients, &url, "x")).await,
        "x"
    );
    assert!(started.elapsed() >= Duration::from_secs(1));
    aws.stop().await;
}

#[tokio::test]
async fn a_deletion_that_frees_the_group() {
    let (aws, clients) = in_memory().await;
    let url = create(&clients, &[]).await;
    send(&clients, &url, "1").await;
    send(&clients, &url, "2").await;
    let first = receive(&clients, &url, 0).await.unwrap();
    let delete = async {
        let delete = clients.sqs.delete_message().queue_url(&url);
        delete
            .receipt_handle(first.receipt_handle().unwrap())
            .send()
            .await
            .unwrap();
    };
    assert_eq!(poll_during(&clients, &url, delete).await, "2");
    aws.stop().await;
}

#[tokio::test]
async fn a_message_given_back_now_or_soon() {
    for seconds in [0, 1] {
        let (aws, clients) = in_memory().await;
        let url = create(&clients, &[]).await;
        send(&clients, &url, "x").await;
        let message = receive(&clients, &url, 0).await.unwrap();
        let give_back = change_visibility(&clients, &url, &message, seconds);
        assert_eq!(poll_during(&clients, &url, give_back).await, "x");
        aws.stop().await;
    }
}

#[tokio::test]
async fn a_visibility_timeout_that_ends() {
    let (aws, clients) = in_memory().await;
    let url = create(&clients, &[(QueueAttributeName::VisibilityTimeout, "1")]).await;
    send(&clients, &url, "x").await;
    receive(&clients, &url, 0).await.unwrap();
    assert_eq!(poll_during(&clients, &url, async {}).await, "x");
    aws.stop().await;
}

#[tokio::test]
async fn the_stop_of_the_server() {
    let (aws, clients) = in_memory().await;
    let url = create(&clients, &[]).await;
    let stop = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let started = Instant::now();
        aws.stop().await;
        started.elapsed()
    };
    let (message, stopped_after) = tokio::join!(receive(&clients, &url, 20), stop);
    assert_eq!(message, None);
    assert!(stopped_after < Duration::from_secs(4), "{stopped_after:?}");
}

//! What was acknowledged is there after the process was killed.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use aws_sdk_sqs::types::{Message, QueueAttributeName};
use tokio::task::JoinSet;

use crate::clients::{Clients, on_disk};
use crate::conditions::eventually;
use crate::dynamodb::{create_table, text};

/// A process of its own, to be killed.
struct Killable {
    child: Child,
    clients: Clients,
}

impl Killable {
    async fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_embedded-aws"))
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut endpoint = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut endpoint)
            .unwrap();
        Self {
            child,
            clients: Clients::of(endpoint.trim()).await,
        }
    }

    /// SIGKILL on Unix: nothing of the process gets to run after it.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Killable {
    /// No test that fails leaves a process behind.
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

async fn create_queue(clients: &Clients) -> String {
    let create = clients.sqs.create_queue().queue_name("tasks.fifo");
    let create = create.attributes(QueueAttributeName::FifoQueue, "true");
    create.send().await.unwrap().queue_url.unwrap()
}

async fn queue_url(clients: &Clients) -> String {
    let get = clients
        .sqs
        .get_queue_url()
        .queue_name("tasks.fifo")
        .send()
        .await;
    get.unwrap().queue_url.unwrap()
}

/// Sends and puts until the process is gone, and returns what was acknowledged.
async fn write_until_killed(clients: Clients, url: String, writer: usize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for n in 0.. {
        let key = format!("{writer}-{n:05}");
        let send = clients
            .sqs
            .send_message()
            .queue_url(&url)
            .message_body(&key);
        let send = send
            .message_group_id(writer.to_string())
            .message_deduplication_id(&key);
        if send.send().await.is_err() {
            break;
        }
        let put = clients
            .dynamodb
            .put_item()
            .table_name("items")
            .item("PK", text(&key));
        if put.send().await.is_err() {
            break;
        }
        acknowledged.push(key);
    }
    acknowledged
}

async fn drain(clients: &Clients) -> Vec<String> {
    let url = queue_url(clients).await;
    let mut bodies = Vec::new();
    loop {
        let receive = clients
            .sqs
            .receive_message()
            .queue_url(&url)
            .max_number_of_messages(10);
        let messages = receive.send().await.unwrap().messages.unwrap_or_default();
        if messages.is_empty() {
            return bodies;
        }
        for message in messages {
            let delete = clients.sqs.delete_message().queue_url(&url);
            let receipt = message.receipt_handle.unwrap();
            delete.receipt_handle(receipt).send().await.unwrap();
            bodies.push(message.body.unwrap());
        }
    }
}

#[tokio::test]
async fn acknowledged_sends_and_puts_survive_a_kill() {
    const WRITERS: usize = 8;
    let folder = tempfile::tempdir().unwrap();
    let process = Killable::start(folder.path()).await;
    create_table(&process.clients).await;
    let url = create_queue(&process.clients).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write_until_killed(
            process.clients.clone(),
            url.clone(),
            writer,
        ));
    }
    let clients = process.clients.clone();
    eventually("enough writes", || async {
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let get = clients
            .sqs
            .get_queue_attributes()
            .queue_url(&url)
            .attribute_names(name.clone());
        let attributes = get.send().await.unwrap().attributes.unwrap();
        (attributes[&name].parse::<u32>().unwrap() > 200).then_some(())
    })
    .await;
    process.kill();
    let acknowledged: Vec<String> = writers.join_all().await.concat();
    assert!(acknowledged.len() > 100, "{}", acknowledged.len());

    // The lock went with the process, so the folder is free at once.
    let (aws, clients) = on_disk(folder.path()).await;
    for key in &acknowledged {
        let get = clients
            .dynamodb
            .get_item()
            .table_name("items")
            .key("PK", text(key))
            .send()
            .await;
        assert!(get.unwrap().item.is_some(), "put {key} is lost");
    }
    let drained = drain(&clients).await;
    let found: BTreeSet<&String> = drained.iter().collect();
    assert_eq!(found.len(), drained.len(), "a message was there twice");
    for key in &acknowledged {
        assert!(found.contains(key), "message {key} is lost");
    }
    for writer in 0..WRITERS {
        let prefix = format!("{writer}-");
        let of_group: Vec<_> = drained
            .iter()
            .filter(|key| key.starts_with(&prefix))
            .collect();
        assert!(of_group.is_sorted(), "{of_group:?}");
    }
    aws.stop().await;
}

async fn receive_one(clients: &Clients, url: &str) -> Option<Message> {
    let receive = clients
        .sqs
        .receive_message()
        .queue_url(url)
        .visibility_timeout(600);
    receive
        .send()
        .await
        .unwrap()
        .messages
        .unwrap_or_default()
        .pop()
}

#[tokio::test]
async fn flights_deletions_and_duplicates_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let process = Killable::start(folder.path()).await;
    let url = create_queue(&process.clients).await;
    let send = |clients: &Clients, url: &str, body: &str, group: &str| {
        let send = clients.sqs.send_message().queue_url(url).message_body(body);
        send.message_group_id(group)
            .message_deduplication_id(body)
            .send()
    };
    send(&process.clients, &url, "deleted", "a").await.unwrap();
    let deleted = receive_one(&process.clients, &url).await.unwrap();
    let delete = process.clients.sqs.delete_message().queue_url(&url);
    delete
        .receipt_handle(deleted.receipt_handle().unwrap())
        .send()
        .await
        .unwrap();
    send(&process.clients, &url, "in-flight", "b")
        .await
        .unwrap();
    let flying = receive_one(&process.clients, &url).await.unwrap();
    send(&process.clients, &url, "behind-it", "b")
        .await
        .unwrap();
    process.kill();

    let (aws, clients) = on_disk(folder.path()).await;
    let url = queue_url(&clients).await;
    let again = send(&clients, &url, "deleted", "a").await.unwrap();
    assert_eq!(
        again.message_id, deleted.message_id,
        "a duplicate is known again"
    );
    assert_eq!(
        receive_one(&clients, &url).await,
        None,
        "its group is in flight"
    );
    let delete = clients.sqs.delete_message().queue_url(&url);
    delete
        .receipt_handle(flying.receipt_handle().unwrap())
        .send()
        .await
        .unwrap();
    let next = receive_one(&clients, &url).await.unwrap();
    assert_eq!(next.body(), Some("behind-it"));
    let fresh = send(&clients, &url, "new", "c").await.unwrap();
    assert!(fresh.sequence_number > again.sequence_number);
    aws.stop().await;
}

/// Has the database refuse one body, as a full disk would refuse any.
fn break_disk(folder: &Path, sql: &str) {
    let database = rusqlite::Connection::open(folder.join("sqs.sqlite")).unwrap();
    database.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn what_can_not_be_written_is_not_acknowledged_and_nothing_is_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let (aws, clients) = on_disk(folder.path()).await;
    create_queue(&clients).await;
    aws.stop().await;
    break_disk(
        folder.path(),
        "CREATE TRIGGER full BEFORE INSERT ON messages WHEN NEW.body = 'too-much' \
         BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    );

    let (aws, clients) = on_disk(folder.path()).await;
    let url = queue_url(&clients).await;
    let send = |body: &str| {
        let request = clients
            .sqs
            .send_message()
            .queue_url(&url)
            .message_body(body);
        request
            .message_group_id("a")
            .message_deduplication_id(body)
            .send()
    };
    send("before").await.unwrap();
    let refused = send("too-much").await.unwrap_err().into_service_error();
    assert_eq!(refused.meta().code(), Some("InternalFailure"));
    send("after").await.unwrap_err();
    aws.stop().await;

    break_disk(folder.path(), "DROP TRIGGER full");
    let (aws, clients) = on_disk(folder.path()).await;
    assert_eq!(drain(&clients).await, ["before"]);
    aws.stop().await;
}

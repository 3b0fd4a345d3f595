//! Secrets Manager: versions and stages, deletion, and the file behind it.

use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use aws_sdk_secretsmanager::primitives::Blob;

use crate::clients::{Clients, in_memory, on_disk};

async fn value(clients: &Clients, stage: Option<&str>) -> String {
    let get = clients.secrets.get_secret_value().secret_id("app/key");
    let got = get
        .set_version_stage(stage.map(str::to_owned))
        .send()
        .await
        .unwrap();
    got.secret_string.unwrap()
}

#[tokio::test]
async fn a_new_value_makes_the_last_one_previous() {
    let (aws, clients) = in_memory().await;
    clients
        .secrets
        .create_secret()
        .name("app/key")
        .secret_string("one")
        .send()
        .await
        .unwrap();
    clients
        .secrets
        .put_secret_value()
        .secret_id("app/key")
        .secret_string("two")
        .send()
        .await
        .unwrap();
    assert_eq!(value(&clients, None).await, "two");
    assert_eq!(value(&clients, Some("AWSPREVIOUS")).await, "one");
    aws.stop().await;
}

#[tokio::test]
async fn a_deleted_secret_can_be_restored_but_not_read() {
    let (aws, clients) = in_memory().await;
    let created = clients
        .secrets
        .create_secret()
        .name("app/key")
        .secret_string("one")
        .send()
        .await;
    let arn = created.unwrap().arn.unwrap();
    clients
        .secrets
        .delete_secret()
        .secret_id("app/key")
        .send()
        .await
        .unwrap();
    let refused = clients
        .secrets
        .get_secret_value()
        .secret_id(&arn)
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("InvalidRequestException"));
    clients
        .secrets
        .restore_secret()
        .secret_id("app/key")
        .send()
        .await
        .unwrap();
    assert_eq!(value(&clients, None).await, "one");
    let delete = clients.secrets.delete_secret().secret_id("app/key");
    delete
        .force_delete_without_recovery(true)
        .send()
        .await
        .unwrap();
    let gone = clients
        .secrets
        .get_secret_value()
        .secret_id("app/key")
        .send()
        .await
        .unwrap_err();
    assert!(gone.into_service_error().is_resource_not_found_exception());
    aws.stop().await;
}

#[tokio::test]
async fn secrets_outlive_a_restart_in_a_file_of_their_owner() {
    let folder = tempfile::tempdir().unwrap();
    let (aws, clients) = on_disk(folder.path()).await;
    let create = clients
        .secrets
        .create_secret()
        .name("app/key")
        .description("d");
    create
        .secret_binary(Blob::new(*b"\x00\xff"))
        .send()
        .await
        .unwrap();
    aws.stop().await;

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = folder.path().join("secrets.json");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    let (aws, clients) = on_disk(folder.path()).await;
    let got = clients
        .secrets
        .get_secret_value()
        .secret_id("app/key")
        .send()
        .await
        .unwrap();
    assert_eq!(got.secret_binary, Some(Blob::new(*b"\x00\xff")));
    let listed = clients.secrets.list_secrets().send().await.unwrap();
    assert_eq!(listed.secret_list()[0].description(), Some("d"));
    aws.stop().await;
}

//! Starts that must not succeed, and what they say.

use std::error::Error;
use std::path::Path;

use patchbay_embedded_aws::{Config, EmbeddedAws, StartError};

use crate::clients::{in_memory, on_disk};
use crate::dynamodb::create_table;

async fn refused(folder: &Path) -> StartError {
    let listen = ([127, 0, 0, 1], 0).into();
    let config = Config {
        listen,
        data: Some(folder.to_owned()),
    };
    EmbeddedAws::start(config).await.unwrap_err()
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let (aws, _) = in_memory().await;
    let config = Config {
        listen: aws.address(),
        data: None,
    };
    let refused = EmbeddedAws::start(config).await.unwrap_err();
    assert!(
        matches!(refused, StartError::PortInUse { .. }),
        "{refused:?}"
    );
    assert!(
        refused
            .to_string()
            .contains(&aws.address().port().to_string()),
        "{refused}"
    );
    aws.stop().await;
}

#[tokio::test]
async fn a_folder_in_use_is_refused_until_it_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let (aws, _) = on_disk(folder.path()).await;
    let error = refused(folder.path()).await;
    assert!(matches!(error, StartError::FolderInUse { .. }), "{error:?}");
    assert!(
        error
            .to_string()
            .contains(&folder.path().display().to_string()),
        "{error}"
    );
    aws.stop().await;
    let (aws, _) = on_disk(folder.path()).await;
    aws.stop().await;
}

#[tokio::test]
async fn a_damaged_file_is_named() {
    for file in ["dynamodb.sqlite", "sqs.sqlite", "secrets.json"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(file);
        std::fs::write(&path, "not what it should be".repeat(200)).unwrap();
        let error = refused(folder.path()).await;
        assert!(
            matches!(&error, StartError::Corrupt { file, .. } if *file == path),
            "{error:?}"
        );
        assert!(error.source().is_some());
    }
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_named() {
    for file in ["dynamodb.sqlite", "sqs.sqlite", "secrets.json"] {
        let folder = tempfile::tempdir().unwrap();
        let (aws, clients) = on_disk(folder.path()).await;
        create_table(&clients).await;
        let secret = clients.secrets.create_secret().name("key");
        secret.secret_string("value").send().await.unwrap();
        aws.stop().await;
        let path = folder.path().join(file);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len().min(10_000) / 2]).unwrap();
        let error = refused(folder.path()).await;
        assert!(
            matches!(&error, StartError::Corrupt { file, .. } if *file == path),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn data_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sqs.sqlite");
    let newer = rusqlite::Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let error = refused(folder.path()).await;
    assert!(
        matches!(&error, StartError::NewerData { file, .. } if *file == path),
        "{error:?}"
    );
}

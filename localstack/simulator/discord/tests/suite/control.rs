//! What the operator is told.

use reqwest::Method;
use serde_json::json;

use crate::stage::{Stage, text};

#[tokio::test]
async fn a_port_in_use_is_named_with_what_to_do() {
    let stage = Stage::start().await;
    let config = patchbay_sim_discord::Config {
        listen: stage.address(),
        journal: None,
    };
    let error = patchbay_sim_discord::DiscordSimulator::start(config)
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&stage.address().to_string()), "{text}");
    assert!(text.contains("choose another port"), "{text}");
    stage.stop().await;
}

#[tokio::test]
async fn a_control_request_that_cannot_be_used_is_told_why() {
    let stage = Stage::start().await;
    for (path, body, status, said) in [
        (
            "/users",
            json!({ "nickname": "x" }),
            400,
            "unknown field `nickname`",
        ),
        (
            "/guilds",
            json!({ "name": "x", "owner": "5" }),
            404,
            "Unknown User",
        ),
        (
            "/faults",
            json!({ "fault": "explode" }),
            400,
            "unknown variant `explode`",
        ),
        (
            "/faults",
            json!({ "fault": { "status": 200 } }),
            400,
            "from 400 to 599",
        ),
        (
            "/channels/1/messages",
            json!({ "author": "1", "attachments": [{ "name": "a.bin" }] }),
            400,
            "a file needs `bytes`",
        ),
        (
            "/channels/1/messages",
            json!({ "author": "1", "attachments": [{ "name": "a.bin", "content": "?" }] }),
            400,
            "not base64",
        ),
        ("/gateway/close", json!({ "code": 1006 }), 400, "close code"),
        (
            "/guilds/x/roles",
            json!({ "name": "x" }),
            400,
            "Cannot parse",
        ),
    ] {
        let (found, answer) = stage.try_control(Method::POST, path, body).await;
        assert_eq!(found, status, "{path} {answer}");
        assert!(text(&answer["message"]).contains(said), "{path} {answer}");
    }
    let wrong = json!({ "nonce_window": 5 });
    let (status, answer) = stage.try_control(Method::PUT, "/settings", wrong).await;
    assert_eq!(status, 400);
    assert!(
        text(&answer["message"]).contains("nonce_window"),
        "{answer}"
    );
    stage.stop().await;
}

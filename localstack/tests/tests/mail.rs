//! A mail as SES gets it.

use std::sync::Arc;

use anyhow::{Context, Result};
use patchbay_app::ports::Message;
use patchbay_aws::{Aws, AwsConfig};
use patchbay_boot::{RandomIds, SystemClock};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Takes one request and answers it; its head and its body.
async fn one_request(listener: TcpListener, answer: &str) -> Result<(String, Value)> {
    let (mut stream, _) = listener.accept().await?;
    let mut received = Vec::new();
    let (head, body) = loop {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await?;
        anyhow::ensure!(read > 0, "the request broke off");
        received.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&received);
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str(body)
        {
            break (head.to_owned(), body);
        }
    };
    stream.write_all(answer.as_bytes()).await?;
    Ok((head, body))
}

async fn sent(
    from: Option<&str>,
    answer: &str,
) -> Result<(Result<(), String>, Option<(String, Value)>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let config = AwsConfig {
        endpoint: Some(format!("http://{}", listener.local_addr()?)),
        mail_from: from.map(str::to_owned),
        ..AwsConfig::default()
    };
    let aws = Aws::connect(config).await?;
    let ports = aws.ports(Arc::new(SystemClock), Arc::new(RandomIds));
    let message = Message {
        to: "ann@example.com".parse().context("an address")?,
        subject: "Hello",
        text: "One\nTwo ✓\n".into(),
    };
    let show = |error: patchbay_app::ports::PortError| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}: {}", cause.unwrap_or_default())
    };
    if from.is_none() {
        return Ok((ports.mail.send(&message).await.map_err(show), None));
    }
    let (outcome, request) = tokio::join!(ports.mail.send(&message), one_request(listener, answer));
    Ok((outcome.map_err(show), Some(request?)))
}

const TAKEN: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 17\r\n\r\n{\"MessageId\":\"1\"}";
const REFUSED: &str = "HTTP/1.1 400 Bad Request\r\nx-amzn-errortype: MessageRejected\r\ncontent-type: application/json\r\ncontent-length: 48\r\n\r\n{\"message\":\"ann@example.com is not verified...\"}";

#[tokio::test]
async fn ses_gets_a_plain_letter() -> Result<()> {
    let (outcome, request) = sent(Some("patchbay@example.com"), TAKEN).await?;
    assert_eq!(outcome, Ok(()));
    let (head, body) = request.context("a request")?;
    assert!(
        head.starts_with("POST /v2/email/outbound-emails HTTP/1.1"),
        "{head}"
    );
    let text = |data: &str| json!({ "Data": data, "Charset": "UTF-8" });
    let expected = json!({
        "FromEmailAddress": "patchbay@example.com",
        "Destination": { "ToAddresses": ["ann@example.com"] },
        "Content": { "Simple": { "Subject": text("Hello"), "Body": { "Text": text("One\nTwo ✓\n") } } },
    });
    assert_eq!(body, expected);
    Ok(())
}

#[tokio::test]
async fn a_refusal_names_its_code_and_no_address() -> Result<()> {
    let (outcome, _) = sent(Some("patchbay@example.com"), REFUSED).await?;
    let expected = "sending a mail is not answered: MessageRejected: SES did not take the mail";
    assert_eq!(outcome, Err(expected.to_owned()));
    Ok(())
}

#[tokio::test]
async fn without_a_sender_nothing_is_sent() -> Result<()> {
    let (outcome, _) = sent(None, TAKEN).await?;
    let error = outcome.err().context("it can't be sent")?;
    assert!(error.contains("no address to send from"), "{error}");
    Ok(())
}

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// One server, and whoever asks it.
#[derive(Clone)]
pub struct Http {
    client: Client,
    base: String,
    token: Option<String>,
}

impl Http {
    pub fn new(base: impl Into<String>) -> Self {
        Self {
            client: Client::new(),
            base: base.into(),
            token: None,
        }
    }

    /// The same server, asked with an access token or an API key.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        succeeded(path, self.send(Method::GET, path, None).await?)
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        succeeded(path, self.send(Method::POST, path, Some(body)).await?)
    }

    pub async fn put(&self, path: &str, body: &Value) -> Result<Value> {
        succeeded(path, self.send(Method::PUT, path, Some(body)).await?)
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Result<Value> {
        succeeded(path, self.send(Method::PATCH, path, Some(body)).await?)
    }

    pub async fn delete(&self, path: &str) -> Result<Value> {
        succeeded(path, self.send(Method::DELETE, path, None).await?)
    }

    /// Any answer; `null` where it has no body.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Value)> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        Ok((answer.status(), answer.json().await.unwrap_or_default()))
    }

    /// What the path answers as soon as that is as it should be.
    pub async fn once(&self, path: &str, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (_, answer) = self.send(Method::GET, path, None).await?;
            if is_so(&answer) {
                return Ok(answer);
            }
            ensure!(Instant::now() < deadline, "{path} stays {answer}");
            tokio::task::yield_now().await;
        }
    }
}

fn succeeded(path: &str, (status, answer): (StatusCode, Value)) -> Result<Value> {
    ensure!(status.is_success(), "{path}: {status} {answer}");
    Ok(answer)
}

/// A member that has to be text, or a number that is shown as text.
pub fn text(value: &Value) -> Result<String> {
    let number = value.as_number().map(ToString::to_string);
    let text = value.as_str().map(str::to_owned).or(number);
    text.with_context(|| format!("no text: {value}"))
}

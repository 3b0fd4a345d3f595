//! The README is what people work from, so it is held to what the simulator does.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::stage::Stage;

const README: &str = include_str!("../../README.md");

/// The rows of the table that follows a heading: their first two cells.
fn rows(heading: &str) -> Vec<(&'static str, &'static str)> {
    let section = README.split_once(&format!("\n{heading}\n")).unwrap().1;
    let table = section.lines().skip_while(|line| !line.starts_with('|'));
    table
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let mut cells = line.trim_matches('|').split(" |").map(str::trim);
            (cells.next().unwrap(), cells.next().unwrap())
        })
        .collect()
}

/// The requests a cell names: methods without a path share the next path.
fn requests(cell: &str) -> Vec<(Method, String)> {
    let mut waiting = Vec::new();
    let mut found = Vec::new();
    for quoted in cell.split('`').skip(1).step_by(2) {
        let mut words = quoted.split(' ');
        waiting.push(words.next().unwrap().parse::<Method>().unwrap());
        if let Some(path) = words.next() {
            let filled = path
                .split('/')
                .map(|step| if step.starts_with('{') { "1" } else { step });
            let path = filled.collect::<Vec<_>>().join("/");
            found.extend(waiting.drain(..).map(|method| (method, path.clone())));
        }
    }
    found
}

#[tokio::test]
async fn every_route_of_the_readme_exists_and_lets_in_whom_it_says() {
    let stage = Stage::start().await;
    let mut seen = 0;
    for (cell, who) in rows("## REST") {
        for (method, path) in requests(cell) {
            let url = format!("http://{}/api/v10{path}", stage.address());
            let client = reqwest::Client::new();
            let answer = client.request(method.clone(), url).send().await.unwrap();
            let status = answer.status();
            assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            let needs_token = status == StatusCode::UNAUTHORIZED;
            let documented = who.contains("Bot") || who.contains("Bearer");
            assert_eq!(needs_token, documented, "{method} {path}: {status}");
            let body: Value = answer.json().await.unwrap_or_default();
            assert_ne!(body["message"], "404: Not Found", "{method} {path}");
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen} routes");
    stage.stop().await;
}

#[tokio::test]
async fn every_control_route_of_the_readme_exists() {
    let stage = Stage::start().await;
    let tables = [rows("## Control"), rows("### Gateway knobs")].concat();
    let mut seen = 0;
    for (method, path) in tables.into_iter().flat_map(|(cell, _)| requests(cell)) {
        let (status, answer) = stage.try_control(method.clone(), &path, json!({})).await;
        // A route that does not exist is answered without a body.
        let exists = status < 300 || answer["message"].is_string();
        assert!(exists, "{method} {path}: {status}");
        seen += 1;
    }
    assert!(seen > 25, "{seen} routes");
    stage.stop().await;
}

#[tokio::test]
async fn every_setting_stands_in_the_readme() {
    let stage = Stage::start().await;
    let settings = stage.look("/settings").await;
    let documented: Vec<&str> = rows("### Settings")
        .into_iter()
        .flat_map(|(cell, _)| cell.split('`').skip(1).step_by(2))
        .collect();
    let mut actual: Vec<&String> = settings.as_object().unwrap().keys().collect();
    actual.sort();
    let mut sorted = documented;
    sorted.sort_unstable();
    assert_eq!(actual, sorted);
    stage.stop().await;
}

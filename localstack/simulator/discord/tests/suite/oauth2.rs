//! People who let an application act for them.

use reqwest::{Method, StatusCode, Url, redirect};
use serde_json::{Value, json};

use crate::stage::{ANYWHERE, Stage, text};

const BACK: &str = "https://patchbay.example/back";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An application with a registered address, and a person who owns a guild.
struct Play {
    stage: Stage,
    client: String,
    secret: String,
    person: String,
    guild: String,
}

impl Play {
    async fn new() -> Self {
        Self::on(Stage::start().await).await
    }

    async fn on(stage: Stage) -> Self {
        let made = json!({ "name": "bridge", "redirect_uris": [BACK] });
        let application = stage.ask("/applications", made).await;
        let person = json!({ "name": "alice", "email": "alice@example.org" });
        let person = text(&stage.ask("/users", person).await["id"]);
        let guild = json!({ "name": "hall", "owner": person });
        let guild = text(&stage.ask("/guilds", guild).await["id"]);
        Self {
            stage,
            client: text(&application["application_id"]),
            secret: text(&application["client_secret"]),
            person,
            guild,
        }
    }

    fn authorize_url(&self, scope: &str, more: &[(&str, &str)]) -> String {
        let base = format!("http://{}/oauth2/authorize", self.stage.address());
        let always = [
            ("response_type", "code"),
            ("client_id", &self.client),
            ("scope", scope),
            ("redirect_uri", BACK),
            ("state", "a state & more"),
        ];
        Url::parse_with_params(&base, always.iter().chain(more))
            .unwrap()
            .into()
    }

    async fn answer(&self, answer: Value) -> (u16, Value) {
        self.stage
            .try_control(Method::POST, "/oauth2/consent", answer)
            .await
    }

    /// The parameters with which the browser comes back.
    async fn consent(&self, url: &str) -> Vec<(String, String)> {
        let (status, answer) = self
            .answer(json!({ "url": url, "user": self.person }))
            .await;
        assert_eq!(status, 200, "{answer}");
        parameters(&text(&answer["redirect"]))
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let url = format!("http://{}/api{path}", self.stage.address());
        let answer = reqwest::Client::new()
            .post(url)
            .basic_auth(&self.client, Some(&self.secret))
            .form(form)
            .send()
            .await
            .unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    async fn exchange(&self, code: &str, more: &[(&str, &str)]) -> (StatusCode, Value) {
        let always = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
        ];
        let form: Vec<_> = always.iter().chain(more).copied().collect();
        self.post("/oauth2/token", &form).await
    }

    async fn refresh(&self, token: &str) -> (StatusCode, Value) {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.post("/v10/oauth2/token", &form).await
    }

    async fn tokens(&self, scope: &str) -> Value {
        let back = self.consent(&self.authorize_url(scope, &[])).await;
        let (status, tokens) = self.exchange(&named(&back, "code"), &[]).await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        tokens
    }

    async fn get(&self, path: &str, tokens: &Value) -> (StatusCode, Value) {
        let url = format!("http://{}/api/v10{path}", self.stage.address());
        let token = text(&tokens["access_token"]);
        let request = reqwest::Client::new().get(url).bearer_auth(token);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }
}

fn parameters(url: &str) -> Vec<(String, String)> {
    assert!(url.starts_with(BACK), "{url}");
    Url::parse(url)
        .unwrap()
        .query_pairs()
        .into_owned()
        .collect()
}

fn named(parameters: &[(String, String)], name: &str) -> String {
    let found = parameters.iter().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("no {name}")).1.clone()
}

fn refused(answer: &(StatusCode, Value)) -> (u16, &str) {
    (answer.0.as_u16(), answer.1["error"].as_str().unwrap())
}

#[tokio::test]
async fn a_code_becomes_tokens_once() {
    let play = Play::new().await;
    let back = play
        .consent(&play.authorize_url("identify email guilds", &[]))
        .await;
    assert_eq!(named(&back, "state"), "a state & more");
    let code = named(&back, "code");
    let (status, tokens) = play.exchange(&code, &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 604_800);
    assert_eq!(tokens["scope"], "identify email guilds");
    assert_eq!(tokens.get("guild"), None);
    let again = play.exchange(&code, &[]).await;
    assert_eq!(refused(&again), (400, "invalid_grant"));

    let (_, person) = play.get("/users/@me", &tokens).await;
    assert_eq!(text(&person["id"]), play.person);
    assert_eq!(person["email"], "alice@example.org");
    let (_, guilds) = play.get("/users/@me/guilds", &tokens).await;
    assert_eq!(text(&guilds[0]["id"]), play.guild);
    assert_eq!(guilds[0]["owner"], true);
    assert_eq!(guilds[0]["permissions"], ((1_u64 << 53) - 1).to_string());
    let (_, about) = play.get("/oauth2/@me", &tokens).await;
    assert_eq!(about["scopes"], json!(["identify", "email", "guilds"]));
    assert_eq!(text(&about["user"]["id"]), play.person);
    assert_eq!(text(&about["application"]["id"]), play.client);
    play.stage.stop().await;
}

#[tokio::test]
async fn a_challenge_asks_for_its_verifier() {
    let play = Play::new().await;
    let pkce = [
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let url = play.authorize_url("identify", &pkce);
    let code = named(&play.consent(&url).await, "code");
    let other = "x".repeat(43);
    for wrong in [&[][..], &[("code_verifier", other.as_str())]] {
        let answer = play.exchange(&code, wrong).await;
        assert_eq!(refused(&answer), (400, "invalid_grant"));
    }
    let (status, _) = play.exchange(&code, &[("code_verifier", VERIFIER)]).await;
    assert_eq!(status, StatusCode::OK);
    let plain = [
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "plain"),
    ];
    let url = play.authorize_url("identify", &plain);
    let (status, _) = play
        .answer(json!({ "url": url, "user": play.person }))
        .await;
    assert_eq!(status, 400);
    play.stage.stop().await;
}

#[tokio::test]
async fn a_code_is_for_one_application_one_address_and_a_short_time() {
    let play = Play::new().await;
    let code = named(
        &play.consent(&play.authorize_url("identify", &[])).await,
        "code",
    );
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", "https://patchbay.example/elsewhere"),
    ];
    let answer = play.post("/oauth2/token", &form).await;
    assert_eq!(refused(&answer), (400, "invalid_grant"));

    let made = json!({ "name": "other", "redirect_uris": [BACK] });
    let stranger = play.stage.ask("/applications", made).await;
    let stranger = [
        ("client_id", text(&stranger["application_id"])),
        ("client_secret", text(&stranger["client_secret"])),
        ("grant_type", "authorization_code".to_owned()),
        ("code", code.clone()),
        ("redirect_uri", BACK.to_owned()),
    ];
    let url = format!("http://{}/api/oauth2/token", play.stage.address());
    let request = reqwest::Client::new().post(url).form(&stranger);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["error"], "invalid_grant");

    play.stage.set(json!({ "oauth2_code_ttl_s": 0 })).await;
    let late = play.consent(&play.authorize_url("identify", &[])).await;
    let answer = play.exchange(&named(&late, "code"), &[]).await;
    assert_eq!(refused(&answer), (400, "invalid_grant"));
    assert_eq!(play.exchange(&code, &[]).await.0, StatusCode::OK);
    play.stage.stop().await;
}

#[tokio::test]
async fn a_refresh_replaces_both_tokens() {
    let play = Play::new().await;
    let first = play.tokens("identify").await;
    let (status, second) = play.refresh(&text(&first["refresh_token"])).await;
    assert_eq!(
        (status, &second["scope"]),
        (StatusCode::OK, &json!("identify"))
    );
    let (old, _) = play.get("/users/@me", &first).await;
    let (new, _) = play.get("/users/@me", &second).await;
    assert_eq!((old, new), (StatusCode::UNAUTHORIZED, StatusCode::OK));
    let again = play.refresh(&text(&first["refresh_token"])).await;
    assert_eq!(refused(&again), (400, "invalid_grant"));

    play.stage.set(json!({ "oauth2_token_ttl_s": 0 })).await;
    let (_, third) = play.refresh(&text(&second["refresh_token"])).await;
    assert_eq!(
        play.get("/users/@me", &third).await.0,
        StatusCode::UNAUTHORIZED
    );
    play.stage.stop().await;
}

#[tokio::test]
async fn a_revocation_ends_everything_between_the_two() {
    let play = Play::new().await;
    let (one, other) = (play.tokens("identify").await, play.tokens("guilds").await);
    let token = text(&one["refresh_token"]);
    let (status, _) = play
        .post("/oauth2/token/revoke", &[("token", &token)])
        .await;
    assert_eq!(status, StatusCode::OK);
    for tokens in [&one, &other] {
        let (status, _) = play.get("/oauth2/@me", tokens).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        let refreshed = play.refresh(&text(&tokens["refresh_token"])).await;
        assert_eq!(refused(&refreshed), (400, "invalid_grant"));
    }
    let (status, _) = play
        .post("/oauth2/token/revoke", &[("token", &token)])
        .await;
    assert_eq!(status, StatusCode::OK);
    play.stage.stop().await;
}

#[tokio::test]
async fn a_request_for_tokens_is_a_form_with_the_secret() {
    let play = Play::new().await;
    let url = format!("http://{}/api/oauth2/token", play.stage.address());
    let http = reqwest::Client::new();
    let send = async |request: reqwest::RequestBuilder| {
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    let grant = [("grant_type", "authorization_code"), ("code", "x")];
    let as_json = http
        .post(&url)
        .json(&json!({ "grant_type": "authorization_code" }));
    let answer = send(as_json).await;
    assert_eq!(refused(&answer), (400, "unsupported_grant_type"));
    let answer = send(http.post(&url).form(&[("grant_type", "password")])).await;
    assert_eq!(refused(&answer), (400, "unsupported_grant_type"));
    let answer = send(http.post(&url).form(&grant)).await;
    assert_eq!(refused(&answer), (401, "invalid_client"));
    let wrong = http.post(&url).basic_auth(&play.client, Some("wrong"));
    let answer = send(wrong.form(&grant)).await;
    assert_eq!(refused(&answer), (401, "invalid_client"));
    let answer = play.exchange("x", &[]).await;
    assert_eq!(refused(&answer), (400, "invalid_grant"));
    assert_eq!(
        answer.1["error_description"],
        "Invalid \"code\" in request."
    );
    play.stage.stop().await;
}

#[tokio::test]
async fn a_scope_that_was_not_given_is_missing() {
    let play = Play::new().await;
    let tokens = play.tokens("guilds").await;
    let (status, answer) = play.get("/users/@me", &tokens).await;
    assert_eq!((status.as_u16(), &answer["code"]), (403, &json!(50026)));
    let (_, about) = play.get("/oauth2/@me", &tokens).await;
    assert_eq!(about.get("user"), None);
    let tokens = play.tokens("identify").await;
    let (status, _) = play.get("/users/@me/guilds", &tokens).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (_, person) = play.get("/users/@me", &tokens).await;
    assert_eq!(person.get("email"), None);
    let (status, _) = play.get(&format!("/guilds/{}", play.guild), &tokens).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    play.stage.stop().await;
}

#[tokio::test]
async fn a_bot_comes_in_with_somebody_who_manages_the_guild() {
    let play = Play::new().await;
    let more = [("permissions", "3072"), ("guild_id", &play.guild)];
    let url = play.authorize_url("identify bot", &more);
    let visitor = play.stage.ask("/users", json!({ "name": "bob" })).await;
    let join = format!("/guilds/{}/members/{}", play.guild, text(&visitor["id"]));
    play.stage.control(Method::PUT, &join, json!({})).await;
    let (status, answer) = play
        .answer(json!({ "url": url, "user": visitor["id"] }))
        .await;
    assert_eq!((status, &answer["code"]), (403, &json!(50013)));

    let back = play.consent(&url).await;
    assert_eq!(named(&back, "guild_id"), play.guild);
    assert_eq!(named(&back, "permissions"), "3072");
    let (_, tokens) = play.exchange(&named(&back, "code"), &[]).await;
    assert_eq!(text(&tokens["guild"]["id"]), play.guild);
    let guilds = play.stage.look("/guilds").await;
    let member = |user: &str| {
        let members = guilds[0]["members"].as_array().unwrap();
        members.iter().any(|member| member["user"] == user)
    };
    assert!(member(&play.client));
    let roles = guilds[0]["roles"].as_array().unwrap();
    assert!(roles.iter().any(|role| role["permissions"] == "3072"));
    let (_, refreshed) = play.refresh(&text(&tokens["refresh_token"])).await;
    assert_eq!(refreshed.get("guild"), None);

    let fixed = [("disable_guild_select", "true"), ("guild_id", &play.guild)];
    let url = play.authorize_url("bot", &fixed);
    let elsewhere = json!({ "url": url, "user": play.person, "guild": "7" });
    assert_eq!(play.answer(elsewhere).await.0, 400);
    let nowhere = json!({ "url": play.authorize_url("bot", &[]), "user": play.person });
    assert_eq!(play.answer(nowhere).await.0, 400);
    play.stage.stop().await;
}

#[tokio::test]
async fn whoever_says_no_is_sent_back_all_the_same() {
    let play = Play::new().await;
    let url = play.authorize_url("identify", &[]);
    let (_, answer) = play.answer(json!({ "url": url, "deny": true })).await;
    let back = parameters(&text(&answer["redirect"]));
    assert_eq!(named(&back, "error"), "access_denied");
    assert_eq!(named(&back, "state"), "a state & more");
    assert!(
        play.stage
            .look("/oauth2/grants")
            .await
            .as_array()
            .unwrap()
            .is_empty()
    );
    play.stage.stop().await;
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let play = Play::new().await;
    let good = play.authorize_url("identify", &[]);
    for (from, to, said) in [
        (
            "patchbay.example%2Fback",
            "patchbay.example%2Fbad",
            "redirect_uri",
        ),
        ("scope=identify", "scope=everything", "scope"),
        ("response_type=code", "response_type=token", "response_type"),
        ("client_id=", "client_id=1", "application"),
    ] {
        let url = good.replace(from, to);
        assert_ne!(url, good);
        let (status, answer) = play
            .answer(json!({ "url": url, "user": play.person }))
            .await;
        assert_eq!(status, 400, "{url}");
        assert!(text(&answer["message"]).contains(said), "{answer}");
        let shown = reqwest::get(&url).await.unwrap();
        assert_eq!(shown.status(), StatusCode::BAD_REQUEST);
    }
    let path = format!("/applications/{}", play.client);
    let moved = json!({ "redirect_uris": ["https://patchbay.example/bad"] });
    play.stage.control(Method::PATCH, &path, moved).await;
    let (status, _) = play
        .answer(json!({ "url": good, "user": play.person }))
        .await;
    assert_eq!(status, 400);
    play.stage.stop().await;
}

#[tokio::test]
async fn a_person_at_a_browser_clicks_on_a_page() {
    let play = Play::new().await;
    play.stage.ask("/users", json!({ "name": "<b>ob" })).await;
    let url = play.authorize_url("identify", &[]);
    let page = reqwest::get(&url).await.unwrap().text().await.unwrap();
    assert!(page.contains("Authorize as &lt;b&gt;ob"), "{page}");
    let browser = reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .build()
        .unwrap();
    let click = async |label: &str| {
        let before = page.split(&format!("\">{label}</a>")).next().unwrap();
        let link = before.rsplit("href=\"").next().unwrap();
        let link = link.replace("&amp;", "&");
        let url = format!("http://{}{link}", play.stage.address());
        let answer = browser.get(url).send().await.unwrap();
        parameters(answer.headers()["location"].to_str().unwrap())
    };
    let back = click("Authorize as alice").await;
    let (_, tokens) = play.exchange(&named(&back, "code"), &[]).await;
    let (_, person) = play.get("/users/@me", &tokens).await;
    assert_eq!(person["username"], "alice");
    assert_eq!(named(&click("Cancel").await, "error"), "access_denied");

    let url = play.authorize_url("bot", &[]);
    let page = reqwest::get(&url).await.unwrap().text().await.unwrap();
    assert!(page.contains("Authorize as alice, with the bot in hall"));
    play.stage.stop().await;
}

#[tokio::test]
async fn what_was_granted_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let play = Play::on(Stage::start_with(ANYWHERE, Some(journal.clone())).await).await;
    let tokens = play.tokens("identify").await;
    let code = named(
        &play.consent(&play.authorize_url("identify", &[])).await,
        "code",
    );
    let address = play.stage.address();
    let Play {
        stage,
        client,
        secret,
        person,
        guild,
    } = play;
    stage.stop().await;
    let play = Play {
        stage: Stage::start_with(address, Some(journal)).await,
        client,
        secret,
        person,
        guild,
    };
    assert_eq!(play.get("/users/@me", &tokens).await.0, StatusCode::OK);
    assert_eq!(play.exchange(&code, &[]).await.0, StatusCode::OK);
    play.stage.stop().await;
}

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use super::world::{PASSWORD, Tenant, World, discord, request, telegram};
use crate::body::LIMIT;

async fn refusals(world: &World, tenant: &Tenant, path: &str, bodies: &[Value]) -> String {
    let mut shown = Vec::new();
    for body in bodies {
        let answer = world.post(tenant, path, body.clone()).await;
        let body: String = body.to_string().chars().take(150).collect();
        shown.push(format!("{body}\n{}", answer.problem()));
    }
    shown.join("\n")
}

fn raw(content_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post("/v1/auth/register")
        .header(header::CONTENT_TYPE, content_type)
        .body(body.into())
        .unwrap()
}

#[tokio::test]
async fn a_body_that_is_no_json() {
    let world = World::new();
    let broken = world.send(raw("application/json", "{\"email\": ")).await;
    insta::assert_snapshot!(broken.problem(), @"400 /problems/malformed-json: Correct the JSON: EOF while parsing a value at line 1 column 10.");
    let more = world
        .send(raw(
            "application/json; charset=utf-8",
            format!("{} {{}}", json!({ "email": "a@b.c", "password": PASSWORD })),
        ))
        .await;
    insta::assert_snapshot!(more.problem(), @"400 /problems/malformed-json: Correct the JSON: trailing characters at line 1 column 54.");
    let form = world
        .send(raw("application/x-www-form-urlencoded", "email=a"))
        .await;
    insta::assert_snapshot!(form.problem(), @"415 /problems/unsupported-media-type: Send `content-type: application/json`.");
    let large = world
        .send(raw("application/json", vec![b' '; LIMIT + 1]))
        .await;
    insta::assert_snapshot!(large.problem(), @"413 /problems/body-too-large: Send at most 65536 bytes.");
    let deep = world
        .send(raw("application/json", "[".repeat(50_000)))
        .await;
    assert_eq!(deep.kind(), "invalid-body");
    let none = world
        .send(request(None, Method::POST, "/v1/auth/login", &Value::Null))
        .await;
    assert_eq!(none.kind(), "unsupported-media-type");
}

#[tokio::test]
async fn a_whole_problem_document() {
    let world = World::new();
    let body = json!({ "email": "ann", "password": "short" });
    let answer = world.call(Method::POST, "/v1/auth/register", body).await;
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "detail": "Correct the fields named in `errors`; nothing was changed.",
      "errors": [
        {
          "detail": "is not an e-mail address",
          "pointer": "/email"
        },
        {
          "detail": "has to be 10 to 128 characters long",
          "pointer": "/password"
        }
      ],
      "instance": "/v1/auth/register",
      "request_id": "req_00000000000000000000000000000001",
      "status": 422,
      "title": "The body has something wrong in it",
      "type": "/problems/invalid-body"
    }
    "#);
}

#[tokio::test]
async fn registering() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let bodies = [
        json!([]),
        json!({}),
        json!({ "email": "bob@example.com" }),
        json!({ "email": 7, "password": PASSWORD }),
        json!({ "email": "bob@example.com", "password": PASSWORD, "admin": true }),
        json!({ "email": "bob@example", "password": PASSWORD }),
        json!({ "email": "bob@example.com", "password": "123456789" }),
        json!({ "email": "bob@example.com", "password": "x".repeat(129) }),
    ];
    insta::assert_snapshot!(refusals(&world, &ann, "/v1/auth/register", &bodies).await, @r#"
    []
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      : invalid type: sequence, expected an object
    {}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /email: is missing
    {"email":"bob@example.com"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /password: is missing
    {"email":7,"password":"correct horse battery"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /email: invalid type: integer `7`, expected a string
    {"admin":true,"email":"bob@example.com","password":"correct horse battery"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /admin: unknown field `admin`, expected `email` or `password`
    {"email":"bob@example","password":"correct horse battery"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /email: is not an e-mail address
    {"email":"bob@example.com","password":"123456789"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /password: has to be 10 to 128 characters long
    {"email":"bob@example.com","password":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /password: has to be 10 to 128 characters long
    "#);
    let bob = "bob@example.com".parse().unwrap();
    assert_eq!(world.ports.users.by_email(&bob).await.unwrap(), None);
}

#[tokio::test]
async fn starting_a_login() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let bodies = [
        json!({}),
        json!({ "method": "sms" }),
        json!({ "method": "phone" }),
        json!({ "method": "phone", "phone": 442_079_460_958_u64 }),
        json!({ "method": "phone", "phone": "020 7946 0958" }),
        json!({ "method": "qr", "phone": "+442079460958" }),
    ];
    insta::assert_snapshot!(refusals(&world, &ann, "/v1/telegram/logins", &bodies).await, @r#"
    {}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /method: is missing
    {"method":"sms"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /method: unknown variant `sms`, expected `phone` or `qr`
    {"method":"phone"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /phone: is missing
    {"method":"phone","phone":442079460958}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /phone: invalid type: integer `442079460958`, expected a string
    {"method":"phone","phone":"020 7946 0958"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /phone: has to be a number in international form, such as +442079460958
    {"method":"qr","phone":"+442079460958"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /phone: has no place in the method qr
    "#);
    assert_eq!(world.told(ann.connector()).await, []);
}

#[tokio::test]
async fn answering_a_login() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let path = "/v1/telegram/logins/lgn_00000000000000000000000000000001";
    let codes = [
        json!({ "code": "" }),
        json!({ "code": 12345 }),
        json!({ "code": "12-345" }),
        json!({ "pin": "1" }),
    ];
    insta::assert_snapshot!(refusals(&world, &ann, &format!("{path}/code"), &codes).await, @r#"
    {"code":""}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /code: has to be the digits that Telegram sent
    {"code":12345}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /code: invalid type: integer `12345`, expected a string
    {"code":"12-345"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /code: has to be the digits that Telegram sent
    {"pin":"1"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /pin: unknown field `pin`, expected `code`
    "#);
    let passwords = [
        json!({ "password": "" }),
        json!({ "password": "x".repeat(1025) }),
        json!({}),
    ];
    insta::assert_snapshot!(refusals(&world, &ann, &format!("{path}/password"), &passwords).await, @r#"
    {"password":""}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /password: has to be 1 to 1024 bytes long
    {"password":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /password: has to be 1 to 1024 bytes long
    {}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /password: is missing
    "#);
}

#[tokio::test]
async fn linking_a_guild() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let bodies = [
        json!({}),
        json!({ "guild_id": 7 }),
        json!({ "guild_id": "seven" }),
        json!({ "guild_id": "-7" }),
    ];
    insta::assert_snapshot!(refusals(&world, &ann, "/v1/discord/guilds", &bodies).await, @r#"
    {}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /guild_id: is missing
    {"guild_id":7}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /guild_id: invalid type: integer `7`, expected a string
    {"guild_id":"seven"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /guild_id: not a Discord server id: expected a decimal number
    {"guild_id":"-7"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /guild_id: not a Discord server id: expected a decimal number
    "#);
}

#[tokio::test]
async fn making_a_pair() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account = world.account(&ann).await;
    world.guild(&ann, 7).await;
    let good = discord(7, 11);
    let bodies = [
        json!({ "source": good }),
        json!({ "source": "here", "destination": good }),
        json!({ "source": ["telegram", account.to_string(), "1", null, null, null, null], "destination": good }),
        json!({ "source": {}, "destination": good }),
        json!({ "source": { "platform": "matrix" }, "destination": good }),
        json!({ "source": { "platform": "telegram" }, "destination": good }),
        json!({ "source": { "platform": "telegram", "account": "acc_7", "chat": "1" }, "destination": good }),
        json!({ "source": { "platform": "telegram", "account": account.to_string(), "chat": 1 }, "destination": good }),
        json!({ "source": { "platform": "telegram", "account": account.to_string(), "chat": "1", "guild": "7" }, "destination": good }),
        json!({ "source": { "platform": "telegram", "account": account.to_string(), "chat": "1", "name": "x" }, "destination": good }),
        json!({ "source": telegram(account, 1), "destination": good, "filter": "x" }),
    ];
    insta::assert_snapshot!(refusals(&world, &ann, "/v1/pairs", &bodies).await, @r#"
    {"source":{"channel":"11","guild":"7","platform":"discord"}}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /destination: is missing
    {"destination":{"channel":"11","guild":"7","platform":"discord"},"source":"here"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /source: invalid type: string "here", expected an object
    {"destination":{"channel":"11","guild":"7","platform":"discord"},"source":["telegram","acc_00000000000000000000000000000004","1",null,null,null,null]}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /source: invalid type: sequence, expected an object
    {"destination":{"channel":"11","guild":"7","platform":"discord"},"source":{}}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /source/platform: is missing
    {"destination":{"channel":"11","guild":"7","platform":"discord"},"source":{"platform":"matrix"}}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /source/platform: unknown variant `matrix`, expected `telegram` or `discord`
    {"destination":{"channel":"11","guild":"7","platform":"discord"},"source":{"platform":"telegram"}}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /source/account: is missing
      /source/chat: is missing
    {"destination":{"channel":"11","guild":"7","platform":"discord"},"source":{"account":"acc_7","chat":"1","platform":"telegram"}}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /source/account: not an account id: expected acc_ and 32 hexadecimal digits
    {"destination":{"channel":"11","guild":"7","platform":"discord"},"source":{"account":"acc_00000000000000000000000000000004","chat":1,"platform":"teleg
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /source/chat: invalid type: integer `1`, expected a string
    {"destination":{"channel":"11","guild":"7","platform":"discord"},"source":{"account":"acc_00000000000000000000000000000004","chat":"1","guild":"7","pl
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /source/guild: has no place on the platform telegram
    {"destination":{"channel":"11","guild":"7","platform":"discord"},"source":{"account":"acc_00000000000000000000000000000004","chat":"1","name":"x","pla
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /source/name: unknown field `name`, expected one of `platform`, `account`, `chat`, `topic`, `guild`, `channel`, `thread`
    {"destination":{"channel":"11","guild":"7","platform":"discord"},"filter":"x","source":{"account":"acc_00000000000000000000000000000004","chat":"1","p
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /filter: unknown field `filter`, expected one of `name`, `mode`, `silent`, `delay`, `events`, `filters`, `replacements`, `appear_as`, `header`, `footer`, `gap_policy`, `duplicates`
    "#);
    assert_eq!(
        world.ports.pairs.of_user(ann.user.id).await.unwrap().pairs,
        []
    );
}

#[tokio::test]
async fn queries() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account = world.account(&ann).await;
    let chats = format!("/v1/telegram/accounts/{account}/chats");
    let mut shown = Vec::new();
    for path in ["/v1/pairs", &chats] {
        for query in [
            "limit=0",
            "limit=101",
            "limit=many",
            "cursor=!",
            "cursor=bm9uc2Vuc2U",
            "page=2",
            "limit=5&limit=5",
        ] {
            let answer = world.get(&ann, &format!("{path}?{query}")).await;
            shown.push(format!("{query}\n{}", answer.problem()));
        }
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    limit=0
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      limit: has to be a number from 1 to 100
    limit=101
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      limit: has to be a number from 1 to 100
    limit=many
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      limit: has to be a number from 1 to 100
    cursor=!
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      cursor: is not the next_cursor of a page of this list; leave it out to begin at the start
    cursor=bm9uc2Vuc2U
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      cursor: is not the next_cursor of a page of this list; leave it out to begin at the start
    page=2
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      page: is not known; there are `account`, `cursor`, `guild`, `limit`, `platform`, `query`, `state`
    limit=5&limit=5
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      limit: is there more than once
    limit=0
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      limit: has to be a number from 1 to 100
    limit=101
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      limit: has to be a number from 1 to 100
    limit=many
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      limit: has to be a number from 1 to 100
    cursor=!
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      cursor: is not the next_cursor of a page of this list; leave it out to begin at the start
    cursor=bm9uc2Vuc2U
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      cursor: is not the next_cursor of a page of this list; leave it out to begin at the start
    page=2
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      page: is not known; there are `can_post`, `cursor`, `kind`, `limit`, `query`
    limit=5&limit=5
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      limit: is there more than once
    "#);
}

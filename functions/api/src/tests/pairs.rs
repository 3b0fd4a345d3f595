use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::{Method, StatusCode, header};
use patchbay_app::ports::{Control, ControlTarget};
use patchbay_domain::account::{AccountState, TelegramTopic};
use patchbay_domain::ids::{AccountId, PairId, TelegramChatId, TopicId};
use serde_json::{Value, json};

use super::broken::Broken;
use super::world::{Answer, Tenant, World, discord, telegram};

const PAIRS: &str = "/v1/pairs";

/// A tenant with an account and the server 7.
async fn linked(world: &World, name: &str) -> (Tenant, AccountId) {
    let tenant = world.tenant(name).await;
    let account = world.account(&tenant).await;
    world.guild(&tenant, 7).await;
    (tenant, account)
}

async fn create(world: &World, tenant: &Tenant, source: Value, destination: Value) -> Answer {
    world
        .post(
            tenant,
            PAIRS,
            json!({ "source": source, "destination": destination }),
        )
        .await
}

async fn changed(world: &World, tenant: &Tenant, pair: PairId) -> [usize; 2] {
    let control = Control::PairsChanged {
        owner: tenant.user.id,
        pair,
    };
    let mut counts = [0, 0];
    for (count, target) in counts
        .iter_mut()
        .zip([tenant.connector(), ControlTarget::Gateway])
    {
        let told = world.told(target).await;
        assert!(told.iter().all(|other| *other == control), "{told:?}");
        *count = told.len();
    }
    counts
}

#[tokio::test]
async fn a_pair_is_made_paused_resumed_and_deleted() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let made = create(&world, &ann, telegram(account, 1), discord(7, 11)).await;
    assert_eq!(made.status, StatusCode::CREATED);
    insta::assert_json_snapshot!(made.body, @r#"
    {
      "appear_as": null,
      "created_at": "2026-09-21T14:13:20Z",
      "delay": 0,
      "destination": {
        "channel": "11",
        "guild": "7",
        "platform": "discord"
      },
      "duplicates": "forward",
      "events": {
        "deletions": true,
        "edits": true,
        "media": [
          "photo",
          "video",
          "audio",
          "voice",
          "round_video",
          "animation",
          "sticker",
          "document",
          "other"
        ],
        "reactions": false,
        "replies": true
      },
      "filters": {
        "allow_authors": [],
        "allow_media": [],
        "allow_patterns": [],
        "allow_words": [],
        "block_authors": [],
        "block_media": [],
        "block_patterns": [],
        "block_words": []
      },
      "footer": null,
      "gap_policy": "all",
      "header": null,
      "id": "pair_00000000000000000000000000000006",
      "mode": "copy",
      "name": null,
      "replacements": [],
      "silent": "as_source",
      "source": {
        "account": "acc_00000000000000000000000000000004",
        "chat": "1",
        "platform": "telegram"
      },
      "state": "active",
      "trouble": null
    }
    "#);
    let pair: PairId = made.text("id").parse().unwrap();
    let path = format!("{PAIRS}/{pair}");
    assert_eq!(made.headers[header::LOCATION], path.as_str());
    assert_eq!(changed(&world, &ann, pair).await, [1, 0]);
    assert_eq!(world.get(&ann, &path).await.body, made.body);

    let paused = world
        .post(&ann, &format!("{path}/pause"), Value::Null)
        .await;
    assert_eq!(
        (paused.status, paused.text("state")),
        (StatusCode::OK, "paused")
    );
    let twice = world
        .post(&ann, &format!("{path}/pause"), Value::Null)
        .await;
    assert_eq!(twice.body, paused.body);
    let resumed = world
        .post(&ann, &format!("{path}/resume"), Value::Null)
        .await;
    assert_eq!(resumed.body, made.body);
    assert_eq!(changed(&world, &ann, pair).await, [3, 0]);

    assert_eq!(
        world.delete(&ann, &path).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(changed(&world, &ann, pair).await, [1, 0]);
    for answer in [
        world.get(&ann, &path).await,
        world.delete(&ann, &path).await,
        world
            .post(&ann, &format!("{path}/pause"), Value::Null)
            .await,
        world
            .post(&ann, &format!("{path}/resume"), Value::Null)
            .await,
    ] {
        assert_eq!(answer.kind(), "not-found");
    }
    assert_eq!(changed(&world, &ann, pair).await, [0, 0]);
}

#[tokio::test]
async fn the_gateway_hears_of_pairs_that_it_reads_for() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let made = create(&world, &ann, discord(7, 11), telegram(account, 1)).await;
    let pair: PairId = made.text("id").parse().unwrap();
    assert_eq!(changed(&world, &ann, pair).await, [1, 1]);
    world.delete(&ann, &format!("{PAIRS}/{pair}")).await;
    assert_eq!(changed(&world, &ann, pair).await, [1, 1]);
}

#[tokio::test]
async fn topics_and_threads_are_places_of_their_own() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let topics = [5, 6].map(|id| TelegramTopic {
        id: TopicId(id),
        title: "Topic".to_owned(),
        is_closed: false,
        is_hidden: false,
        icon_color: 0,
    });
    let put = world
        .ports
        .chats
        .put_topics(account, TelegramChatId(1), &topics);
    put.await.unwrap();
    let topic = |topic: &str| {
        let mut end = telegram(account, 1);
        end["topic"] = topic.into();
        end
    };
    let mut thread = discord(7, 11);
    thread["thread"] = "99".into();
    assert_eq!(
        create(&world, &ann, topic("5"), thread.clone())
            .await
            .status,
        StatusCode::CREATED
    );
    assert_eq!(
        create(&world, &ann, topic("6"), thread.clone())
            .await
            .status,
        StatusCode::CREATED
    );
    let twice = create(&world, &ann, topic("5"), thread.clone()).await;
    assert_eq!(twice.kind(), "pair-duplicate");
    let made = create(&world, &ann, topic("5"), topic("6")).await;
    assert_eq!(
        (made.status, &made.body["source"]),
        (StatusCode::CREATED, &topic("5"))
    );
}

#[tokio::test]
async fn pairs_come_in_pages() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let mut made = Vec::new();
    for (chat, channel) in [(1, 11), (1, 12), (2, 11), (2, 12), (4, 11)] {
        made.push(
            create(&world, &ann, telegram(account, chat), discord(7, channel))
                .await
                .body,
        );
    }
    let (mut seen, mut path) = (Vec::new(), format!("{PAIRS}?limit=2"));
    let mut pages = 0;
    loop {
        let page = world.get(&ann, &path).await.body;
        pages += 1;
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("{PAIRS}?limit=2&cursor={cursor}");
    }
    assert_eq!((pages, seen), (3, made));
}

#[tokio::test]
async fn an_end_that_can_t_be_used_is_named_with_the_way_out() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let now = world.ports.clock.now();
    let read = world.ports.accounts.chats_read(ann.user.id, account, now);
    read.await.unwrap();
    let gone = world.account(&ann).await;
    let out = AccountState::LoggedOut {
        at: world.ports.clock.now(),
        reason: String::new(),
    };
    world
        .ports
        .accounts
        .set_state(ann.user.id, gone, &out)
        .await
        .unwrap();
    let cases = [
        (
            "no such account",
            telegram(AccountId::from_bits(99), 1),
            discord(7, 11),
        ),
        ("account logged out", telegram(gone, 1), discord(7, 11)),
        ("no such chat", telegram(account, 99), discord(7, 11)),
        ("protected source", telegram(account, 3), discord(7, 11)),
        (
            "no posting to the chat",
            discord(7, 11),
            telegram(account, 4),
        ),
        ("no such server", discord(8, 11), telegram(account, 1)),
        ("no such channel", telegram(account, 1), discord(7, 99)),
        (
            "no reading of the channel",
            discord(7, 13),
            telegram(account, 1),
        ),
        (
            "no posting to the channel",
            telegram(account, 1),
            discord(7, 14),
        ),
        ("itself", telegram(account, 1), telegram(account, 1)),
    ];
    let mut shown = Vec::new();
    for (case, source, destination) in cases {
        let answer = create(&world, &ann, source, destination).await;
        shown.push(format!("{case}\n{}", answer.problem()));
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    no such account
    422 /problems/telegram-account-not-linked: GET /v1/telegram/accounts lists yours; POST /v1/telegram/logins links another.
      /source/account: is none of your accounts
    account logged out
    409 /problems/telegram-account-logged-out: Link the account again with POST /v1/telegram/logins.
      /source/account: is logged out
    no such chat
    422 /problems/telegram-chat-unknown: GET /v1/telegram/accounts/acc_00000000000000000000000000000004/chats lists them. If the account joined it just now, POST /v1/telegram/accounts/acc_00000000000000000000000000000004/chats/refresh, then try again.
      /source/chat: is not in the account's list of chats
    protected source
    422 /problems/telegram-chat-protected: Choose another source, or ask the owner of the chat to allow copying, then refresh the list of chats.
      /source/chat: forbids copying its content
    no posting to the chat
    422 /problems/destination-not-postable: Give the account the right to post there, then refresh its list of chats.
      /destination/chat: can't be posted to
    no such server
    422 /problems/discord-guild-not-linked: GET /v1/discord/guilds lists yours; POST /v1/discord/guilds links another.
      /source/guild: is none of your servers
    no such channel
    422 /problems/discord-channel-unknown: GET /v1/discord/guilds/7/channels lists those that the bot sees.
      /destination/channel: is not in the server, or hidden from the bot
    no reading of the channel
    422 /problems/source-not-readable: Give the bot the permissions View Channel and Read Message History there.
      /source/channel: can't be read
    no posting to the channel
    422 /problems/destination-not-postable: Give the bot the permissions View Channel and Send Messages there.
      /destination/channel: can't be posted to
    itself
    422 /problems/pair-to-itself: Choose another source or destination.
      /destination: is the same place as the source
    "#);
    assert_eq!(world.get(&ann, PAIRS).await.body["items"], json!([]));
    assert_eq!(world.told(ann.connector()).await, []);
}

#[tokio::test]
async fn duplicates_and_loops_are_refused() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let first = create(&world, &ann, telegram(account, 1), discord(7, 11)).await;
    let second = create(&world, &ann, discord(7, 11), telegram(account, 2)).await;
    assert_eq!(second.status, StatusCode::CREATED);
    // A paused pair counts: it may be resumed.
    world
        .post(
            &ann,
            &format!("{PAIRS}/{}/pause", first.text("id")),
            Value::Null,
        )
        .await;

    let duplicate = create(&world, &ann, telegram(account, 1), discord(7, 11)).await;
    insta::assert_snapshot!(duplicate.problem(), @"409 /problems/pair-duplicate: Use pair_00000000000000000000000000000006, or delete it first.");
    assert_eq!(duplicate.body["pair"], first.body["id"]);
    let back = create(&world, &ann, discord(7, 11), telegram(account, 1)).await;
    insta::assert_snapshot!(back.problem(), @"409 /problems/pair-loop: What is posted in the destination already reaches the source, at last through pair_00000000000000000000000000000006. Delete that pair, or choose another source or destination.");
    assert_eq!(back.body["pair"], first.body["id"]);
    let around = create(&world, &ann, telegram(account, 2), telegram(account, 1)).await;
    assert_eq!(
        (around.kind(), &around.body["pair"]),
        ("pair-loop", &second.body["id"])
    );

    // The same chat by way of another account is the same chat.
    let other = world.account(&ann).await;
    let duplicate = create(&world, &ann, telegram(other, 1), discord(7, 11)).await;
    assert_eq!(duplicate.kind(), "pair-duplicate");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pairs_made_at_once_are_neither_doubled_nor_in_a_loop() {
    let world = Arc::new(World::new());
    let (ann, account) = linked(&world, "ann").await;
    let ann = Arc::new(ann);
    // Three times each edge of a triangle, in both directions: of each edge one can stay, and
    // not all three in the same sense.
    let places = [telegram(account, 1), telegram(account, 2), discord(7, 11)];
    let mut creations = tokio::task::JoinSet::new();
    for _ in 0..3 {
        for (from, to) in [(0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2)] {
            let (world, ann) = (Arc::clone(&world), Arc::clone(&ann));
            let (source, destination) = (places[from].clone(), places[to].clone());
            creations.spawn(async move { create(&world, &ann, source, destination).await });
        }
    }
    let answers = creations.join_all().await;
    let made = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::CREATED)
        .count();
    let kinds: BTreeSet<&str> = answers.iter().map(Answer::kind).collect();
    assert!(
        kinds.is_subset(&BTreeSet::from(["", "pair-duplicate", "pair-loop"])),
        "{kinds:?}"
    );
    let pairs = world.ports.pairs.of_user(ann.user.id).await.unwrap().pairs;
    assert_eq!((pairs.len(), made), (3, 3));
    for (place, pair) in pairs.iter().enumerate() {
        let others: Vec<_> = pairs
            .iter()
            .filter(|other| other.id != pair.id)
            .cloned()
            .collect();
        let check = patchbay_domain::pair::check(&pair.source, &pair.destination, &others);
        assert_eq!(check, Ok(()), "pair {place} of {pairs:?}");
    }
}

#[tokio::test]
async fn a_pair_that_no_connector_hears_of_is_not_made() {
    let world = World::with(|ports| ports.controls = Arc::new(Broken));
    let (ann, account) = linked(&world, "ann").await;
    let refused = create(&world, &ann, telegram(account, 1), discord(7, 11)).await;
    insta::assert_snapshot!(refused.problem(), @"503 /problems/unavailable: Try again in a few seconds.");
    assert!(!refused.body.to_string().contains("s3cr3t"));
    assert_eq!(world.get(&ann, PAIRS).await.body["items"], json!([]));
}

#[tokio::test]
async fn a_pair_is_nothing_to_others() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let (bob, bobs) = linked(&world, "bob").await;
    let made = create(&world, &ann, telegram(account, 1), discord(7, 11)).await;
    let pair = made.text("id").parse().unwrap();
    changed(&world, &ann, pair).await;
    let routes = [
        (Method::GET, ""),
        (Method::DELETE, ""),
        (Method::POST, "/pause"),
        (Method::POST, "/resume"),
    ];
    for (method, action) in routes {
        let path = |pair: PairId| format!("{PAIRS}/{pair}{action}");
        let theirs = world
            .as_tenant(&bob, method.clone(), &path(pair), Value::Null)
            .await;
        let nobodys = path(PairId::from_bits(u128::MAX));
        let none = world.as_tenant(&bob, method, &nobodys, Value::Null).await;
        assert_eq!(
            (theirs.status, theirs.problem()),
            (StatusCode::NOT_FOUND, none.problem())
        );
    }
    assert_eq!(world.get(&bob, PAIRS).await.body["items"], json!([]));
    assert_eq!(
        world.get(&ann, &format!("{PAIRS}/{pair}")).await.body,
        made.body
    );
    assert_eq!(changed(&world, &bob, pair).await, [0, 0]);

    // Another's account opens nothing, and another's pairs stand in nobody's way.
    let through = create(&world, &bob, telegram(account, 2), discord(7, 11)).await;
    let unknown = create(
        &world,
        &bob,
        telegram(AccountId::from_bits(u128::MAX), 2),
        discord(7, 11),
    )
    .await;
    assert_eq!(through.problem(), unknown.problem());
    let same = create(&world, &bob, telegram(bobs, 1), discord(7, 11)).await;
    assert_eq!(same.status, StatusCode::CREATED);
}

#[tokio::test]
async fn what_keeps_a_pair_from_delivering_is_shown_to_its_owner() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let made = create(&world, &ann, telegram(account, 1), discord(7, 11)).await;
    let pair: PairId = made.text("id").parse().unwrap();
    let refused = patchbay_domain::FailReason::NotAllowed;
    let note = async |failed| {
        let noted = patchbay_app::pairs::note_health(&world.ports, ann.user.id, pair, failed);
        noted.await.unwrap();
        world.get(&ann, &format!("{PAIRS}/{pair}")).await.body["trouble"].clone()
    };
    insta::assert_json_snapshot!(note(Some(&refused)).await, @r#"
    {
      "advice": "give the account or bot the right to post there, then retry",
      "code": "not_allowed",
      "reason": "the account or bot may not post there",
      "since": "2026-09-21T14:13:20Z"
    }
    "#);
    assert_eq!(note(None).await, Value::Null);
}

#[tokio::test]
async fn a_lost_source_is_shown_to_its_owner_alone() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let (bob, other) = linked(&world, "bob").await;
    let made = create(&world, &ann, telegram(account, 1), discord(7, 11)).await;
    let others = create(&world, &bob, telegram(other, 1), discord(7, 11)).await;
    let pair: PairId = made.text("id").parse().unwrap();
    let note = async |lost| {
        let noted = patchbay_app::pairs::note_source(&world.ports, ann.user.id, pair, lost);
        noted.await.unwrap();
        let others = format!("{PAIRS}/{}", others.text("id"));
        assert_eq!(world.get(&bob, &others).await.body["trouble"], Value::Null);
        world.get(&ann, &format!("{PAIRS}/{pair}")).await.body["trouble"].clone()
    };
    let lost = patchbay_domain::pair::SourceLoss::Lost;
    insta::assert_json_snapshot!(note(Some(lost)).await, @r#"
    {
      "advice": "check that the source exists, and let the account or bot into it again",
      "code": "source_lost",
      "reason": "the source is gone, or nobody of ours is in it any more",
      "since": "2026-09-21T14:13:20Z"
    }
    "#);
    assert_eq!(note(None).await, Value::Null);
}

#[tokio::test]
async fn a_chat_that_may_still_come_is_to_be_waited_for() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let (bob, read) = linked(&world, "bob").await;
    let now = world.ports.clock.now();
    let noted = world.ports.accounts.chats_read(bob.user.id, read, now);
    noted.await.unwrap();
    for (source, destination) in [
        (telegram(account, 99), discord(7, 11)),
        (discord(7, 11), telegram(account, 99)),
    ] {
        let answer = create(&world, &ann, source, destination).await;
        assert_eq!(answer.kind(), "telegram-chats-unread");
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers[header::RETRY_AFTER], "2");
    }
    // What is listed already can be paired, and to others the account is none at all.
    let made = create(&world, &ann, telegram(account, 1), discord(7, 11)).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let others = create(&world, &bob, telegram(account, 99), discord(7, 11)).await;
    assert_eq!(others.kind(), "telegram-account-not-linked");
    let unknown = create(&world, &bob, telegram(read, 99), discord(7, 11)).await;
    assert_eq!(unknown.kind(), "telegram-chat-unknown");
}

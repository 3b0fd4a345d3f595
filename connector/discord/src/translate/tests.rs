use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId};
use patchbay_domain::{Attachment, MediaKind};
use serde_json::{Value, json};

use super::*;
use crate::guilds::payload::GuildObject;

const ME: Identity = Identity {
    user: DiscordUserId(800),
    application: 801,
};
const PLACE: Place = Place {
    channel: DiscordChannelId(5),
    thread: None,
};

fn message(changes: &Value) -> Received {
    let mut object = json!({
        "id": "175928847299117063", "channel_id": "5", "guild_id": "1",
        "author": {"id": "901", "username": "alice", "global_name": "Alice", "discriminator": "0", "avatar": null},
        "content": "hello", "timestamp": "2016-04-30T11:18:25.796000+00:00", "edited_timestamp": null,
        "tts": false, "mention_everyone": false, "mentions": [], "mention_roles": [],
        "attachments": [], "embeds": [], "pinned": false, "type": 0,
    });
    for (name, value) in changes.as_object().unwrap() {
        object[name] = value.clone();
    }
    Received::read(object).unwrap()
}

fn guild() -> GuildPicture {
    let object: GuildObject = serde_json::from_value(json!({
        "id": "1", "name": "g", "owner_id": "9",
        "roles": [{"id": "2", "name": "mods", "permissions": "0"}],
        "channels": [{"id": "6", "type": 0, "name": "news"}],
    }))
    .unwrap();
    GuildPicture::of(object, ME.user)
}

fn scene(guild: &GuildPicture) -> Scene<'_> {
    Scene {
        me: ME,
        guild: Some(guild),
        cdn: &Cdn::Discord,
        place: PLACE,
        recovery: Recovery::Live,
    }
}

fn post_of(changes: &Value) -> Post {
    match posted(&message(changes), scene(&guild())).map(|event| event.change) {
        Some(Change::Posted { post }) => post,
        other => panic!("not posted: {other:?}"),
    }
}

#[test]
fn a_post_is_taken_with_all_that_it_says() {
    let event = posted(
        &message(&json!({
            "content": "**hi** <@7> <@&2> <#6> <@8>",
            "mentions": [{
                "id": "7", "username": "bob", "global_name": "Bob", "discriminator": "0", "avatar": null,
                "member": {"nick": "Bobby", "roles": []},
            }],
            "member": {"nick": "Al", "roles": []},
            "type": 19,
            "message_reference": {"type": 0, "channel_id": "5", "message_id": "44"},
            "flags": 1 << 12,
        })),
        scene(&guild()),
    )
    .unwrap();
    let Change::Posted { post } = &event.change else {
        panic!("{event:?}")
    };
    insta::assert_snapshot!(post.content.text.as_str(), @"hi @Bobby @mods #news @8");
    insta::assert_json_snapshot!(post.author, @r#"
    {
      "id": "901",
      "name": "Al"
    }
    "#);
    assert_eq!(post.reply_to, Some(MessageId(44)));
    assert_eq!(post.notification, Notification::Silent);
    assert_eq!(post.origin, Origin::Person);
    assert_eq!(event.at, Timestamp(1_462_015_105_796));
    assert_eq!(
        (event.chat, event.thread),
        (ChatId::Discord(PLACE.channel), None)
    );
}

#[test]
fn media_are_named_by_what_they_are() {
    let file = |name: &str, kind: Value| json!({"id": "1", "filename": name, "size": 3, "url": "u", "proxy_url": "u", "content_type": kind});
    let kinds = |changes: &Value| -> Vec<MediaKind> {
        post_of(changes)
            .content
            .attachments
            .iter()
            .map(|file| file.kind)
            .collect()
    };
    let files = json!({
        "content": "",
        "attachments": [
            file("a.png", json!("image/png")), file("b.gif", json!("image/gif")),
            file("c.mp4", json!("video/mp4")), file("d.mp3", json!("audio/mpeg")),
            file("e.pdf", json!("application/pdf")), file("f", Value::Null),
        ],
        "sticker_items": [{"id": "3", "name": "wave", "format_type": 1}],
    });
    assert_eq!(
        kinds(&files),
        [
            MediaKind::Photo,
            MediaKind::Animation,
            MediaKind::Video,
            MediaKind::Audio,
            MediaKind::Document,
            MediaKind::Document,
            MediaKind::Sticker
        ]
    );
    let voice = json!({"flags": 1 << 13, "attachments": [file("v.ogg", json!("audio/ogg"))]});
    assert_eq!(
        post_of(&voice).content.attachments,
        [Attachment {
            name: Some("v.ogg".to_owned()),
            bytes: Some(3),
            ..Attachment::new(MediaKind::Voice)
        }]
    );
}

#[test]
fn what_we_posted_ourselves_is_known_as_ours() {
    let cases = [
        (
            json!({"author": {"id": "800", "username": "bot", "discriminator": "0", "avatar": null, "bot": true}}),
            Origin::Patchbay,
        ),
        (
            json!({"webhook_id": "901", "application_id": "801"}),
            Origin::Patchbay,
        ),
        (
            json!({"webhook_id": "901", "application_id": "802"}),
            Origin::Person,
        ),
        (
            json!({"webhook_id": "901", "application_id": null}),
            Origin::Person,
        ),
    ];
    for (changes, expected) in cases {
        assert_eq!(post_of(&changes).origin, expected, "{changes}");
    }
}

#[test]
fn what_discord_tells_by_itself_is_no_post() {
    for kind in [1, 6, 7, 8, 12, 18, 21, 24, 46] {
        assert_eq!(
            posted(&message(&json!({"type": kind})), scene(&guild())),
            None,
            "{kind}"
        );
    }
    for kind in [0, 19, 20, 23] {
        assert!(
            posted(&message(&json!({"type": kind})), scene(&guild())).is_some(),
            "{kind}"
        );
    }
}

#[test]
fn a_forwarded_message_says_what_the_original_says() {
    let forwarded = json!({
        "content": "",
        "message_reference": {"type": 1, "channel_id": "6", "message_id": "44"},
        "message_snapshots": [{"message": {
            "content": "*original*", "timestamp": "2016-04-30T11:18:25.796000+00:00",
            "edited_timestamp": null, "mentions": [], "attachments": [], "embeds": [], "type": 0,
        }}],
    });
    let post = post_of(&forwarded);
    assert_eq!(
        (post.content.text.as_str(), post.reply_to),
        ("original", None)
    );
}

#[test]
fn an_edit_counts_by_its_time_and_a_link_preview_is_none() {
    let scene_of = guild();
    assert_eq!(
        edited(&message(&json!({"embeds": []})), scene(&scene_of)),
        None
    );
    let edit = message(&json!({"edited_timestamp": "2016-04-30T11:19:00.001000+00:00"}));
    let event = edited(&edit, scene(&scene_of)).unwrap();
    assert_eq!(event.change.revision(), Revision(1_462_015_140_001));
    assert_eq!(event.at, Timestamp(1_462_015_140_001));
}

#[test]
fn a_message_in_a_thread_belongs_to_its_channel() {
    let thread: GuildObject = serde_json::from_value(json!({
        "id": "1", "name": "g", "owner_id": "9", "roles": [],
        "channels": [{"id": "6", "type": 0, "name": "news", "parent_id": "3"}],
        "threads": [{"id": "66", "type": 11, "name": "talk", "parent_id": "6"}],
    }))
    .unwrap();
    let guild = GuildPicture::of(thread, ME.user);
    let place = |id| guild.place_of(DiscordChannelId(id)).unwrap();
    let event = deleted(MessageId(1), place(66), Recovery::Live, Timestamp(0));
    assert_eq!(event.chat, ChatId::Discord(DiscordChannelId(6)));
    assert_eq!(event.thread, Some(Thread::Thread(DiscordChannelId(66))));
    assert_eq!(
        place(6),
        Place {
            channel: DiscordChannelId(6),
            thread: None
        }
    );
    assert_eq!(guild.id, DiscordGuildId(1));
}

use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId};
use patchbay_domain::text::discord::render;
use patchbay_domain::{Attachment, Cover, MediaKind};
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
    let voice = json!({"flags": 1 << 13, "attachments": [{
        "id": "9", "filename": "v.ogg", "size": 3, "content_type": "audio/ogg",
        "url": "https://cdn.discordapp.com/attachments/5/9/v.ogg?ex=1",
        "duration_secs": 1.25, "waveform": "CBAY",
    }]});
    let attachments = post_of(&voice).content.attachments;
    insta::assert_json_snapshot!(attachments, @r#"
    [
      {
        "kind": "voice",
        "name": "v.ogg",
        "bytes": 3,
        "mime": "audio/ogg",
        "millis": 1250,
        "waveform": [
          65,
          12
        ],
        "file": {
          "platform": "discord",
          "url": "https://cdn.discordapp.com/attachments/5/9/v.ogg?ex=1",
          "attachment": {
            "channel": "5",
            "message": "175928847299117063",
            "id": 9
          }
        }
      }
    ]
    "#);
}

#[test]
fn a_picture_keeps_its_cover_its_size_and_its_name() {
    let picture = json!({"attachments": [{
        "id": "9", "filename": "SPOILER__.png", "title": "SPOILER_мой", "size": 3,
        "url": "https://example.org/a.png", "content_type": "image/png",
        "width": 4, "height": 5, "description": "a cat",
    }]});
    let attachments = post_of(&picture).content.attachments;
    let expected = Attachment {
        name: Some("мой.png".to_owned()),
        bytes: Some(3),
        mime: Some("image/png".to_owned()),
        cover: Cover::Spoiler,
        dimensions: Some((4, 5)),
        caption: Text::plain("a cat"),
        // It is not where Discord keeps files.
        file: None,
        ..Attachment::new(MediaKind::Photo)
    };
    assert_eq!(attachments, [expected]);
}

#[test]
fn stickers_and_polls_are_taken_along() {
    let said = json!({
        "sticker_items": [
            {"id": "3", "name": "wave", "format_type": 1}, {"id": "4", "name": "run", "format_type": 4},
            {"id": "5", "name": "drawn", "format_type": 3}, {"id": "6", "name": "new", "format_type": 9},
        ],
        "poll": {
            "question": {"text": "Tea?"}, "allow_multiselect": true,
            "answers": [
                {"answer_id": 1, "poll_media": {"text": "Yes", "emoji": {"id": null, "name": "🍵"}}},
                {"answer_id": 2, "poll_media": {"text": "No"}},
            ],
        },
    });
    let attachments = post_of(&said).content.attachments;
    let shown = attachments.iter().map(|it| match (&it.file, &it.special) {
        (Some(file), _) => file.identity(),
        (None, Some(special)) => special.to_text().as_str().to_owned(),
        (None, None) => "nothing".to_owned(),
    });
    let shown: Vec<String> = shown.collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    https://cdn.discordapp.com/stickers/3.png
    https://media.discordapp.net/stickers/4.gif
    [sticker: drawn]
    [sticker: new]
    📊 Poll, several answers
    Tea?
    ▫️ 🍵 Yes
    ▫️ No
    ");
}

fn written(changes: &Value) -> String {
    let content = post_of(changes).content;
    let files = content.attachments.iter();
    let files = files.map(|it| it.name.clone().unwrap_or_default());
    let files: Vec<String> = files.collect();
    format!("{}[{}]", render(&content.text), files.join(" "))
}

const BOT: &str = "hook";

fn by_bot(mut changes: Value) -> Value {
    changes["webhook_id"] = json!("901");
    changes["author"] =
        json!({"id": "901", "username": BOT, "discriminator": "0", "avatar": null, "bot": true});
    changes
}

#[test]
fn embeds_of_bots_are_told_and_previews_are_not() {
    let embed = json!({
        "type": "rich", "title": "Build *7*", "url": "https://ci.example/7", "description": "**ok** <@&2>",
        "author": {"name": "CI", "url": "https://ci.example"},
        "fields": [{"name": "Time", "value": "3 s", "inline": true}],
        "footer": {"text": "end"}, "color": 5, "provider": {},
        "image": {"url": "https://cdn.discordapp.com/attachments/5/9/a.png?ex=1"},
    });
    let preview = json!({"type": "link", "title": "News", "url": "https://news.example"});
    let posted = json!({"type": "rich", "title": "Post", "url": "https://x.example/1"});
    let foreign = json!({"image": {"url": "https://example.org/b.png"}});
    let said = json!({
        "content": "see https://x.example/1", "embeds": [preview, embed, posted, foreign],
    });
    insta::assert_snapshot!(written(&by_bot(said.clone())), @r"
    see https://x.example/1
    [CI](https://ci.example)
    [**Build _7_**](https://ci.example/7)
    **ok** @mods
    **Time**
    3 s
    _end_
    https://example.org/b.png[a.png]
    ");
    assert_eq!(written(&said), "see https://x.example/1[]");
    let hidden = post_of(&json!({"flags": 1 << 2})).content.preview;
    assert_eq!(hidden, LinkPreview::Hidden);
}

#[test]
fn components_are_told_as_far_as_they_say_something() {
    let media = |id: u64, mime: &str| {
        json!({
            "url": format!("https://cdn.discordapp.com/attachments/5/{id}/{id}.x"),
            "content_type": mime, "width": 3, "height": 4,
        })
    };
    let said = json!({
        "content": "", "flags": 1 << 15,
        "components": [
            {"type": 17, "components": [
                {"type": 10, "content": "# Title"},
                {"type": 9, "components": [{"type": 10, "content": "**more**"}],
                    "accessory": {"type": 11, "media": media(1, "image/png")}},
                {"type": 12, "items": [
                    {"media": media(2, "image/png"), "spoiler": true, "description": "cat"},
                    {"media": media(1, "image/png")},
                    {"media": {"url": "https://example.org/c.png"}},
                ]},
                {"type": 14}, {"type": 99, "content": {}},
            ]},
            {"type": 13, "file": media(3, "application/zip"), "size": 7},
            {"type": 1, "components": [
                {"type": 2, "style": 5, "label": "Open", "url": "https://example.org"},
                {"type": 2, "style": 1, "label": "Press", "custom_id": "x"},
                {"type": 3, "custom_id": "y", "options": []},
            ]},
        ],
    });
    insta::assert_snapshot!(written(&by_bot(said)), @r"
    # Title
    **more**
    https://example.org/c.png
    [Open](https://example.org)[1.x 2.x 3.x]
    ");
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
    let forwarded = |channel: &str| {
        json!({
            "content": "",
            "message_reference": {"type": 1, "channel_id": channel, "message_id": "44"},
            "message_snapshots": [{"message": {
                "content": "*original*", "timestamp": "2016-04-30T11:18:25.796000+00:00",
                "edited_timestamp": null, "mentions": [], "type": 0,
                "attachments": [{"id": "9", "filename": "a.png", "size": 3, "url": "u"}],
                "embeds": [{"type": "rich", "title": "t"}],
                "sticker_items": [{"id": "3", "name": "wave", "format_type": 1}],
            }}],
        })
    };
    assert_eq!(
        written(&forwarded("6")),
        "_original_\n**t**[a.png wave.png]"
    );
    let post = post_of(&forwarded("6"));
    assert_eq!(
        (post.reply_to, post.forwarded_from),
        (None, Some("#news".to_owned()))
    );
    let elsewhere = post_of(&forwarded("7")).forwarded_from;
    assert_eq!(elsewhere.as_deref(), Some("a forwarded message"));
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

use serde_json::Value;

use super::attachment_form::{read_file_changes, read_files};
use super::form::Form;
use super::poll_form::read_poll;
use super::submission::Upload;
use crate::ids::{ChannelId, MessageId, TagId};
use crate::world::{
    AllowedMentions, Draft, FieldError, Message, Nonce, ReferenceKind, ReferenceRequest, Rejection,
    Revision, check_embeds,
};

/// In code points.
const LONGEST_CONTENT: usize = 2000;
const MOST_STICKERS: usize = 3;
const LONGEST_NONCE: usize = 25;
const LONGEST_WEBHOOK_NAME: usize = 80;
const LONGEST_THREAD_NAME: usize = 100;

/// What every kind of new message has.
pub(super) fn read_draft(form: &mut Form<'_>, uploads: Vec<Upload>) -> Draft {
    let draft = Draft {
        content: form
            .text("content", LONGEST_CONTENT)
            .unwrap_or_default()
            .to_owned(),
        embeds: read_embeds(form).unwrap_or_default(),
        components: form.list("components").cloned().unwrap_or_default(),
        attachments: read_files(form, uploads),
        flags: form.integer("flags").unwrap_or_default(),
        tts: form.boolean("tts").unwrap_or_default(),
        poll: read_poll(form),
        allowed_mentions: read_allowed_mentions(form),
        ..Draft::default()
    };
    check_components_only(form, &draft);
    draft
}

/// With this flag everything is said by components.
fn check_components_only(form: &mut Form<'_>, draft: &Draft) {
    if draft.flags & Message::IS_COMPONENTS_V2 == 0 {
        return;
    }
    for (field, is_there) in [
        ("content", !draft.content.is_empty()),
        ("embeds", !draft.embeds.is_empty()),
        ("poll", draft.poll.is_some()),
    ] {
        if is_there {
            let code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2";
            let message = "This field cannot be used with MessageFlags.IS_COMPONENTS_V2.";
            form.report(FieldError::new(&[field], code, message));
        }
    }
}

/// A message of a bot, which may also have a nonce and refer to another message.
pub(super) fn read_bot_draft(payload: &Value, uploads: Vec<Upload>) -> Result<Draft, Rejection> {
    let mut form = Form::of(payload);
    let mut draft = read_draft(&mut form, uploads);
    draft.nonce = read_nonce(&mut form);
    draft.enforce_nonce = form.boolean("enforce_nonce").unwrap_or_default();
    draft.reference = read_reference(&mut form);
    draft.stickers = form.snowflakes("sticker_ids");
    if draft.stickers.len() > MOST_STICKERS {
        form.report(FieldError::too_long(&["sticker_ids"], MOST_STICKERS));
    }
    form.finish(draft)
}

/// A message of a webhook, with the name and the avatar to send it under.
pub(super) struct WebhookDraft {
    pub(super) draft: Draft,
    pub(super) name: Option<String>,
    pub(super) avatar: Option<String>,
    /// The post it begins, in a forum.
    pub(super) thread_name: Option<String>,
    pub(super) tags: Vec<TagId>,
}

pub(super) fn read_webhook_draft(
    payload: &Value,
    uploads: Vec<Upload>,
) -> Result<WebhookDraft, Rejection> {
    let mut form = Form::of(payload);
    let draft = read_draft(&mut form, uploads);
    let name = form.string("username").filter(|name| !name.is_empty());
    if let Some(name) = name {
        check_webhook_name(&mut form, "username", name);
    }
    let avatar = form.string("avatar_url").filter(|url| !url.is_empty());
    let read = WebhookDraft {
        draft,
        name: name.map(str::to_owned),
        avatar: avatar.map(avatar_hash),
        thread_name: form
            .text("thread_name", LONGEST_THREAD_NAME)
            .filter(|name| !name.is_empty())
            .map(str::to_owned),
        tags: form.snowflakes("applied_tags"),
    };
    form.finish(read)
}

pub(super) fn check_webhook_name(form: &mut Form<'_>, field: &str, name: &str) {
    let length = name.trim().chars().count();
    if !(1..=LONGEST_WEBHOOK_NAME).contains(&length) {
        form.report(FieldError::bad_length(&[field], 1, LONGEST_WEBHOOK_NAME));
    }
    let lower = name.to_lowercase();
    for forbidden in ["clyde", "discord"] {
        if lower.contains(forbidden) {
            let message = format!("Username cannot contain \"{forbidden}\"");
            form.report(FieldError::new(
                &[field],
                "USERNAME_INVALID_CONTAINS",
                message,
            ));
        }
    }
}

/// The platform copies the picture and names the copy by a hash; the address stands for it here.
pub(super) fn avatar_hash(url: &str) -> String {
    let halves = [0xcbf2_9ce4_8422_2325_u64, 0x6c62_272e_07bb_0142];
    halves
        .map(|seed| {
            url.bytes().fold(seed, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            })
        })
        .map(|hash| format!("{hash:016x}"))
        .concat()
}

/// An edit: a null empties a field, an absent field stays.
pub(super) fn read_revision(payload: &Value, uploads: Vec<Upload>) -> Result<Revision, Rejection> {
    let mut form = Form::of(payload);
    let content = form.text("content", LONGEST_CONTENT).map(str::to_owned);
    let embeds = read_embeds(&mut form);
    let components = form.list("components").cloned();
    let mut revision = Revision {
        content: content.or_else(|| form.has("content").then(String::new)),
        embeds: embeds.or_else(|| form.has("embeds").then(Vec::new)),
        components: components.or_else(|| form.has("components").then(Vec::new)),
        flags: form.integer("flags"),
        allowed_mentions: read_allowed_mentions(&mut form),
        ..Revision::default()
    };
    read_file_changes(&mut form, uploads, &mut revision);
    form.finish(revision)
}

fn read_embeds(form: &mut Form<'_>) -> Option<Vec<Value>> {
    let embeds = form.list("embeds")?.clone();
    form.report_all(check_embeds(&embeds));
    Some(embeds)
}

fn read_nonce(form: &mut Form<'_>) -> Option<Nonce> {
    let value = form.value("nonce")?;
    let Ok(nonce) = serde_json::from_value(value.clone()) else {
        let message = "Must be a string or an integer.";
        form.report(FieldError::new(&["nonce"], "STRING_TYPE_CONVERT", message));
        return None;
    };
    if matches!(&nonce, Nonce::Text(text) if text.chars().count() > LONGEST_NONCE) {
        form.report(FieldError::too_long(&["nonce"], LONGEST_NONCE));
    }
    Some(nonce)
}

fn read_reference(form: &mut Form<'_>) -> Option<ReferenceRequest> {
    let value = form.value("message_reference")?;
    let mut inner = Form::of(value);
    let kind = match inner.integer("type") {
        Some(1) => ReferenceKind::Forward,
        Some(_) | None => ReferenceKind::Reply,
    };
    let message: Option<MessageId> = inner.snowflake("message_id");
    let channel: Option<ChannelId> = inner.snowflake("channel_id");
    let fail_if_not_exists = inner.boolean("fail_if_not_exists").unwrap_or(true);
    if message.is_none() && !inner.has("message_id") {
        inner.report(FieldError::required(&["message_id"]));
    }
    if kind == ReferenceKind::Forward && channel.is_none() {
        inner.report(FieldError::required(&["channel_id"]));
    }
    if let Err(rejection) = inner.finish(()) {
        form.adopt(&["message_reference"], rejection);
    }
    Some(ReferenceRequest {
        kind,
        channel,
        message: message?,
        fail_if_not_exists,
    })
}

fn read_allowed_mentions(form: &mut Form<'_>) -> AllowedMentions {
    let Some(value) = form.value("allowed_mentions") else {
        return AllowedMentions::default();
    };
    let mut inner = Form::of(value);
    let parse: Vec<&str> = inner
        .list("parse")
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let allowed = AllowedMentions {
        all_users: parse.contains(&"users"),
        all_roles: parse.contains(&"roles"),
        everyone: parse.contains(&"everyone"),
        users: inner.snowflakes("users"),
        roles: inner.snowflakes("roles"),
        replied_user: inner.boolean("replied_user").unwrap_or_default(),
    };
    for (name, everything, some) in [
        ("users", allowed.all_users, allowed.users.is_empty()),
        ("roles", allowed.all_roles, allowed.roles.is_empty()),
    ] {
        if everything && !some {
            let code = "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE";
            let message =
                format!("parse:[\"{name}\"] and {name}: [ids...] are mutually exclusive.");
            inner.report(FieldError::new(&[], code, message));
        }
    }
    if let Err(rejection) = inner.finish(()) {
        form.adopt(&["allowed_mentions"], rejection);
    }
    allowed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths_of(rejection: &Rejection) -> Vec<String> {
        let Rejection::Form(errors) = rejection else {
            return Vec::new();
        };
        errors.iter().map(|error| error.path.join(".")).collect()
    }

    fn draft_of(payload: &Value) -> Result<Draft, Rejection> {
        read_bot_draft(payload, Vec::new())
    }

    #[test]
    fn content_may_have_2000_code_points() {
        assert!(draft_of(&json!({ "content": "😀".repeat(2000) })).is_ok());
        let refused = draft_of(&json!({ "content": "😀".repeat(2001) })).unwrap_err();
        assert_eq!(paths_of(&refused), ["content"]);
    }

    #[test]
    fn a_nonce_is_a_short_text_or_a_number() {
        let nonce = |value: Value| {
            draft_of(&json!({ "content": "x", "nonce": value })).map(|draft| draft.nonce)
        };
        assert_eq!(nonce(json!(7)).unwrap(), Some(Nonce::Number(7)));
        assert_eq!(
            nonce(json!("7")).unwrap(),
            Some(Nonce::Text("7".to_owned()))
        );
        assert_eq!(
            paths_of(&nonce(json!("x".repeat(26))).unwrap_err()),
            ["nonce"]
        );
        assert_eq!(paths_of(&nonce(json!([])).unwrap_err()), ["nonce"]);
    }

    #[test]
    fn all_users_and_some_users_exclude_each_other() {
        let mentions = json!({ "parse": ["users"], "users": ["1"] });
        let refused =
            draft_of(&json!({ "content": "x", "allowed_mentions": mentions })).unwrap_err();
        assert_eq!(paths_of(&refused), ["allowed_mentions"]);
    }

    #[test]
    fn a_webhook_may_not_pass_for_the_platform() {
        let refused = |name: &str| {
            let payload = json!({ "content": "x", "username": name });
            read_webhook_draft(&payload, Vec::new()).err()
        };
        assert!(refused("Alice").is_none());
        assert_eq!(paths_of(&refused("Discord team").unwrap()), ["username"]);
        assert_eq!(paths_of(&refused(&"x".repeat(81)).unwrap()), ["username"]);
    }

    #[test]
    fn a_null_empties_and_an_absent_field_stays() {
        let revision = read_revision(&json!({ "content": null }), Vec::new()).unwrap();
        assert_eq!(revision.content.as_deref(), Some(""));
        assert!(revision.embeds.is_none());
    }
}

//! Every key of the table, in one file.

use std::borrow::Cow;
use std::fmt::Display;

use patchbay_app::ports::{Arrival, IdempotencyKey, SecretName};
use patchbay_domain::api_key::SecretHash;
use patchbay_domain::bot_link::BotTokenHash;
use patchbay_domain::figures::Day;
use patchbay_domain::ids::{
    AccountId, ApiKeyId, ConnectorId, DiscordChannelId, DiscordGuildId, LoginId, MessageId, PairId,
    PartitionId, SessionId, TelegramChatId, TelegramUserId, TopicId, UserId,
};
use patchbay_domain::throttle::Window;
use patchbay_domain::token::TokenHash;
use patchbay_domain::user::Email;
use patchbay_domain::{DeliveryKey, LeaseName, Revision, Timestamp};

pub(crate) const PK: &str = "PK";
pub(crate) const SK: &str = "SK";
/// What belongs to a partition.
pub(crate) const GSI1: Index = Index {
    name: "GSI1",
    pk: "GSI1PK",
    sk: "GSI1SK",
};
/// Pairs whose source is on Discord; a pair's deliveries by the time of their outcome.
pub(crate) const GSI2: Index = Index {
    name: "GSI2",
    pk: "GSI2PK",
    sk: "GSI2SK",
};
/// In Unix seconds. The table deletes days late, so that reads look at it too.
pub(crate) const TTL: &str = "ttl";

pub(crate) struct Index {
    pub(crate) name: &'static str,
    pub(crate) pk: &'static str,
    pub(crate) sk: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// The items with one partition key whose sort keys begin alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collection {
    pub(crate) pk: String,
    pub(crate) prefix: Cow<'static, str>,
}

fn key(pk: impl Display, sk: impl Display) -> Key {
    Key {
        pk: pk.to_string(),
        sk: sk.to_string(),
    }
}

fn collection(pk: impl Display, prefix: impl Into<Cow<'static, str>>) -> Collection {
    Collection {
        pk: pk.to_string(),
        prefix: prefix.into(),
    }
}

pub(crate) fn user(user: UserId) -> Key {
    key(user, "user")
}

/// Holds an address for its user.
pub(crate) fn email(email: &Email) -> Key {
    key(format!("email#{}", email.as_str()), "email")
}

pub(crate) fn session(owner: UserId, session: SessionId) -> Key {
    key(owner, session)
}

pub(crate) fn sessions(owner: UserId) -> Collection {
    collection(owner, "ses_")
}

/// What waits for a token that was mailed.
pub(crate) fn proof(token: TokenHash) -> Key {
    key(format!("proof#{token}"), "proof")
}

/// The tries of one subject in one window. A partition key of its own for each: whoever tries too
/// often slows down nobody else.
pub(crate) fn throttle(window: &Window) -> Key {
    key(format!("throttle#{}", window.name), "throttle")
}

/// The users of a partition who are leaving.
pub(crate) fn leaving_in(partition: PartitionId) -> Collection {
    collection(in_partition(partition), "usr_")
}

pub(crate) fn logins(owner: UserId) -> Collection {
    collection(owner, "lgn_")
}

pub(crate) fn secrets(owner: UserId) -> Collection {
    collection(owner, "secret#")
}

pub(crate) fn account(owner: UserId, account: AccountId) -> Key {
    key(owner, account)
}

/// The version of a user's set of accounts, and which of them is the default one. It sorts before
/// the accounts, and is read with them.
pub(crate) fn account_set(owner: UserId) -> Key {
    key(owner, "acc")
}

/// A user's accounts and what their set says.
pub(crate) fn accounts(owner: UserId) -> Collection {
    collection(owner, "acc")
}

/// Holds a Telegram user for its account.
pub(crate) fn telegram_user(user: TelegramUserId) -> Key {
    key(format!("telegram-user#{user}"), "account")
}

pub(crate) fn login(owner: UserId, login: LoginId) -> Key {
    key(owner, login)
}

pub(crate) fn bot_link(owner: UserId) -> Key {
    key(owner, "bot-link")
}

pub(crate) fn bot_link_request(owner: UserId) -> Key {
    key(owner, "bot-link-request")
}

/// Tells whose request a deep link's token belongs to.
pub(crate) fn bot_token(token: &BotTokenHash) -> Key {
    key(format!("bot-token#{}", token.as_str()), "request")
}

/// Holds a person for the user whom the bot takes them for.
pub(crate) fn bot_person(person: TelegramUserId) -> Key {
    key(format!("telegram-user#{person}"), "bot-link")
}

pub(crate) fn guild_link(owner: UserId, guild: DiscordGuildId) -> Key {
    key(owner, format!("guild#{guild}"))
}

pub(crate) fn guild_links(owner: UserId) -> Collection {
    collection(owner, "guild#")
}

/// How many servers a user has linked.
pub(crate) fn guild_count(owner: UserId) -> Key {
    key(owner, "guild-count")
}

pub(crate) fn guild_link_request(guild: DiscordGuildId, owner: UserId) -> Key {
    key(format!("guild#{guild}"), format!("request#{owner}"))
}

pub(crate) fn guild_link_requests(guild: DiscordGuildId) -> Collection {
    collection(format!("guild#{guild}"), "request#")
}

/// Who the user is on Discord.
pub(crate) fn discord_link(owner: UserId) -> Key {
    key(owner, "discord")
}

pub(crate) fn discord_authorization(owner: UserId) -> Key {
    key(owner, "discord-authorization")
}

/// The servers that a user may manage, as Discord told.
pub(crate) fn managed_guilds(owner: UserId) -> Key {
    key(owner, "discord-guilds")
}

pub(crate) fn secret(owner: UserId, name: SecretName) -> Key {
    let name = match name {
        SecretName::TelegramSession(account) => format!("{account}#telegram_session"),
        SecretName::LoginSession(login) => format!("{login}#login_session"),
        SecretName::LoginAnswer(login) => format!("{login}#login_answer"),
        SecretName::DiscordVerifier => "discord#verifier".to_owned(),
        SecretName::DiscordTokens => "discord#tokens".to_owned(),
    };
    key(owner, format!("secret#{name}"))
}

pub(crate) fn idempotency(request: &IdempotencyKey) -> Key {
    key(request.owner, format!("idempotency#{}", request.hash))
}

pub(crate) fn idempotency_keys(owner: UserId) -> Collection {
    collection(owner, "idempotency#")
}

/// The version of a user's set of pairs. It sorts before the pairs, and is read with them.
pub(crate) fn pair_set(owner: UserId) -> Key {
    key(owner, "pair")
}

pub(crate) fn pair(owner: UserId, pair: PairId) -> Key {
    key(owner, pair)
}

/// A user's pairs and the version of their set.
pub(crate) fn pairs(owner: UserId) -> Collection {
    collection(owner, "pair")
}

/// The version of a user's set of API keys. It sorts before the keys, and is read with them.
pub(crate) fn api_key_set(owner: UserId) -> Key {
    key(owner, "key")
}

pub(crate) fn api_key(owner: UserId, api_key: ApiKeyId) -> Key {
    key(owner, api_key)
}

/// A user's API keys and the version of their set.
pub(crate) fn api_keys(owner: UserId) -> Collection {
    collection(owner, "key")
}

/// What the secret of an API key opens.
pub(crate) fn grant(secret: SecretHash) -> Key {
    key(format!("key-secret#{secret}"), "grant")
}

/// The requests of an API key on one day. A partition key of its own for each key and day: whoever
/// wears theirs out slows down nobody else's.
pub(crate) fn requests(api_key: ApiKeyId, day: i64) -> Key {
    key(format!("requests#{api_key}#{day}"), "requests")
}

pub(crate) fn accounts_in(partition: PartitionId) -> Collection {
    collection(in_partition(partition), "acc_")
}

pub(crate) fn pairs_in(partition: PartitionId) -> Collection {
    collection(in_partition(partition), "pair_")
}

pub(crate) fn in_partition(partition: PartitionId) -> String {
    format!("partition#{partition}")
}

pub(crate) const FROM_DISCORD: &str = "from-discord";

pub(crate) fn pairs_from_discord() -> Collection {
    collection(FROM_DISCORD, "pair_")
}

pub(crate) const TELEGRAM_CHAT: &str = "chat#";

pub(crate) fn telegram_chat(account: AccountId, chat: TelegramChatId) -> Key {
    key(account, chat_place(chat))
}

fn chat_place(chat: TelegramChatId) -> String {
    // Shifted so that negative ids sort before positive ones.
    let place = chat.0.cast_unsigned() ^ (1 << 63);
    format!("{TELEGRAM_CHAT}{place:020}")
}

const TOPIC: &str = "topic#";

pub(crate) fn telegram_topic(account: AccountId, chat: TelegramChatId, topic: TopicId) -> Key {
    let place = topic.0.cast_unsigned() ^ (1 << 31);
    let Collection { pk, prefix } = telegram_topics(account, chat);
    key(pk, format!("{prefix}{place:010}"))
}

pub(crate) fn telegram_topics(account: AccountId, chat: TelegramChatId) -> Collection {
    collection(format!("{account}#{}", chat_place(chat)), TOPIC)
}

pub(crate) fn telegram_chats(account: AccountId) -> Collection {
    collection(account, TELEGRAM_CHAT)
}

/// A server and its channels.
pub(crate) fn guild(guild: DiscordGuildId) -> Key {
    key(format!("guild#{guild}"), "guild")
}

const DISCORD_THREAD: &str = "thread#";

pub(crate) fn discord_thread(
    guild: DiscordGuildId,
    channel: DiscordChannelId,
    thread: DiscordChannelId,
) -> Key {
    let Collection { pk, prefix } = threads_of_channel(guild, channel);
    key(pk, format!("{prefix}{:020}", thread.0))
}

pub(crate) fn threads_of_channel(guild: DiscordGuildId, channel: DiscordChannelId) -> Collection {
    let prefix = format!("{DISCORD_THREAD}{:020}#", channel.0);
    collection(format!("guild#{guild}"), prefix)
}

pub(crate) fn threads_of_guild(guild: DiscordGuildId) -> Collection {
    collection(format!("guild#{guild}"), DISCORD_THREAD)
}

pub(crate) fn delivery(delivery: DeliveryKey) -> Key {
    let DeliveryKey {
        pair,
        message,
        revision,
    } = delivery;
    key(pair, format!("{:020}-{:020}", message.0, revision.0))
}

/// The message and revision of a delivery's sort key.
pub(crate) fn parse_delivery(sk: &str) -> Option<(MessageId, Revision)> {
    let (message, revision) = sk.split_once('-')?;
    Some((
        MessageId(message.parse().ok()?),
        Revision(revision.parse().ok()?),
    ))
}

pub(crate) fn deliveries(pair: PairId) -> Collection {
    collection(pair, "")
}

/// The deliveries of one message.
pub(crate) fn changes(pair: PairId, message: MessageId) -> Collection {
    collection(pair, format!("{:020}-", message.0))
}

/// A delivery's place among those of its pair by time, in GSI2.
pub(crate) fn outcome(delivery: DeliveryKey, at: Timestamp) -> Key {
    let Key { pk, sk } = self::delivery(delivery);
    key(pk, format!("{}-{sk}", moment(at)))
}

/// The task of a failed delivery.
pub(crate) fn kept_task(delivery: DeliveryKey) -> Key {
    let Key { pk, sk } = self::delivery(delivery);
    key(format!("task#{pk}"), sk)
}

pub(crate) fn kept_tasks(pair: PairId) -> Collection {
    collection(format!("task#{pair}"), "")
}

/// The kept tasks of one message.
pub(crate) fn kept_changes(pair: PairId, message: MessageId) -> Collection {
    collection(format!("task#{pair}"), format!("{:020}-", message.0))
}

/// One message at one destination of a user.
pub(crate) fn double(arrival: &Arrival) -> Key {
    let (owner, place, message) = (arrival.owner, arrival.place(), arrival.message);
    let chat = arrival.chat;
    key(format!("double#{owner}#{place}#{chat}#{message}"), "double")
}

/// A pair's figures for a day, which is counted from 1970.
pub(crate) fn rollup(pair: PairId, day: Day) -> Key {
    key(format!("figures#{pair}"), rollup_day(day))
}

pub(crate) fn rollup_day(Day(day): Day) -> String {
    format!("{:06}", day.clamp(0, 999_999))
}

pub(crate) fn rollups(pair: PairId) -> Collection {
    collection(format!("figures#{pair}"), "")
}

/// What is kept of a deleted pair.
pub(crate) fn gone_pair(owner: UserId, pair: PairId) -> Key {
    key(owner, format!("gone#{pair}"))
}

pub(crate) fn gone_pairs(owner: UserId) -> Collection {
    collection(owner, "gone#")
}

/// What was asked for of a pair's history.
pub(crate) fn backfill(owner: UserId, pair: PairId) -> Key {
    key(owner, backfill_of(pair))
}

const BACKFILL: &str = "backfill#";

pub(crate) fn backfill_of(pair: PairId) -> String {
    format!("{BACKFILL}{pair}")
}

/// Those of a partition that are not over.
pub(crate) fn backfills_in(partition: PartitionId) -> Collection {
    collection(in_partition(partition), BACKFILL)
}

/// What waits in a partition.
pub(crate) fn backlog(partition: PartitionId) -> Key {
    key(format!("backlog#{partition}"), "backlog")
}

/// Digits that sort as the moments do, and before everything of their moment.
pub(crate) fn moment(at: Timestamp) -> String {
    format!("{:016}", at.0.clamp(0, 9_999_999_999_999_999))
}

pub(crate) fn account_positions(account: AccountId) -> Collection {
    collection(account, POSITION)
}

pub(crate) fn shard_positions(shard: u32) -> Collection {
    collection(format!("shard#{shard}"), POSITION)
}

/// Sort key of the part of a position that is not of one channel.
pub(crate) const POSITION: &str = "position";

pub(crate) fn telegram_channel_position(channel: i64) -> String {
    format!("{POSITION}#{channel}")
}

pub(crate) fn discord_channel_position(channel: DiscordChannelId) -> String {
    format!("{POSITION}#{channel}")
}

pub(crate) fn lease(name: LeaseName) -> Key {
    key(format!("lease#{name}"), "lease")
}

pub(crate) fn connector(connector: ConnectorId) -> Key {
    key("connectors", connector)
}

pub(crate) fn connectors() -> Collection {
    collection("connectors", "con_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_ids_do() {
        let chats = [
            i64::MIN,
            -1_001_234_567_890,
            -5,
            0,
            7,
            5_000_000_000,
            i64::MAX,
        ];
        let account = AccountId::from_bits(1);
        let keys = chats.map(|chat| telegram_chat(account, TelegramChatId(chat)).sk);
        assert!(keys.is_sorted(), "{keys:?}");

        let topics = [i32::MIN, -1, 0, 1, 9, 10, i32::MAX];
        let keys = topics.map(|id| telegram_topic(account, TelegramChatId(-5), TopicId(id)).sk);
        assert!(keys.is_sorted(), "{keys:?}");

        let deliveries = [
            (1, 0),
            (2, 0),
            (2, 9),
            (2, u64::MAX),
            (10, 0),
            (u64::MAX, 1),
        ];
        let keys = deliveries.map(|(message, revision)| {
            let (message, revision) = (MessageId(message), Revision(revision));
            let key = delivery(DeliveryKey {
                pair: PairId::from_bits(1),
                message,
                revision,
            });
            assert_eq!(parse_delivery(&key.sk), Some((message, revision)));
            key.sk
        });
        assert!(keys.is_sorted(), "{keys:?}");
    }
}

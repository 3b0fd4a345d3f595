//! A pair for tests.

use patchbay_domain::ids::{
    AccountId, DiscordChannelId, DiscordGuildId, PairId, PartitionId, TelegramChatId, UserId,
};
use patchbay_domain::{Endpoint, Pair, PairState, Timestamp};

pub(crate) const PARTITION: PartitionId = PartitionId(0);

/// From a Telegram chat to a Discord channel.
pub(crate) fn pair() -> Pair {
    Pair {
        id: PairId::from_bits(1),
        owner: UserId::from_bits(1),
        partition: PARTITION,
        source: Endpoint::Telegram {
            account: AccountId::from_bits(1),
            chat: TelegramChatId(5),
            topic: None,
        },
        destination: Endpoint::Discord {
            guild: DiscordGuildId(1),
            channel: DiscordChannelId(2),
            thread: None,
        },
        state: PairState::Active,
        created_at: Timestamp(0),
        version: 1,
        options: patchbay_domain::pair::Options::default(),
        health: patchbay_domain::pair::Health::default(),
    }
}

use patchbay_domain::ids::TelegramChatId;
use patchbay_domain::{Endpoint, Pair};

use super::change::store;
use super::{ROUNDS, tell};
use crate::ports::{ChatMoved, PortError, PortResult, Ports};

/// Lets the pairs that named a chat name the one that it went on as. Doing so twice is harmless.
pub async fn follow(ports: &Ports, moved: &ChatMoved) -> PortResult<()> {
    for _ in 0..ROUNDS {
        let present = ports.pairs.of_user(moved.owner).await?.pairs;
        let mut is_all_stored = true;
        for pair in present.iter().filter(|pair| names(pair, moved, moved.from)) {
            let stored = store(ports, pair, |pair| {
                pair.source = followed(pair.source, moved);
                pair.destination = followed(pair.destination, moved);
            });
            is_all_stored &= stored.await?.is_some();
        }
        if is_all_stored {
            // An attempt that was stored may not have been told.
            let present = ports.pairs.of_user(moved.owner).await?.pairs;
            let meant = present.iter().filter(|pair| names(pair, moved, moved.to));
            return tell(ports, meant).await;
        }
    }
    Err(PortError::Unavailable {
        operation: "following a chat",
        source: "the user's pairs keep changing".into(),
    })
}

fn names(pair: &Pair, moved: &ChatMoved, chat: TelegramChatId) -> bool {
    [pair.source, pair.destination]
        .into_iter()
        .any(|end| is_end(end, moved, chat))
}

fn is_end(end: Endpoint, moved: &ChatMoved, in_chat: TelegramChatId) -> bool {
    match end {
        Endpoint::Telegram { account, chat, .. } => account == moved.account && chat == in_chat,
        Endpoint::Discord { .. } => false,
    }
}

/// A basic group has no topics.
fn followed(end: Endpoint, moved: &ChatMoved) -> Endpoint {
    if is_end(end, moved, moved.from) {
        Endpoint::Telegram {
            account: moved.account,
            chat: moved.to,
            topic: None,
        }
    } else {
        end
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use patchbay_domain::ids::{
        AccountId, DiscordChannelId, DiscordGuildId, PairId, PartitionId, UserId,
    };
    use patchbay_domain::pair::{Health, Options};
    use patchbay_domain::{PairState, Timestamp};

    use super::*;
    use crate::ports::ControlTarget;
    use crate::testing::Memory;

    const OWNER: UserId = UserId::from_bits(1);
    const PARTITION: PartitionId = PartitionId(0);

    fn telegram(account: u128, chat: i64) -> Endpoint {
        Endpoint::Telegram {
            account: AccountId::from_bits(account),
            chat: TelegramChatId(chat),
            topic: None,
        }
    }

    fn pair(id: u128, source: Endpoint, destination: Endpoint) -> Pair {
        Pair {
            id: PairId::from_bits(id),
            owner: OWNER,
            partition: PARTITION,
            source,
            destination,
            state: PairState::Paused,
            created_at: Timestamp(0),
            version: 1,
            options: Options::default(),
            health: Health::default(),
        }
    }

    #[tokio::test]
    async fn both_ends_of_the_accounts_pairs_follow() {
        let ports = Memory::new().ports();
        let discord = Endpoint::Discord {
            guild: DiscordGuildId(1),
            channel: DiscordChannelId(2),
            thread: None,
        };
        let (old, new) = (-5, -1_000_000_000_005);
        let pairs = [
            pair(1, telegram(1, old), discord),
            pair(2, discord, telegram(1, old)),
            pair(3, telegram(1, 7), discord),
            pair(4, telegram(2, old), discord),
        ];
        for pair in &pairs {
            let version = ports.pairs.of_user(OWNER).await.unwrap().version;
            assert!(ports.pairs.create(pair, version).await.unwrap());
        }
        let moved = ChatMoved {
            owner: OWNER,
            account: AccountId::from_bits(1),
            from: TelegramChatId(old),
            to: TelegramChatId(new),
        };
        let expected = [
            (telegram(1, new), discord, 2),
            (discord, telegram(1, new), 2),
            (telegram(1, 7), discord, 1),
            (telegram(2, old), discord, 1),
        ];
        for _ in 0..2 {
            follow(&ports, &moved).await.unwrap();
            let mut present = ports.pairs.of_user(OWNER).await.unwrap().pairs;
            present.sort_by_key(|pair| pair.id);
            let ends: Vec<_> = present
                .iter()
                .map(|pair| (pair.source, pair.destination, pair.version))
                .collect();
            assert_eq!(ends, expected);
        }
        for target in [ControlTarget::Partition(PARTITION), ControlTarget::Gateway] {
            let told = ports
                .controls
                .receive(target, Duration::ZERO)
                .await
                .unwrap();
            assert!(!told.is_empty(), "{target:?}");
        }
    }
}

use std::collections::BTreeMap;

use async_trait::async_trait;
use patchbay_domain::Fence;
use patchbay_domain::ids::AccountId;

use super::Store;
use crate::ports::{
    DiscordPosition, FencedOut, PortResult, Positions, TelegramPosition, TelegramPositionChange,
};

pub(super) type TelegramPositionTable = BTreeMap<AccountId, (TelegramPosition, Fence)>;
pub(super) type DiscordPositionTable = BTreeMap<u32, (DiscordPosition, Fence)>;

#[async_trait]
impl Positions for Store {
    async fn telegram(&self, account: AccountId) -> PortResult<Option<TelegramPosition>> {
        Ok(self
            .tables()
            .telegram_positions
            .get(&account)
            .map(|(position, _)| position.clone()))
    }

    async fn save_telegram(
        &self,
        account: AccountId,
        change: &TelegramPositionChange,
        fence: Fence,
    ) -> PortResult<Result<(), FencedOut>> {
        if change.common.is_none() && change.channels.is_empty() {
            return Ok(Ok(()));
        }
        let mut tables = self.tables();
        let (position, last) = tables
            .telegram_positions
            .entry(account)
            .or_insert_with(|| (TelegramPosition::default(), fence));
        if fence < *last {
            return Ok(Err(FencedOut));
        }
        *last = fence;
        if let Some((pts, qts, date, seq)) = change.common {
            (position.pts, position.qts, position.date, position.seq) = (pts, qts, date, seq);
        }
        position.channels.extend(&change.channels);
        Ok(Ok(()))
    }

    async fn forget_telegram(&self, account: AccountId) -> PortResult<()> {
        self.tables().telegram_positions.remove(&account);
        Ok(())
    }

    async fn discord(&self, shard: u32) -> PortResult<Option<DiscordPosition>> {
        Ok(self
            .tables()
            .discord_positions
            .get(&shard)
            .map(|(position, _)| position.clone()))
    }

    async fn save_discord(
        &self,
        shard: u32,
        position: &DiscordPosition,
        fence: Fence,
    ) -> PortResult<Result<(), FencedOut>> {
        let mut tables = self.tables();
        match tables.discord_positions.get(&shard) {
            Some((_, last)) if fence < *last => Ok(Err(FencedOut)),
            Some(_) | None => {
                tables
                    .discord_positions
                    .insert(shard, (position.clone(), fence));
                Ok(Ok(()))
            }
        }
    }
}

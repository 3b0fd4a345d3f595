use std::time::Duration;

use grammers_session::types::{ChannelState, UpdatesState};
use patchbay_app::ports::{
    FencedOut, PortResult, Positions, TelegramPosition, TelegramPositionChange,
};
use patchbay_domain::Fence;
use patchbay_domain::ids::AccountId;
use tokio::time::Instant;

/// Every message moves the position, and replaying a second of them is harmless.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// In seconds. Every update moves the date, and saving it costs as much as the rest of a message's
/// position. It only tells how far back a history is read where Telegram can't tell what was missed,
/// so one that is behind by so much lets a little more be read again.
const DATE_BEHIND_AT_MOST: u32 = 10 * 60;

/// How far an account's updates have been handed on, and how much of that is stored.
pub(crate) struct PositionKeeper {
    account: AccountId,
    fence: Fence,
    reached: TelegramPosition,
    saved: TelegramPosition,
    /// When the next save is due, if anything is unsaved.
    due: Option<Instant>,
}

impl PositionKeeper {
    pub(crate) fn new(account: AccountId, fence: Fence, saved: TelegramPosition) -> Self {
        Self {
            account,
            fence,
            reached: saved.clone(),
            saved,
            due: None,
        }
    }

    pub(crate) fn reached(&self) -> &TelegramPosition {
        &self.reached
    }

    /// Everything up to there has been handed on.
    pub(crate) fn move_to(&mut self, position: TelegramPosition) {
        self.reached = position;
        if self.due.is_none() && self.reached != self.saved {
            self.due = Some(Instant::now() + SAVE_EVERY);
        }
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(crate) async fn save(
        &mut self,
        positions: &dyn Positions,
    ) -> PortResult<Result<(), FencedOut>> {
        let change = change(&self.saved, &self.reached);
        if change == TelegramPositionChange::default() {
            self.due = None;
            return Ok(Ok(()));
        }
        self.due = Some(Instant::now() + SAVE_EVERY);
        let outcome = positions
            .save_telegram(self.account, &change, self.fence)
            .await?;
        if outcome.is_ok() {
            let date = change.common.map(|(_, _, date, _)| date);
            self.saved = TelegramPosition {
                date: date.unwrap_or(self.saved.date),
                ..self.reached.clone()
            };
            self.due = None;
        }
        Ok(outcome)
    }
}

fn change(from: &TelegramPosition, to: &TelegramPosition) -> TelegramPositionChange {
    let counted = |position: &TelegramPosition| (position.pts, position.qts, position.seq);
    let has_moved =
        counted(from) != counted(to) || to.date.abs_diff(from.date) >= DATE_BEHIND_AT_MOST;
    TelegramPositionChange {
        common: has_moved.then_some((to.pts, to.qts, to.date, to.seq)),
        channels: to
            .channels
            .iter()
            .filter(|(channel, pts)| from.channels.get(channel) != Some(pts))
            .map(|(channel, pts)| (*channel, *pts))
            .collect(),
    }
}

pub(crate) fn of_state(state: &UpdatesState) -> TelegramPosition {
    TelegramPosition {
        pts: state.pts,
        qts: state.qts,
        date: state.date,
        seq: state.seq,
        channels: state
            .channels
            .iter()
            .map(|ChannelState { id, pts }| (*id, *pts))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use patchbay_app::testing::Memory;

    use super::*;

    #[test]
    fn only_what_moved_is_written() {
        let from = TelegramPosition {
            pts: 5,
            qts: 1,
            date: 100,
            seq: 2,
            channels: [(7, 10), (8, 20)].into(),
        };
        assert_eq!(change(&from, &from), TelegramPositionChange::default());

        let mut to = from.clone();
        to.channels.insert(8, 21);
        to.channels.insert(9, 1);
        assert_eq!(
            change(&from, &to),
            TelegramPositionChange {
                common: None,
                channels: [(8, 21), (9, 1)].into()
            }
        );

        to.seq = 3;
        assert_eq!(change(&from, &to).common, Some((5, 1, 100, 3)));
    }

    #[tokio::test]
    async fn the_date_alone_is_written_every_ten_minutes() {
        let from = TelegramPosition {
            pts: 5,
            date: 100,
            ..TelegramPosition::default()
        };
        let (account, fence) = (AccountId::from_bits(1), Fence(1));
        let positions = Memory::new().ports().positions;
        let mut keeper = PositionKeeper::new(account, fence, from.clone());
        let mut saved = Vec::new();
        for (date, pts) in [(101, 10), (699, 11), (700, 12)] {
            keeper.move_to(TelegramPosition {
                date,
                channels: [(7, pts)].into(),
                ..from.clone()
            });
            keeper.save(&*positions).await.unwrap().unwrap();
            let stored = positions.telegram(account).await.unwrap().unwrap();
            saved.push((stored.date, stored.channels[&7]));
        }
        assert_eq!(saved, [(0, 10), (0, 11), (700, 12)]);
    }
}

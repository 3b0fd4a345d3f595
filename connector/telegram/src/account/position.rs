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
            self.saved = self.reached.clone();
            self.due = None;
        }
        Ok(outcome)
    }
}

fn change(from: &TelegramPosition, to: &TelegramPosition) -> TelegramPositionChange {
    let common =
        |position: &TelegramPosition| (position.pts, position.qts, position.date, position.seq);
    TelegramPositionChange {
        common: (common(from) != common(to)).then(|| common(to)),
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

        to.date = 101;
        assert_eq!(change(&from, &to).common, Some((5, 1, 101, 2)));
    }
}

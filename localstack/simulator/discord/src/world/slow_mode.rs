use super::{Author, Channel, Rejection, Sender, World};
use crate::permissions::Permissions;

impl World {
    /// Whether enough time has passed since a bot's last message here. The platform exempts
    /// bots; a setting holds them to it.
    pub(super) fn check_slow_mode(
        &self,
        sender: &Sender,
        channel: &Channel,
    ) -> Result<(), Rejection> {
        let (Sender::Bot(bot), true) = (sender, self.settings.slow_mode_for_bots) else {
            return Ok(());
        };
        let bypasses = self
            .permissions_in(channel, *bot)
            .contains(Permissions::BYPASS_SLOWMODE);
        let mut latest_first = self.messages_in(channel.id).values().rev();
        let last = latest_first
            .find(|message| matches!(message.author, Author::User(author) if author == *bot));
        let (false, Some(last)) = (bypasses, last) else {
            return Ok(());
        };
        let wait = channel.rate_limit_per_user.saturating_mul(1000);
        let passed = self.now().millis_since(last.sent_at);
        match wait.saturating_sub(passed) {
            0 => Ok(()),
            left_ms => Err(Rejection::SlowMode { left_ms }),
        }
    }
}

//! Discord's ids tell when they were given out. (API Reference, "Snowflakes")

use patchbay_domain::Timestamp;
use patchbay_domain::ids::MessageId;

const DISCORD_EPOCH: i64 = 1_420_070_400_000;
const TIME_SHIFT: u32 = 22;

/// An id below all that are given out from this moment on.
pub(crate) fn before(moment: Timestamp) -> MessageId {
    let since_epoch = u64::try_from(moment.0.saturating_sub(DISCORD_EPOCH)).unwrap_or(0);
    MessageId((since_epoch << TIME_SHIFT).saturating_sub(1))
}

pub(crate) fn time_of(message: MessageId) -> Timestamp {
    let since_epoch = i64::try_from(message.0 >> TIME_SHIFT).unwrap_or(i64::MAX);
    Timestamp(since_epoch.saturating_add(DISCORD_EPOCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_example_is_read_and_lies_after_its_moment() {
        let example = MessageId(175_928_847_299_117_063);
        assert_eq!(time_of(example), Timestamp(1_462_015_105_796));
        assert!(before(time_of(example)) < example);
        assert!(before(Timestamp(1_462_015_105_797)) > example);
        assert_eq!(before(Timestamp(0)), MessageId(0));
    }
}

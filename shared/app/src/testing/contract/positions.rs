use std::collections::BTreeMap;

use patchbay_domain::Fence;
use patchbay_domain::ids::{AccountId, DiscordChannelId, MessageId};

use super::Subject;
use crate::ports::{
    DiscordPosition, FencedOut, PortResult, TelegramPosition, TelegramPositionChange,
};

fn common(pts: i32) -> TelegramPositionChange {
    TelegramPositionChange {
        common: Some((pts, 2, 3, 4)),
        channels: BTreeMap::new(),
    }
}

fn channels(channels: &[(i64, i32)]) -> TelegramPositionChange {
    TelegramPositionChange {
        common: None,
        channels: channels.iter().copied().collect(),
    }
}

pub(super) async fn a_telegram_position_grows_part_by_part(subject: &Subject) -> PortResult<()> {
    let positions = &subject.ports.positions;
    let [account, other] = [(); 2].map(|()| AccountId::from_bits(subject.id()));
    assert_eq!(positions.telegram(account).await?, None);
    let both = TelegramPositionChange {
        common: common(1).common,
        channels: channels(&[(7, 70)]).channels,
    };
    let changes = [
        TelegramPositionChange::default(),
        both,
        channels(&[(8, 80)]),
        common(5),
    ];
    for change in &changes {
        assert_eq!(
            positions.save_telegram(account, change, Fence(1)).await?,
            Ok(())
        );
    }
    assert_eq!(
        positions.save_telegram(other, &common(9), Fence(1)).await?,
        Ok(())
    );
    assert_eq!(
        positions
            .save_telegram(account, &channels(&[(7, 71)]), Fence(2))
            .await?,
        Ok(())
    );
    let channels = BTreeMap::from([(7, 71), (8, 80)]);
    let expected = TelegramPosition {
        pts: 5,
        qts: 2,
        date: 3,
        seq: 4,
        channels,
    };
    assert_eq!(positions.telegram(account).await?, Some(expected));

    positions.forget_telegram(account).await?;
    positions.forget_telegram(account).await?;
    assert_eq!(positions.telegram(account).await?, None);
    assert!(positions.telegram(other).await?.is_some());
    Ok(())
}

pub(super) async fn an_older_owner_changes_no_telegram_position(
    subject: &Subject,
) -> PortResult<()> {
    let positions = &subject.ports.positions;
    let account = AccountId::from_bits(subject.id());
    let first = TelegramPositionChange {
        common: common(1).common,
        channels: BTreeMap::from([(7, 70), (8, 80)]),
    };
    assert_eq!(
        positions.save_telegram(account, &first, Fence(3)).await?,
        Ok(())
    );
    let before = positions.telegram(account).await?;
    for change in [
        common(9),
        channels(&[(7, 79)]),
        channels(&[(7, 79), (9, 90)]),
        first,
    ] {
        let refused = positions.save_telegram(account, &change, Fence(2)).await?;
        assert_eq!(refused, Err(FencedOut), "{change:?}");
        assert_eq!(positions.telegram(account).await?, before);
    }
    Ok(())
}

pub(super) async fn a_telegram_position_has_many_channels(subject: &Subject) -> PortResult<()> {
    let positions = &subject.ports.positions;
    let account = AccountId::from_bits(subject.id());
    let many: Vec<(i64, i32)> = (0..130).map(|n| (i64::from(n), n)).collect();
    assert_eq!(
        positions
            .save_telegram(account, &channels(&many), Fence(1))
            .await?,
        Ok(())
    );
    let found = positions.telegram(account).await?.unwrap_or_default();
    assert_eq!(found.channels, many.into_iter().collect());
    positions.forget_telegram(account).await?;
    assert_eq!(positions.telegram(account).await?, None);
    Ok(())
}

fn shard(subject: &Subject) -> u32 {
    u32::try_from(subject.number() % u64::from(u32::MAX)).unwrap_or_default()
}

fn position(sequence: u64, channels: &[(u64, u64)]) -> DiscordPosition {
    let channels = channels
        .iter()
        .map(|(c, m)| (DiscordChannelId(*c), MessageId(*m)));
    DiscordPosition {
        session: Some("session".to_owned()),
        resume_url: Some("wss://gateway.example".to_owned()),
        sequence,
        channels: channels.collect(),
    }
}

pub(super) async fn a_discord_position_is_replaced(subject: &Subject) -> PortResult<()> {
    let positions = &subject.ports.positions;
    let (this, other) = (shard(subject), shard(subject));
    assert_eq!(positions.discord(this).await?, None);
    let lost = DiscordPosition {
        session: None,
        resume_url: None,
        ..position(0, &[(1, 12)])
    };
    let steps = [
        (1, position(1, &[(1, 10), (2, 20)])),
        (1, position(2, &[(1, 11), (2, 20)])),
        (1, position(2, &[(1, 11), (2, 20)])),
        (2, position(3, &[(2, 21), (3, u64::MAX)])),
        (2, lost),
        (2, position(7, &[])),
    ];
    for (fence, position) in steps {
        assert_eq!(
            positions
                .save_discord(this, &position, Fence(fence))
                .await?,
            Ok(())
        );
        assert_eq!(positions.discord(this).await?, Some(position));
    }
    assert_eq!(positions.discord(other).await?, None);
    Ok(())
}

pub(super) async fn an_older_owner_changes_no_discord_position(
    subject: &Subject,
) -> PortResult<()> {
    let positions = &subject.ports.positions;
    let shard = shard(subject);
    let first = position(1, &[(1, 10)]);
    assert_eq!(
        positions.save_discord(shard, &first, Fence(2)).await?,
        Ok(())
    );
    let second = position(2, &[(1, 11)]);
    assert_eq!(
        positions.save_discord(shard, &second, Fence(3)).await?,
        Ok(())
    );
    for late in [
        position(9, &[(1, 19)]),
        position(9, &[(1, 11), (4, 40)]),
        position(9, &[]),
    ] {
        assert_eq!(
            positions.save_discord(shard, &late, Fence(2)).await?,
            Err(FencedOut)
        );
        assert_eq!(positions.discord(shard).await?.as_ref(), Some(&second));
    }
    Ok(())
}

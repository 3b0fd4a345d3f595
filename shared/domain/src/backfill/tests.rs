use super::*;
use crate::ids::TelegramChatId;

fn waiting() -> Backfill {
    Backfill {
        pair: PairId::from_bits(1),
        owner: UserId::from_bits(2),
        partition: PartitionId(3),
        source: ChatId::Telegram(TelegramChatId(-5)),
        extent: Extent::Since(Timestamp(5)),
        created_at: Timestamp(10),
        updated_at: Timestamp(10),
        version: 1,
        seen: Seen::default(),
        state: BackfillState::Waiting,
    }
}

fn page(last: u64, next: Option<u64>, times: &[i64]) -> PageUnderWay {
    let mut seen = Seen::default();
    for at in times {
        seen.find(Timestamp(*at));
    }
    seen.queued = 1;
    PageUnderWay {
        last: MessageId(last),
        next: next.map(MessageId),
        seen,
    }
}

#[test]
fn it_goes_from_page_to_page_and_counts_each_once() {
    let first = page(7, Some(9), &[6, 5]);
    let running = waiting().queued(first, Timestamp(11));
    assert_eq!(running.all_seen().found, 2);
    let again = running.repeated(Timestamp(12));
    assert_eq!((again.all_seen().found, again.version), (0, 3));
    let running = again.queued(first, Timestamp(13));
    let running = running.passed(first.seen, first.next, Timestamp(14));
    let reached = BackfillState::Running {
        reached: Some(MessageId(9)),
        page: None,
    };
    assert_eq!(running.state, reached);
    let last = page(12, None, &[8]);
    let done = running.queued(last, Timestamp(15));
    let done = done.passed(last.seen, last.next, Timestamp(16));
    assert_eq!(done.state, BackfillState::Done { at: Timestamp(16) });
    let all = Seen {
        found: 3,
        queued: 2,
        from: Some(Timestamp(5)),
        to: Some(Timestamp(8)),
    };
    assert_eq!((done.seen, done.all_seen()), (all, all));
}

#[test]
fn what_is_over_stays_as_it_is() {
    let under_way = waiting().queued(page(7, Some(9), &[6]), Timestamp(11));
    let over = [
        under_way.clone().cancelled(Timestamp(12)),
        under_way.failed(BackfillFailure::SourceClosed, Timestamp(12)),
        waiting().passed(Seen::default(), None, Timestamp(12)),
    ];
    for over in over {
        assert!(over.is_over());
        let later = Timestamp(20);
        for after in [
            over.clone().cancelled(later),
            over.clone().failed(BackfillFailure::LoggedOut, later),
            over.clone().queued(page(1, None, &[1]), later),
            over.clone().passed(page(1, None, &[1]).seen, None, later),
            over.clone().repeated(later),
        ] {
            assert_eq!(after, over);
        }
    }
}

#[test]
fn what_is_stored_reads_back() {
    let running = waiting().queued(page(7, Some(9), &[6]), Timestamp(11));
    let failed = running.clone().failed(
        BackfillFailure::Undeliverable {
            reason: FailReason::NotAllowed,
        },
        Timestamp(12),
    );
    for backfill in [waiting(), running, failed] {
        let stored = serde_json::to_string(&backfill).unwrap();
        let read: Backfill = serde_json::from_str(&stored).unwrap();
        assert_eq!(read, backfill, "{stored}");
    }
    assert_eq!(PostCount::try_from(0), Err(InvalidPostCount));
    assert_eq!(PostCount::try_from(1_001), Err(InvalidPostCount));
    assert_eq!(PostCount::try_from(1_000).map(PostCount::get), Ok(1_000));
}

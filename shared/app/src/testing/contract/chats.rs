use patchbay_domain::account::{TelegramChat, TelegramChatKind, TelegramTopic};
use patchbay_domain::ids::{AccountId, TelegramChatId, TopicId};

use super::Subject;
use crate::ports::PortResult;

fn chat(id: i64) -> TelegramChat {
    TelegramChat {
        id: TelegramChatId(id),
        title: format!("Chat {id}"),
        kind: TelegramChatKind::Group,
        username: None,
        can_read: true,
        can_post: true,
        is_protected: false,
        access_hash: Some(i64::MIN),
        is_forum: true,
        members: Some(u32::MAX),
        topics_read_at: None,
    }
}

fn topic(id: i32) -> TelegramTopic {
    TelegramTopic {
        id: TopicId(id),
        title: format!("Topic {id}"),
        is_closed: false,
        is_hidden: false,
        icon_color: 0x6f_b9_f0,
    }
}

pub(super) async fn topics_come_in_pages_by_id(subject: &Subject) -> PortResult<()> {
    let chats = &subject.ports.chats;
    let [account, other] = [(); 2].map(|()| AccountId::from_bits(subject.id()));
    let [forum, beside] = [-1_000_000_000_007, -1_000_000_000_008].map(TelegramChatId);
    // More than one batch of DynamoDB, the first topic twice, and out of order.
    let mut written: Vec<_> = (1..=30).rev().map(|id| topic(id * 70_000_000)).collect();
    let renamed = TelegramTopic {
        title: "Renamed".to_owned(),
        is_closed: true,
        is_hidden: true,
        ..topic(70_000_000)
    };
    written.push(renamed.clone());
    chats.put_telegram(account, &[chat(forum.0)]).await?;
    chats.put_topics(account, forum, &written).await?;
    chats.put_topics(account, beside, &[topic(5)]).await?;
    chats.put_topics(other, forum, &[topic(6)]).await?;
    let gone = [TopicId(140_000_000), TopicId(9)];
    chats.remove_topics(account, forum, &gone).await?;

    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = chats
            .topics_page(account, forum, after.as_deref(), 11)
            .await?;
        assert!(page.items.len() == 11 || page.next.is_none());
        found.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let mut expected: Vec<_> = (3..=30).map(|id| topic(id * 70_000_000)).collect();
    expected.insert(0, renamed.clone());
    assert_eq!(found, expected);
    let one = chats.telegram_topic(account, forum, renamed.id).await?;
    assert_eq!(one, Some(renamed));
    for elsewhere in [TopicId(5), TopicId(6), gone[0]] {
        let found = chats.telegram_topic(account, forum, elsewhere).await?;
        assert_eq!(found, None);
    }

    chats.remove_telegram(account, forum).await?;
    let left = chats.topics_page(account, forum, None, 10).await?;
    assert_eq!(
        (left.items, left.next),
        (vec![], None),
        "gone with the chat"
    );
    for (account, chat, left) in [(account, beside, 5), (other, forum, 6)] {
        let page = chats.topics_page(account, chat, None, 10).await?;
        assert_eq!(page.items, [topic(left)]);
    }
    Ok(())
}

pub(super) async fn telegram_chats_come_in_pages_by_id(subject: &Subject) -> PortResult<()> {
    let chats = &subject.ports.chats;
    let [account, other] = [(); 2].map(|()| AccountId::from_bits(subject.id()));
    // More than one batch of DynamoDB, the first chat twice, and out of order.
    let mut ids: Vec<i64> = (-20..20).map(|n| n * 1_000_000_007).collect();
    let mut written: Vec<_> = ids.iter().rev().map(|id| chat(*id)).collect();
    written.push(TelegramChat {
        title: "Renamed".to_owned(),
        ..chat(ids[3])
    });
    chats.put_telegram(account, &written).await?;
    chats.put_telegram(other, &[chat(5)]).await?;
    chats
        .remove_telegram(account, TelegramChatId(ids.remove(0)))
        .await?;

    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = chats.telegram_page(account, after.as_deref(), 13).await?;
        assert!(
            page.items.len() == 13 || page.next.is_none(),
            "{}",
            page.items.len()
        );
        found.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(found.len(), 39);
    assert_eq!(found.iter().map(|chat| chat.id.0).collect::<Vec<_>>(), ids);
    assert_eq!(
        chats.telegram_page(account, None, 39).await?.next,
        None,
        "exactly all"
    );
    let renamed = chats.telegram(account, TelegramChatId(ids[2])).await?;
    assert_eq!(renamed.as_ref(), Some(&found[2]));
    assert_eq!(found[2].title, "Renamed");
    assert_eq!(chats.telegram(account, TelegramChatId(5)).await?, None);
    Ok(())
}

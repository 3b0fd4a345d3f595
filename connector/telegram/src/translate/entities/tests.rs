use grammers_tl_types as tl;
use patchbay_domain::Text;
use patchbay_domain::ids::TelegramUserId;
use patchbay_domain::text::{CustomEmoji, Mentioned, Span, Style, TimestampFormat};
use proptest::prelude::*;
use tl::enums::MessageEntity;

#[test]
fn entities_become_styles() {
    let (offset, length) = (0, 4);
    let table: Vec<MessageEntity> = vec![
        tl::types::MessageEntityBold { offset, length }.into(),
        tl::types::MessageEntityItalic { offset, length }.into(),
        tl::types::MessageEntityUnderline { offset, length }.into(),
        tl::types::MessageEntityStrike { offset, length }.into(),
        tl::types::MessageEntitySpoiler { offset, length }.into(),
        tl::types::MessageEntityCode { offset, length }.into(),
        tl::types::MessageEntityPre {
            offset,
            length,
            language: "rust".to_owned(),
        }
        .into(),
        tl::types::MessageEntityPre {
            offset,
            length,
            language: String::new(),
        }
        .into(),
        tl::types::MessageEntityTextUrl {
            offset,
            length,
            url: "https://a.b".to_owned(),
        }
        .into(),
        tl::types::MessageEntityBlockquote {
            collapsed: false,
            offset,
            length,
        }
        .into(),
        tl::types::MessageEntityBlockquote {
            collapsed: true,
            offset,
            length,
        }
        .into(),
        tl::types::MessageEntityCustomEmoji {
            offset,
            length,
            document_id: 8,
        }
        .into(),
        tl::types::MessageEntityMentionName {
            offset,
            length,
            user_id: 9,
        }
        .into(),
        tl::types::MessageEntityUrl { offset, length }.into(),
        tl::types::MessageEntityMention { offset, length }.into(),
    ];
    let styles: Vec<String> = table
        .into_iter()
        .map(|entity| {
            let text = super::text("text", Some(&[entity]));
            text.spans()
                .first()
                .map_or("plain".to_owned(), |span| format!("{:?}", span.style))
        })
        .collect();
    insta::assert_snapshot!(styles.join("\n"), @r#"
    Bold
    Italic
    Underline
    Strikethrough
    Spoiler
    Code
    Pre { language: Some("rust") }
    Pre { language: None }
    Link { url: "https://a.b" }
    Quote
    ExpandableQuote
    CustomEmoji(Telegram(8))
    Mention(TelegramUser(9))
    plain
    plain
    "#);
}

/// Every style that Telegram has too.
fn styles() -> Vec<Style> {
    let timestamp = |format| Style::Timestamp {
        unix: 1_700_000_000,
        format: Some(format),
    };
    vec![
        Style::Bold,
        Style::Italic,
        Style::Underline,
        Style::Strikethrough,
        Style::Spoiler,
        Style::Code,
        Style::Pre { language: None },
        Style::Pre {
            language: Some("rust".to_owned()),
        },
        Style::Link {
            url: "https://a.b/c".to_owned(),
        },
        Style::Quote,
        Style::ExpandableQuote,
        Style::CustomEmoji(CustomEmoji::Telegram(5)),
        Style::Mention(Mentioned::TelegramUser(TelegramUserId(9))),
        timestamp(TimestampFormat::ShortTime),
        timestamp(TimestampFormat::MediumTime),
        timestamp(TimestampFormat::ShortDate),
        timestamp(TimestampFormat::LongDate),
        timestamp(TimestampFormat::LongDateShortTime),
        timestamp(TimestampFormat::FullDateShortTime),
        timestamp(TimestampFormat::ShortDateShortTime),
        timestamp(TimestampFormat::ShortDateMediumTime),
        timestamp(TimestampFormat::Relative),
    ]
}

#[test]
fn what_telegram_has_no_style_for() {
    let sent = |style| {
        let span = Span { range: 0..4, style };
        super::entities(&Text::new("text".to_owned(), vec![span]), |_| None)
    };
    let bold = tl::types::MessageEntityBold {
        offset: 0,
        length: 4,
    };
    assert_eq!(sent(Style::Heading { level: 1 }), Some(vec![bold.into()]));
    assert_eq!(sent(Style::Subtext), None);
    assert_eq!(
        sent(Style::Timestamp {
            unix: 5,
            format: None
        }),
        None
    );
    let mention = Mentioned::TelegramUser(TelegramUserId(9));
    assert_eq!(
        sent(Style::Mention(mention)),
        None,
        "nothing is known to mention them with"
    );
}

proptest! {
    #[test]
    fn styles_survive_the_way_to_telegram_and_back(
        words in prop::collection::vec("[a-zé😀]{1,6}", 1..5),
        picks in prop::collection::vec((0usize..5, 0usize..22), 0..6),
    ) {
        let mut starts = vec![0];
        for word in &words {
            starts.push(starts.last().unwrap() + word.len());
        }
        let spans = picks
            .iter()
            .filter(|(word, _)| *word < words.len())
            .map(|(word, style)| {
                let range = starts[*word]..starts[word + 1];
                Span { range, style: styles()[*style].clone() }
            })
            .collect();
        let text = Text::new(words.concat(), spans);
        let sent = super::entities(&text, |_| Some(1));
        prop_assert_eq!(super::text(text.as_str(), sent.as_deref()), text);
    }
}

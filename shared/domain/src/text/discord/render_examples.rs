//! Tables of what is written.

use super::{SEPARATOR, render, render_split};
use crate::ids::TelegramUserId;
use crate::text::{CustomEmoji, Mentioned, Span, Style, Text, TimestampFormat};

fn write(texts: &[Text]) -> String {
    let written: Vec<_> = texts.iter().map(render).collect();
    written.join("\n---\n").replace(SEPARATOR, "<separator>")
}

/// A text with each style on every place of the part given with it.
fn text(whole: &str, parts: &[(&str, Style)]) -> Text {
    let spans = parts.iter().map(|(part, style)| {
        let start = whole.find(part).unwrap();
        Span {
            range: start..start + part.len(),
            style: style.clone(),
        }
    });
    Text::new(whole.to_owned(), spans.collect())
}

fn link(url: &str) -> Style {
    Style::Link {
        url: url.to_owned(),
    }
}

fn pre(language: &str) -> Style {
    Style::Pre {
        language: (!language.is_empty()).then(|| language.to_owned()),
    }
}

#[test]
fn styles_are_written() {
    let italic = || Style::Italic;
    let bold = || Style::Bold;
    let written = [
        text("bold word", &[("bold", bold())]),
        text("hug  these spaces", &[("  these ", bold())]),
        text("mid-word", &[("wor", italic())]),
        text(
            "one two three",
            &[("one two", bold()), ("two three", italic())],
        ),
        text("abc", &[("a", italic()), ("b", bold())]),
        text("abc", &[("a", bold()), ("b", italic())]),
        text("both", &[("both", bold()), ("both", italic())]),
        text("ab", &[("a", Style::Italic), ("b", Style::Underline)]),
        text("||secret|", &[("||secret|", Style::Spoiler)]),
        text(
            "all",
            &[
                ("all", Style::Spoiler),
                ("all", Style::Strikethrough),
                ("all", Style::Underline),
                ("all", bold()),
                ("all", italic()),
                ("all", link("https://a.b")),
            ],
        ),
        text("a\nb", &[("a\nb", bold())]),
        text("- a\n- b", &[("- a\n- b", bold())]),
    ];
    insta::assert_snapshot!(write(&written), @r#"
    **bold** word
    ---
    hug  **these** spaces
    ---
    mid-*wor*d
    ---
    **one _two_** _three_
    ---
    _a_**b**c
    ---
    **a**<separator>*b*c
    ---
    **_both_**
    ---
    *a*__b__
    ---
    ||\|\|secret||\|
    ---
    ||[~~__**_all_**__~~](https://a.b)||
    ---
    **a
    b**
    ---
    - **a**
    - **b**
    "#);
}

#[test]
fn literal_text_is_escaped() {
    let written = [
        r"*a* _b_ ~~c~~ ||d|| `e` \f [g](https://h.i)",
        "> quote\n  # head\n-# sub\n>>> rest\n- # item",
        "1. one\n10. two\n1.5 a",
        "<@123> <#1> <:a:1> <t:1> a < b <3",
        ":smile: 10:30:45 https://a.b/c_d*e*f. <https://x>",
        "a > b # c - d",
        "@everyone",
    ];
    insta::assert_snapshot!(write(&written.map(Text::plain)), @r#"
    \*a\* \_b\_ \~\~c\~\~ \|\|d\|\| \`e\` \\f \[g](https://h.i)
    ---
    \> quote
      \# head
    \-# sub
    \>>> rest
    - \# item
    ---
    1\. one
    10\. two
    1.5 a
    ---
    \<@123> \<#1> \<\:a:1> \<t:1> a < b \<3
    ---
    \:smile: 10:30:45 https://a.b/c_d*e*f. \<https\://x>
    ---
    a > b # c - d
    ---
    @everyone
    "#);
}

#[test]
fn code_is_written() {
    let written = [
        text("a b", &[("a", Style::Code)]),
        text(
            "a`b `c` ``",
            &[
                ("a`b", Style::Code),
                ("`c`", Style::Code),
                ("``", Style::Code),
            ],
        ),
        text(
            "x = a**b",
            &[("a**b", Style::Code), ("x = a**b", Style::Bold)],
        ),
        text(
            "see a || b",
            &[("a || b", Style::Code), ("see a || b", Style::Spoiler)],
        ),
        text(
            "do\n  let x;\n```\nend",
            &[("  let x;\n```\n", pre("rust"))],
        ),
        text("do a; end", &[("a;", pre("no such"))]),
        text(
            "a || b\nc",
            &[("a || b", pre("")), ("b\nc", Style::Spoiler)],
        ),
    ];
    insta::assert_snapshot!(write(&written), @r#"
    `a` b
    ---
    ``a`b`` `` `c` `` `` `<separator>` ``
    ---
    **x =** `a**b`
    ---
    ||see a \|\| b||
    ---
    do
    ```rust
      let x;
    ``<separator>`
    ```
    end
    ---
    do ```
    a;
    ``` end
    ---
    a \|\| ||b
    c||
    "#);
}

#[test]
fn links_and_objects_are_written() {
    let emoji = Style::CustomEmoji(CustomEmoji::Discord {
        id: 5,
        animated: true,
    });
    let telegram_emoji = Style::CustomEmoji(CustomEmoji::Telegram(5));
    let person = Style::Mention(Mentioned::TelegramUser(TelegramUserId(7)));
    let time = |format| Style::Timestamp { unix: 60, format };
    let written = [
        text("the site", &[("site", link("https://a.b/(c)_**d"))]),
        text("https://a.b", &[("https://a.b", link("https://a.b/"))]),
        text(
            "see https://real.one here",
            &[("https://real.one", link("https://other.one"))],
        ),
        text(
            "mail us or a@b.c",
            &[
                ("us", link("mailto:d@e.f")),
                ("a@b.c", link("mailto:a@b.c")),
            ],
        ),
        text(
            "[1] open[",
            &[("[1]", link("https://a.b")), ("open[", link("https://a.b"))],
        ),
        text("https://a.b)bold", &[(")bold", Style::Bold)]),
        text(
            "(https://a.b/c_d).",
            &[("(https://a.b/c_d).", Style::Italic)],
        ),
        text(":wave_: 😀", &[(":wave_:", emoji), ("😀", telegram_emoji)]),
        text("@Ada_L", &[("@Ada_L", person)]),
        text(
            "at noon, later",
            &[
                ("noon", time(Some(TimestampFormat::Relative))),
                ("later", time(None)),
            ],
        ),
    ];
    insta::assert_snapshot!(write(&written), @r#"
    the [site](https://a.b/%28c%29_%2A%2Ad)
    ---
    <https://a.b>
    ---
    see https://real.one (<https://other.one>) here
    ---
    mail us (mailto:d@e.f) or a@b.c
    ---
    [[1]](https://a.b) open\[ (<https://a.b>)
    ---
    https://a.b)bold
    ---
    *(https://a.b/c_d).*
    ---
    <a:wave_:5> 😀
    ---
    @Ada\_L
    ---
    at <t:60:R>, later
    "#);
}

#[test]
fn blocks_are_written() {
    let written = [
        text("he said\na\n\nb\nso", &[("a\n\nb", Style::Quote)]),
        text("a b c", &[("b", Style::ExpandableQuote)]),
        text(
            "Title\ntext",
            &[
                ("Title", Style::Heading { level: 5 }),
                ("tle\nte", Style::Bold),
            ],
        ),
        text(
            "small\nq",
            &[("small", Style::Subtext), ("q", Style::Quote)],
        ),
        text(
            "in quote\ncode\nout",
            &[("in quote\ncode", Style::Quote), ("code", pre("c"))],
        ),
        text("# 1", &[("# 1", Style::Heading { level: 1 })]),
    ];
    insta::assert_snapshot!(write(&written), @r#"
    he said
    > a
    > 
    > b
    so
    ---
    a 
    > b
     c
    ---
    ### Ti**tle**
    **te**xt
    ---
    -# small
    > q
    ---
    > in quote
    > ```c
    > code
    > ```
    out
    ---
    # \# 1
    "#);
}

#[test]
fn long_text_is_written_in_parts_that_fit() {
    let stars = Text::plain("*".repeat(30));
    assert_eq!(
        render_split(&stars, 20),
        [r"\*".repeat(10), r"\*".repeat(10), r"\*".repeat(10)]
    );

    let bold = text("one two three", &[("one two three", Style::Bold)]);
    assert_eq!(render_split(&bold, 12), ["**one two** ", "**three**"]);

    let far = text(
        "go here",
        &[("here", link(&format!("https://a.b/{}", "c".repeat(99))))],
    );
    assert_eq!(render_split(&far, 50), ["go ", "here"]);
    assert!(render_split(&Text::plain(" \n "), 50).is_empty());
}

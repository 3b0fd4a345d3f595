//! Tables of what is read and what is written.

use std::fmt::Write as _;

use super::{MentionNames, NoNames, SEPARATOR, parse, render, render_split};
use crate::ids::{DiscordChannelId, DiscordUserId, TelegramUserId};
use crate::text::{CustomEmoji, Mentioned, Span, Style, Text};

struct Server;

impl MentionNames for Server {
    fn user(&self, id: DiscordUserId) -> Option<String> {
        (id.0 == 1).then(|| "Ada".to_owned())
    }

    fn role(&self, id: u64) -> Option<String> {
        (id == 2).then(|| "mods".to_owned())
    }

    fn channel(&self, id: DiscordChannelId) -> Option<String> {
        (id.0 == 3).then(|| "general".to_owned())
    }
}

fn shown(text: &Text) -> String {
    let mut shown = format!("{:?}", text.as_str());
    for span in text.spans() {
        write!(
            shown,
            "\n  {:?} {:?}",
            span.style,
            &text.as_str()[span.range.clone()]
        )
        .unwrap();
    }
    shown
}

fn read(sources: &[&str]) -> String {
    let read = |source: &&str| format!("{source:?}\n= {}", shown(&parse(source, &Server)));
    sources.iter().map(read).collect::<Vec<_>>().join("\n")
}

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
fn styles_are_read() {
    let read = read(&[
        "**bold** *it* _it_ __under__ ~~strike~~ ||spoil||",
        "***both*** ___both___ **__~~all~~__**",
        "*a **b***",
        "**a *b***",
        "snake_case_name and 2 * 3 * 4 and a*b",
        "**foo***",
        "**foo*",
        "****",
        "**open __never__ closed",
        "**a\nb**",
        r"\*not\* \_not\_ \\ \a \<@1>",
        r"¯\_(ツ)_/¯",
    ]);
    insta::assert_snapshot!(read, @r#"
    "**bold** *it* _it_ __under__ ~~strike~~ ||spoil||"
    = "bold it it under strike spoil"
      Bold "bold"
      Italic "it"
      Italic "it"
      Underline "under"
      Strikethrough "strike"
      Spoiler "spoil"
    "***both*** ___both___ **__~~all~~__**"
    = "both both all"
      Bold "both"
      Italic "both"
      Italic "both"
      Underline "both"
      Bold "all"
      Underline "all"
      Strikethrough "all"
    "*a **b***"
    = "a b"
      Italic "a b"
      Bold "b"
    "**a *b***"
    = "a b"
      Bold "a b"
      Italic "b"
    "snake_case_name and 2 * 3 * 4 and a*b"
    = "snake_case_name and 2 * 3 * 4 and a*b"
    "**foo***"
    = "foo*"
      Bold "foo*"
    "**foo*"
    = "*foo"
      Italic "foo"
    "****"
    = "**"
      Italic "**"
    "**open __never__ closed"
    = "**open never closed"
      Underline "never"
    "**a\nb**"
    = "a\nb"
      Bold "a\nb"
    "\\*not\\* \\_not\\_ \\\\ \\a \\<@1>"
    = "*not* _not_ \\ \\a <@1>"
    "¯\\_(ツ)_/¯"
    = "¯\\_(ツ)_/¯"
    "#);
}

#[test]
fn code_is_read() {
    let read = read(&[
        "`a *b* c`",
        "``a ` b`` and `` ` ``",
        "`open",
        "```rust\nlet a = *b;\n```",
        "before ```one line``` after",
        "```\n\n```",
        "```py\n```",
        "``` a",
        "**`x`**",
    ]);
    insta::assert_snapshot!(read, @r#"
    "`a *b* c`"
    = "a *b* c"
      Code "a *b* c"
    "``a ` b`` and `` ` ``"
    = "a ` b and `"
      Code "a ` b"
      Code "`"
    "`open"
    = "`open"
    "```rust\nlet a = *b;\n```"
    = "let a = *b;"
      Pre { language: Some("rust") } "let a = *b;"
    "before ```one line``` after"
    = "before one line after"
      Pre { language: None } "one line"
    "```\n\n```"
    = "```\n\n```"
    "```py\n```"
    = "py"
      Pre { language: None } "py"
    "``` a"
    = "``` a"
    "**`x`**"
    = "x"
      Bold "x"
      Code "x"
    "#);
}

#[test]
fn links_are_read() {
    let read = read(&[
        "[the **site**](https://a.b/c_d_e) and [two](<https://c.d>)",
        "<https://a.b/c> https://a.b/_x_*y*?q=1. Done",
        "[a](ftp://b.c) [](https://a.b) [https://x.y](https://a.b) [a] (https://a.b)",
        r"[[1]](https://a.b/\(c\)d) [open(https://a.b)",
    ]);
    insta::assert_snapshot!(read, @r#"
    "[the **site**](https://a.b/c_d_e) and [two](<https://c.d>)"
    = "the site and two"
      Link { url: "https://a.b/c_d_e" } "the site"
      Bold "site"
      Link { url: "https://c.d" } "two"
    "<https://a.b/c> https://a.b/_x_*y*?q=1. Done"
    = "https://a.b/c https://a.b/_x_*y*?q=1. Done"
      Link { url: "https://a.b/c" } "https://a.b/c"
    "[a](ftp://b.c) [](https://a.b) [https://x.y](https://a.b) [a] (https://a.b)"
    = "[a](ftp://b.c) [](https://a.b) [https://x.y](https://a.b) [a] (https://a.b)"
    "[[1]](https://a.b/\\(c\\)d) [open(https://a.b)"
    = "[1] [open(https://a.b)"
      Link { url: "https://a.b/(c)d" } "[1]"
    "#);
}

#[test]
fn blocks_are_read() {
    let read = read(&[
        "> one\n> **two**\nthree",
        "a\n>>> b\nc",
        "> > a",
        ">no quote",
        "# Big\n## Less\n### Least\n#### none\n#none",
        "-# small\n- # item\n1. one",
        "> # heading in quote\n> ```\n> code\n> ```",
        "a # b > c",
    ]);
    insta::assert_snapshot!(read, @r##"
    "> one\n> **two**\nthree"
    = "one\ntwo\nthree"
      Quote "one\ntwo"
      Bold "two"
    "a\n>>> b\nc"
    = "a\nb\nc"
      Quote "b\nc"
    "> > a"
    = "> a"
      Quote "> a"
    ">no quote"
    = ">no quote"
    "# Big\n## Less\n### Least\n#### none\n#none"
    = "Big\nLess\nLeast\n#### none\n#none"
      Heading { level: 1 } "Big"
      Heading { level: 2 } "Less"
      Heading { level: 3 } "Least"
    "-# small\n- # item\n1. one"
    = "small\n- # item\n1. one"
      Subtext "small"
    "> # heading in quote\n> ```\n> code\n> ```"
    = "heading in quote\ncode"
      Quote "heading in quote\ncode"
      Heading { level: 1 } "heading in quote"
      Pre { language: None } "code"
    "a # b > c"
    = "a # b > c"
    "##);
}

#[test]
fn what_stands_in_angle_brackets_is_read() {
    let read = read(&[
        "<@1> <@!1> <@9> <@&2> <@&9> <#3> <#9>",
        "</say hello:5> <id:customize> <7:linked-roles:8> <id:nothing>",
        "<:ok_hand:10><a:wave:11> <:x:12>",
        "<t:0> <t:1618953630:F> <t:1618953630:R> <t:5:x> <t:a>",
        "<@> <@a> <3 a < b > c <",
    ]);
    insta::assert_snapshot!(read, @r##"
    "<@1> <@!1> <@9> <@&2> <@&9> <#3> <#9>"
    = "@Ada @Ada @9 @mods @9 #general #9"
      Mention(DiscordUser(1)) "@Ada"
      Mention(DiscordUser(1)) "@Ada"
      Mention(DiscordUser(9)) "@9"
      Mention(DiscordRole(2)) "@mods"
      Mention(DiscordRole(9)) "@9"
      Mention(DiscordChannel(3)) "#general"
      Mention(DiscordChannel(9)) "#9"
    "</say hello:5> <id:customize> <7:linked-roles:8> <id:nothing>"
    = "/say hello Channels & Roles Linked Roles <id:nothing>"
    "<:ok_hand:10><a:wave:11> <:x:12>"
    = ":ok_hand::wave: <:x:12>"
      CustomEmoji(Discord { id: 10, animated: false }) ":ok_hand:"
      CustomEmoji(Discord { id: 11, animated: true }) ":wave:"
    "<t:0> <t:1618953630:F> <t:1618953630:R> <t:5:x> <t:a>"
    = "1 January 1970 00:00 UTC Tuesday, 20 April 2021 21:20 UTC 20 April 2021 21:20 UTC <t:5:x> <t:a>"
      Timestamp { unix: 0, format: Some(LongDateShortTime) } "1 January 1970 00:00 UTC"
      Timestamp { unix: 1618953630, format: Some(FullDateShortTime) } "Tuesday, 20 April 2021 21:20 UTC"
      Timestamp { unix: 1618953630, format: Some(Relative) } "20 April 2021 21:20 UTC"
    "<@> <@a> <3 a < b > c <"
    = "<@> <@a> <3 a < b > c <"
    "##);
    assert_eq!(parse("<@1>", &NoNames).as_str(), "@1");
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
                ("noon", time(Some(crate::text::TimestampFormat::Relative))),
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

//! Tables of what is read.

use std::fmt::Write as _;

use super::{MentionNames, NoNames, parse};
use crate::ids::{DiscordChannelId, DiscordUserId};
use crate::text::Text;

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

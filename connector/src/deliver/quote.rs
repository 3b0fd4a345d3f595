use patchbay_app::ports::Excerpt;
use patchbay_domain::text::{Span, Style};
use patchbay_domain::{Manner, Text};

/// Characters of the quoted message that are shown.
const SHOWN: usize = 80;

/// The beginning of the message that is answered, as a quotation above the answer. Where nothing
/// may tell the source, its author is left out.
pub(super) fn quoted(excerpt: &Excerpt, manner: Manner, text: &Text) -> Text {
    let said = excerpt.text.as_str().split_whitespace();
    let said = said.collect::<Vec<_>>().join(" ");
    let mut shown: String = said.chars().take(SHOWN).collect();
    if shown.len() < said.len() {
        shown.push('…');
    }
    let line = match manner {
        Manner::Copied => shown,
        Manner::Attributed | Manner::Forwarded => format!("{}: {shown}", excerpt.author),
    };
    if line.is_empty() {
        return text.clone();
    }
    let whole = Span {
        range: 0..line.len(),
        style: Style::Quote,
    };
    Text::lines([&Text::new(line, vec![whole]), text])
}

#[cfg(test)]
mod tests {
    use patchbay_domain::text::discord::render;

    use super::*;

    #[test]
    fn the_answered_message_is_shown_in_one_line() {
        let excerpt = |text: &str| Excerpt {
            author: "Ann".to_owned(),
            text: Text::plain(text),
        };
        let answer = Text::plain("yes");
        let shown = |text: &str, manner| render(&quoted(&excerpt(text), manner, &answer));
        insta::assert_snapshot!(shown("is it\ntrue?", Manner::Copied), @r"
        > is it true?
        yes
        ");
        insta::assert_snapshot!(shown("is it true?", Manner::Attributed), @r"
        > Ann: is it true?
        yes
        ");
        assert_eq!(shown("", Manner::Copied), "yes");
        let long = shown(&"é".repeat(200), Manner::Copied);
        assert_eq!(long.matches('é').count(), SHOWN);
    }
}

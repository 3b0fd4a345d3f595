/// Whether a text has links, each of them in the angle brackets in which Discord shows no preview.
pub(super) fn are_all_hidden(content: &str) -> bool {
    let mut schemes = ["https://", "http://"]
        .iter()
        .flat_map(|scheme| content.match_indices(scheme))
        .map(|(at, _)| content[..at].ends_with('<') && is_closed(&content[at..]))
        .peekable();
    schemes.peek().is_some() && schemes.all(|is_hidden| is_hidden)
}

fn is_closed(link: &str) -> bool {
    let ends = |char: char| char == '>' || char.is_whitespace();
    link.find(ends)
        .is_some_and(|end| link[end..].starts_with('>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_hidden_if_all_of_them_stand_in_brackets() {
        for (content, expected) in [
            ("<https://a.example>", true),
            (
                "see <http://a.example/x> and [there](<https://b.example>)",
                true,
            ),
            ("<https://a.example> https://b.example", false),
            ("https://a.example", false),
            ("<https://a.example and more>", false),
            ("[there](https://a.example)", false),
            ("no link", false),
        ] {
            assert_eq!(are_all_hidden(content), expected, "{content}");
        }
    }
}

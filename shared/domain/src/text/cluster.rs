//! Where a text can be cut without tearing apart what a reader sees as one character.
//!
//! These are the plain rules that matter for chat (combining marks, variation selectors, joined
//! emoji, skin tones, flags), not the whole of Unicode's segmentation, whose tables would be a
//! dependency for little gain.

const JOINER: char = '\u{200d}';

/// Whether the text may be cut at byte `at`, which must be a char boundary.
pub(super) fn is_boundary(text: &str, at: usize) -> bool {
    let (Some(before), Some(after)) = (text[..at].chars().next_back(), text[at..].chars().next())
    else {
        return true;
    };
    let torn = before == JOINER
        || extends(after)
        || (before == '\r' && after == '\n')
        || (is_flag_half(before) && is_flag_half(after) && completes_a_flag(&text[..at]));
    !torn
}

fn extends(char: char) -> bool {
    matches!(
        char,
        JOINER
            | '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5bd}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{900}'..='\u{903}'
            | '\u{93a}'..='\u{93c}'
            | '\u{93e}'..='\u{94f}'
            | '\u{e31}'
            | '\u{e34}'..='\u{e3a}'
            | '\u{e47}'..='\u{e4e}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{3099}'..='\u{309a}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fe20}'..='\u{fe2f}'
            | '\u{1f3fb}'..='\u{1f3ff}'
            | '\u{e0020}'..='\u{e007f}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

fn is_flag_half(char: char) -> bool {
    matches!(char, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Flags are pairs, so after an odd number of halves the next one belongs to the last.
fn completes_a_flag(before: &str) -> bool {
    before
        .chars()
        .rev()
        .take_while(|char| is_flag_half(*char))
        .count()
        % 2
        == 1
}

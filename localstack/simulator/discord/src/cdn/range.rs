use std::ops::Range;

/// Which bytes of a file are asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Some(Range<u64>),
    Unsatisfiable,
}

/// What a `Range` header means for a file of this size. One that cannot be read, or that asks
/// for several parts, means the whole.
pub(super) fn part_of(header: Option<&str>, size: u64) -> Part {
    let Some((first, last)) = header
        .and_then(|header| header.strip_prefix("bytes="))
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Part::Whole;
    };
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..size.min(last.saturating_add(1)),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(last)) if first.is_empty() => size.saturating_sub(last)..size,
        _ => return Part::Whole,
    };
    if range.is_empty() {
        Part::Unsatisfiable
    } else {
        Part::Some(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_has_them() {
        for (header, expected) in [
            (None, Part::Whole),
            (Some("bytes=0-3"), Part::Some(0..4)),
            (Some("bytes=4-"), Part::Some(4..10)),
            (Some("bytes=-3"), Part::Some(7..10)),
            (Some("bytes=5-100"), Part::Some(5..10)),
            (Some("bytes=10-"), Part::Unsatisfiable),
            (Some("bytes=-0"), Part::Unsatisfiable),
            (Some("bytes=0-1,4-5"), Part::Whole),
            (Some("bytes=3-1"), Part::Whole),
            (Some("lines=1-2"), Part::Whole),
        ] {
            assert_eq!(part_of(header, 10), expected, "{header:?}");
        }
    }
}

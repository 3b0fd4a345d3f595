use std::ops::Range;

pub(super) fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// Whether the ranges overlap and neither holds the other.
pub(super) fn crosses(one: &Range<usize>, other: &Range<usize>) -> bool {
    let holds = |a: &Range<usize>, b: &Range<usize>| a.start <= b.start && b.end <= a.end;
    overlap(one, other) && !holds(one, other) && !holds(other, one)
}

/// The edges strictly inside `range`.
pub(super) fn inside<'e>(edges: &'e [usize], range: &Range<usize>) -> &'e [usize] {
    let from = edges.partition_point(|edge| *edge <= range.start);
    let to = edges.partition_point(|edge| *edge < range.end);
    edges.get(from..to).unwrap_or_default()
}

pub(super) fn trimmed(
    whole: &str,
    range: Range<usize>,
    off: impl Fn(char) -> bool + Copy,
) -> Range<usize> {
    let kept = whole[range.clone()].trim_end_matches(off);
    let end = range.start + kept.len();
    end - kept.trim_start_matches(off).len()..end
}

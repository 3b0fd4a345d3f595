//! The source and the destination of a pair, message by message.

use std::collections::{BTreeMap, HashMap};

use crate::message::Message;

/// What a chat shows of one post.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) words: Vec<String>,
    pub(super) files: Vec<String>,
    /// Its messages, in their order.
    pub(super) messages: Vec<String>,
    pub(super) answers: Option<String>,
    /// The posts whose words it quotes.
    pub(super) quotes: Vec<usize>,
}

/// A message that tells of no post, such as the notice of a file that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stray {
    pub(super) message: String,
    pub(super) line: String,
}

impl Stray {
    /// Of the post that it was sent for, if the deliveries name one.
    pub(super) fn difference(self, owner: Option<usize>, is_deleted: bool) -> Difference {
        let what = match owner {
            Some(_) if is_deleted => What::NotDeleted,
            Some(_) | None => What::Unexpected,
        };
        Difference {
            post: owner.unwrap_or(usize::MAX),
            what,
            detail: format!("{}: {}", self.message, self.line),
        }
    }
}

/// A post that is not at the destination as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub post: usize,
    pub what: What,
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    Lost,
    Doubled,
    OutOfOrder,
    /// It says something else, or has other files.
    Different,
    /// It was deleted at its source, and is still there.
    NotDeleted,
    /// It answers something else, or nothing.
    Unanswered,
    /// It belongs to no post, or tells of files that its post should have.
    Unexpected,
}

/// By the words and the files, which are of one post each. Files are known by the posts they were
/// posted in.
pub(super) fn sorted(
    pair: usize,
    held: &[Message],
    owners: &HashMap<String, usize>,
) -> (BTreeMap<usize, Shown>, Vec<Stray>) {
    let mut posts: BTreeMap<usize, Shown> = BTreeMap::new();
    let mut strays = Vec::new();
    let mut waiting = Vec::new();
    for message in held {
        let words = words_of(pair, &message.own_words());
        let by_file = message
            .files
            .iter()
            .find_map(|file| owners.get(&file.sha256));
        let quotes = words_of(pair, &message.quoted);
        let own = words.first().map(|(post, _)| post).or(by_file);
        // What is quoted for a message that can't say it, such as a voice message, comes before it.
        if own.is_none() && !message.quoted.is_empty() {
            waiting.extend(quotes);
            continue;
        }
        let Some(&own) = own else {
            let known = owners.keys().cloned().collect();
            strays.push(Stray {
                message: message.id.clone(),
                line: message.line(&known, held),
            });
            continue;
        };
        let shown = posts.entry(own).or_default();
        shown.words.extend(words.into_iter().map(|(_, word)| word));
        let quotes = waiting.drain(..).chain(quotes);
        shown.quotes.extend(quotes.map(|(post, _)| post));
        let files = message.files.iter().map(|file| file.sha256.clone());
        shown.files.extend(files);
        shown.messages.push(message.id.clone());
        if shown.answers.is_none() {
            shown.answers.clone_from(&message.reply_to);
        }
    }
    (posts, strays)
}

/// Which post each word is of.
fn words_of(pair: usize, text: &str) -> Vec<(usize, String)> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let prefix = format!("p{pair}m");
    words
        .filter_map(|word| {
            let (post, _) = word.strip_prefix(&prefix)?.split_once('v')?;
            Some((post.parse().ok()?, word.to_owned()))
        })
        .collect()
}

/// `posts` is how many were posted; those that the source does not show any more were deleted.
pub(super) fn differences(
    posts: usize,
    answers: &HashMap<usize, usize>,
    source: &BTreeMap<usize, Shown>,
    destination: &BTreeMap<usize, Shown>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    for post in 0..posts {
        let (wanted, there) = (source.get(&post), destination.get(&post));
        if let Some((what, detail)) = judged(wanted, there) {
            found.push(Difference { post, what, detail });
        }
        let answered = answers.get(&post).and_then(|answered| {
            let wanted = source.get(answered)?;
            Some((*answered, wanted, destination.get(answered)?))
        });
        if let (Some((number, wanted, answered)), Some(there)) = (answered, there)
            && !is_answer(there, number, wanted, answered)
        {
            let detail = format!(
                "it should answer post {number}, which is {:?}, and answers {:?}",
                answered.messages, there.answers
            );
            let what = What::Unanswered;
            found.push(Difference { post, what, detail });
        }
    }
    found.extend(disorder(source, destination));
    found
}

/// Where there are no answers, the message is quoted; one without words can't be.
fn is_answer(there: &Shown, number: usize, wanted: &Shown, answered: &Shown) -> bool {
    match &there.answers {
        Some(message) => answered.messages.contains(message),
        None => there.quotes.contains(&number) || wanted.words.is_empty(),
    }
}

fn judged(wanted: Option<&Shown>, there: Option<&Shown>) -> Option<(What, String)> {
    match (wanted, there) {
        (None, None) => None,
        (None, Some(there)) => Some((What::NotDeleted, described(there))),
        (Some(wanted), None) => Some((What::Lost, described(wanted))),
        (Some(wanted), Some(there)) => {
            if wanted.words == there.words && wanted.files == there.files {
                return None;
            }
            let is_doubled =
                repeats(&wanted.words, &there.words) || repeats(&wanted.files, &there.files);
            let what = if is_doubled {
                What::Doubled
            } else {
                What::Different
            };
            let detail = format!(
                "source {}\n    there  {}",
                described(wanted),
                described(there)
            );
            Some((what, detail))
        }
    }
}

/// Whether something is there more often than it should be.
fn repeats(wanted: &[String], there: &[String]) -> bool {
    let count = |all: &[String], one: &String| all.iter().filter(|it| *it == one).count();
    there
        .iter()
        .any(|one| count(wanted, one) > 0 && count(there, one) > count(wanted, one))
}

/// Posts whose first message stands before that of an earlier post.
fn disorder(
    source: &BTreeMap<usize, Shown>,
    destination: &BTreeMap<usize, Shown>,
) -> Vec<Difference> {
    let mut furthest: Option<(u64, usize)> = None;
    let mut found = Vec::new();
    for (post, shown) in destination {
        if !source.contains_key(post) {
            continue;
        }
        let first = shown.messages.iter().filter_map(|id| id.parse().ok()).min();
        let Some(first): Option<u64> = first else {
            continue;
        };
        match furthest {
            Some((before, other)) if first < before => found.push(Difference {
                post: *post,
                what: What::OutOfOrder,
                detail: format!("it stands before post {other}"),
            }),
            _ => furthest = Some((first, *post)),
        }
    }
    found
}

fn described(shown: &Shown) -> String {
    let words = match shown.words.as_slice() {
        [] => "no words".to_owned(),
        [one] => one.clone(),
        [first, .., last] => format!("{} words {first}..{last}", shown.words.len()),
    };
    let files: Vec<_> = shown.files.iter().map(|hash| &hash[..8]).collect();
    format!("{words}, files {files:?}, messages {:?}", shown.messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(words: &[&str], id: &str) -> Shown {
        Shown {
            words: words.iter().map(|&word| word.to_owned()).collect(),
            messages: vec![id.to_owned()],
            ..Shown::default()
        }
    }

    #[test]
    fn everything_that_can_be_wrong_is_found() {
        let source = || BTreeMap::from([(0, shown(&["a"], "1")), (1, shown(&["b"], "2"))]);
        let judge = |there: Vec<(usize, Shown)>| {
            let there = BTreeMap::from_iter(there);
            let found = differences(3, &HashMap::from([(1, 0)]), &source(), &there);
            found
                .into_iter()
                .map(|it| (it.post, it.what))
                .collect::<Vec<_>>()
        };
        let answer = |mut shown: Shown| {
            shown.answers = Some("11".to_owned());
            shown
        };
        let first = || (0, shown(&["a"], "11"));
        let second = || (1, answer(shown(&["b"], "12")));
        assert_eq!(judge(vec![first(), second()]), []);
        assert_eq!(judge(vec![second()]), [(0, What::Lost)]);
        let twice = (0, shown(&["a", "a"], "11"));
        assert_eq!(judge(vec![twice, second()]), [(0, What::Doubled)]);
        let other = (0, shown(&["z"], "11"));
        assert_eq!(judge(vec![other, second()]), [(0, What::Different)]);
        let early = (1, answer(shown(&["b"], "10")));
        assert_eq!(judge(vec![first(), early]), [(1, What::OutOfOrder)]);
        let alone = || shown(&["b"], "12");
        assert_eq!(judge(vec![first(), (1, alone())]), [(1, What::Unanswered)]);
        let quotes = vec![0];
        let quoting = (1, Shown { quotes, ..alone() });
        assert_eq!(judge(vec![first(), quoting]), []);
        let ghost = (2, shown(&["c"], "13"));
        assert_eq!(
            judge(vec![first(), second(), ghost]),
            [(2, What::NotDeleted)]
        );
    }
}

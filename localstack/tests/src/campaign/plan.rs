//! What is done in which order. The same seed always makes the same plan.

use patchbay_domain::Platform;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use super::kind::{Editable, Kind};
use super::line::Line;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Post {
        post: usize,
        kind: Kind,
        answers: Option<usize>,
    },
    /// Its words are others.
    Edit {
        post: usize,
        kind: Kind,
        version: usize,
    },
    /// Its file is another.
    Replace {
        post: usize,
        kind: Kind,
        version: usize,
    },
    Delete {
        post: usize,
    },
    /// One message of an album alone.
    DeletePart {
        post: usize,
    },
}

impl Operation {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Post {
                kind,
                answers: None,
                ..
            } => format!("post {kind:?}").to_lowercase(),
            Self::Post { .. } => "reply".to_owned(),
            Self::Edit { .. } => "edit words".to_owned(),
            Self::Replace { .. } => "replace file".to_owned(),
            Self::Delete { .. } => "delete".to_owned(),
            Self::DeletePart { .. } => "delete part of album".to_owned(),
        }
    }

    /// The post that is another one afterwards, or gone.
    pub(super) fn changed(&self) -> Option<usize> {
        match self {
            Self::Post { .. } => None,
            Self::Edit { post, .. }
            | Self::Replace { post, .. }
            | Self::Delete { post }
            | Self::DeletePart { post } => Some(*post),
        }
    }
}

/// How soon an operation follows the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    AtOnce,
    Usual,
}

/// What is done in the source of one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script(pub(super) Vec<(Pause, Operation)>);

struct Alive {
    post: usize,
    kind: Kind,
    version: usize,
}

/// One script for each pair; together they have so many operations, and each ends with a text.
pub(super) fn plan(seed: u64, lines: &[Line], operations: usize) -> Vec<Script> {
    let mut rng = StdRng::seed_from_u64(seed);
    let share = operations.div_ceil(lines.len().max(1)).max(1);
    lines
        .iter()
        .map(|line| script(&mut rng, line, share))
        .collect()
}

fn script(rng: &mut StdRng, line: &Line, operations: usize) -> Script {
    let mut alive: Vec<Alive> = Vec::new();
    let mut posts = 0;
    let mut done = Vec::new();
    for left in (0..operations).rev() {
        let pause = if rng.random_ratio(1, 3) {
            Pause::AtOnce
        } else {
            Pause::Usual
        };
        let roll = rng.random_range(0..100);
        let picked = (!alive.is_empty()).then(|| rng.random_range(0..alive.len()));
        let operation = match picked {
            Some(picked) if left > 0 && roll < 30 && !line.is_forward() => {
                changed(rng, &mut alive[picked])
            }
            Some(picked) if left > 0 && (30..42).contains(&roll) => {
                Some(deleted(rng, &mut alive, picked))
            }
            _ => None,
        };
        let operation = operation.unwrap_or_else(|| {
            let kind = if left == 0 {
                Kind::Text
            } else {
                kind(rng, line.from)
            };
            let answers = picked.filter(|_| left > 0 && roll > 80 && !line.is_forward());
            let answers = answers.map(|picked| alive[picked].post);
            let post = posts;
            posts += 1;
            let version = 0;
            alive.push(Alive {
                post,
                kind,
                version,
            });
            Operation::Post {
                post,
                kind,
                answers,
            }
        });
        done.push((pause, operation));
    }
    Script(done)
}

/// Half of them texts, as in life.
fn kind(rng: &mut StdRng, platform: Platform) -> Kind {
    if rng.random_ratio(1, 3) {
        return Kind::Text;
    }
    let all = Kind::all(platform);
    all.choose(rng).copied().unwrap_or(Kind::Text)
}

fn changed(rng: &mut StdRng, message: &mut Alive) -> Option<Operation> {
    let has_other_file = match message.kind.editable() {
        Editable::Nothing => return None,
        Editable::Words => false,
        Editable::WordsAndFile => rng.random_ratio(1, 3),
    };
    message.version += 1;
    // A text sometimes becomes a long one, and a long one short.
    if matches!(message.kind, Kind::Text | Kind::LongText) && rng.random_ratio(1, 4) {
        message.kind = if message.kind == Kind::Text {
            Kind::LongText
        } else {
            Kind::Text
        };
    }
    let Alive {
        post,
        kind,
        version,
    } = *message;
    Some(if has_other_file {
        Operation::Replace {
            post,
            kind,
            version,
        }
    } else {
        Operation::Edit {
            post,
            kind,
            version,
        }
    })
}

fn deleted(rng: &mut StdRng, alive: &mut Vec<Alive>, picked: usize) -> Operation {
    let Alive { post, kind, .. } = alive.swap_remove(picked);
    if kind == Kind::Album && rng.random_ratio(1, 2) {
        Operation::DeletePart { post }
    } else {
        Operation::Delete { post }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_plan() {
        let lines = Line::all();
        let first = plan(7, &lines, 500);
        assert_eq!(first, plan(7, &lines, 500));
        assert_ne!(first, plan(8, &lines, 500));
        let operations: usize = first.iter().map(|script| script.0.len()).sum();
        assert!(operations >= 500);
        for script in first {
            let last = script.0.last();
            let is_text = |operation: &Operation| {
                matches!(
                    operation,
                    Operation::Post {
                        kind: Kind::Text,
                        answers: None,
                        ..
                    }
                )
            };
            assert!(last.is_some_and(|(_, operation)| is_text(operation)));
        }
    }
}

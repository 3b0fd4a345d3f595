//! How far the script was said in a source chat, also by an earlier run.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::found::{Found, Shown, found};
use super::script::{Fate, Step, Words, number_in};
use super::world::{DemoPair, World};

/// What a source chat holds of the script.
pub(super) struct Source {
    posted: BTreeMap<usize, Found>,
}

impl Source {
    pub(super) async fn read(world: &World, pair: &DemoPair, steps: &[Step]) -> Result<Self> {
        let mut posted = BTreeMap::new();
        for message in found(world, &pair.source).await? {
            let step = place_of(&message, pair, steps).and_then(|place| steps.get(place));
            match step.filter(|step| is_said(step, pair, &message.shown)) {
                Some(step) => posted.insert(step.number, message),
                None => bail!(
                    "the source chat of pair {} holds something else: {:?}",
                    pair.number,
                    message.shown
                ),
            };
        }
        Ok(Self { posted })
    }

    #[cfg(test)]
    pub(super) fn holding(posted: BTreeMap<usize, Found>) -> Self {
        Self { posted }
    }

    pub(super) fn message(&self, number: usize) -> Option<&Found> {
        self.posted.get(&number)
    }

    /// What was said and is there no more was deleted; something came after it.
    pub(super) fn was_posted(&self, step: &Step) -> bool {
        let later = || self.posted.range(step.number + 1..).next();
        self.posted.contains_key(&step.number) || (step.fate == Fate::Deleted && later().is_some())
    }
}

fn is_said(step: &Step, pair: &DemoPair, shown: &Shown) -> bool {
    let is = |words: &Words| words.in_chat(&pair.source) == shown;
    match &step.fate {
        Fate::Edited(words) => is(&step.words) || is(words),
        Fate::Stays | Fate::Deleted => is(&step.words),
    }
}

/// Which of the steps a message is, by its text or else by its first file.
pub(super) fn place_of(message: &Found, pair: &DemoPair, steps: &[Step]) -> Option<usize> {
    number_in(&message.shown.text, pair.number).or_else(|| {
        let file = message.files.first()?;
        steps.iter().position(|step| {
            step.words.telegram.text.is_empty()
                && step.files.first().is_some_and(|first| file.is(first))
        })
    })
}

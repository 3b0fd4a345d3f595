use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// A map that forgets its oldest entries, so that it never outgrows its limit.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    limit: usize,
    order: VecDeque<K>,
    entries: HashMap<K, V>,
}

impl<K: Copy + Eq + Hash, V> Recent<K, V> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            order: VecDeque::new(),
            entries: HashMap::new(),
        }
    }

    pub(crate) fn put(&mut self, key: K, value: V) {
        if self.entries.insert(key, value).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > self.limit {
            if let Some(oldest) = self.order.pop_front() {
                self.entries.remove(&oldest);
            }
        }
    }

    /// Forgets entries before their time.
    pub(crate) fn forget(&mut self, is_meant: impl Fn(&V) -> bool) {
        self.entries.retain(|_, value| !is_meant(value));
        self.order.retain(|key| self.entries.contains_key(key));
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten() {
        let mut recent = Recent::new(2);
        for key in [1, 2, 2, 3] {
            recent.put(key, key * 10);
        }
        assert_eq!(
            [recent.get(&1), recent.get(&2), recent.get(&3)],
            [None, Some(&20), Some(&30)]
        );
        recent.forget(|value| *value == 20);
        recent.put(4, 40);
        assert_eq!(
            [recent.get(&2), recent.get(&3), recent.get(&4)],
            [None, Some(&30), Some(&40)]
        );
    }
}

//! Counting what each of many holders has at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// How much each holder has at the moment. Holders that have nothing are not remembered.
#[derive(Clone, Debug)]
pub struct Counted<K: Eq + Hash> {
    counts: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Eq + Hash> Default for Counted<K> {
    fn default() -> Self {
        Self { counts: Arc::default() }
    }
}

impl<K: Eq + Hash + Clone> Counted<K> {
    /// One more for `key`, unless it has `max`; dropping it gives it back.
    #[must_use]
    pub fn take(&self, key: K, max: usize) -> Option<One<K>> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let held = counts.get(&key).copied().unwrap_or_default();
        if held >= max {
            return None;
        }
        counts.insert(key.clone(), held + 1);
        Some(One { counts: Arc::clone(&self.counts), key })
    }
}

/// One of what is counted.
#[derive(Debug)]
pub struct One<K: Eq + Hash> {
    counts: Arc<Mutex<HashMap<K, usize>>>,
    key: K,
}

impl<K: Eq + Hash> Drop for One<K> {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(&self.key) {
            Some(held) if *held > 1 => *held -= 1,
            _ => drop(counts.remove(&self.key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_so_many_and_gives_them_back() {
        let counted = Counted::default();
        let mut held: Vec<_> = (0..4).filter_map(|_| counted.take("anna", 2)).collect();
        assert_eq!(held.len(), 2);
        assert!(counted.take("bert", 2).is_some());
        held.pop();
        assert!(counted.take("anna", 2).is_some());
    }

    #[test]
    fn nothing_is_remembered_of_those_who_have_nothing() {
        let counted = Counted::default();
        drop((counted.take(1, 2), counted.take(1, 2), counted.take(2, 2)));
        assert!(counted.counts.lock().expect("unharmed").is_empty());
    }
}

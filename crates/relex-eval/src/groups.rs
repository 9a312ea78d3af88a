//! Rows in groups (the rows of one sentence), numbered so that the groups' own names steer nothing.

use std::collections::HashMap;

use rand_chacha::ChaCha8Rng;

use crate::chance::{below, shuffled, stream};

/// The group of every row, numbered 0, 1, … by first appearance, and the rows of every group.
#[derive(Debug, Clone)]
pub(crate) struct RowGroups {
    of_row: Vec<u32>,
    rows: Vec<Vec<u32>>,
}

impl RowGroups {
    /// Rows with equal keys form a group. There must be fewer than 2³² rows.
    pub(crate) fn new(keys: &[usize]) -> Self {
        let mut numbers = HashMap::with_capacity(keys.len());
        let mut rows: Vec<Vec<u32>> = Vec::new();
        let of_row = (0..)
            .zip(keys)
            .map(|(row, &key)| {
                let group = *numbers.entry(key).or_insert_with(|| {
                    rows.push(Vec::new());
                    rows.len() as u32 - 1
                });
                rows[group as usize].push(row);
                group
            })
            .collect();
        Self { of_row, rows }
    }

    /// How many groups there are.
    pub(crate) fn count(&self) -> usize {
        self.rows.len()
    }

    /// The group of each row. `[rows]`
    pub(crate) fn of_rows(&self) -> &[u32] {
        &self.of_row
    }

    /// The rows of each group, ascending. `[groups]`
    pub(crate) fn members(&self) -> &[Vec<u32>] {
        &self.rows
    }

    /// The most rows that a group has; 0 without rows.
    pub(crate) fn largest(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// Draws as many groups as there are, with replacement, and hands each to `take`.
    pub(crate) fn draw(&self, stream: &mut ChaCha8Rng, mut take: impl FnMut(usize)) {
        for _ in 0..self.count() {
            take(below(stream, self.count()));
        }
    }

    /// A fold below `folds` for each row, rows of one group in the same one; groups are dealt in random order, so that
    /// folds hold about as many groups each. `[rows]`
    pub(crate) fn folds(&self, folds: usize, seed: u64) -> Vec<usize> {
        let order = shuffled(self.count(), &mut stream(seed, "folds", 0));
        let mut fold = vec![0; self.count()];
        for (position, group) in order.into_iter().enumerate() {
            fold[group] = position % folds.max(1);
        }
        self.of_row.iter().map(|&group| fold[group as usize]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_first_appearance() {
        let groups = RowGroups::new(&[7, 7, 900, 3, 7]);
        assert_eq!(groups.of_rows(), [0, 0, 1, 2, 0]);
        assert_eq!(groups.members(), [vec![0, 1, 4], vec![2], vec![3]]);
        assert_eq!((groups.count(), groups.largest()), (3, 3));
        assert_eq!((RowGroups::new(&[]).count(), RowGroups::new(&[]).largest()), (0, 0));
    }

    #[test]
    fn folds_are_even_and_no_group_straddles_them() {
        let keys: Vec<usize> = (0..100).map(|row| row / 2).collect();
        let groups = RowGroups::new(&keys);
        let folds = groups.folds(5, 7);
        for pair in folds.chunks(2) {
            assert_eq!(pair[0], pair[1]);
        }
        for fold in 0..5 {
            assert_eq!(folds.iter().filter(|&&found| found == fold).count(), 20);
        }
        assert_ne!(folds, groups.folds(5, 8));
    }
}

//! A partition of rows into groups.

use std::collections::HashMap;
use std::hash::Hash;

/// The group of every row. Groups are numbered from 0 by first appearance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    group_of: Vec<usize>,
    count: usize,
}

impl Groups {
    /// Rows with equal keys form a group.
    pub(crate) fn from_keys<K: Hash + Eq>(keys: impl Iterator<Item = K>) -> Self {
        let mut numbers = HashMap::with_capacity(keys.size_hint().0);
        let group_of: Vec<usize> = keys
            .map(|key| {
                let next = numbers.len();
                *numbers.entry(key).or_insert(next)
            })
            .collect();
        Self {
            group_of,
            count: numbers.len(),
        }
    }

    /// The group of a row.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn of(&self, row: usize) -> usize {
        self.group_of[row]
    }

    /// The group of every row, in row order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = usize> {
        self.group_of.iter().copied()
    }

    /// The number of groups, those of a single row included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The number of rows of every group.
    #[must_use]
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.count];
        for group in self.iter() {
            sizes[group] += 1;
        }
        sizes
    }

    /// The rows of every group, ascending.
    #[must_use]
    pub fn members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.count];
        for (row, group) in self.iter().enumerate() {
            members[group].push(row);
        }
        members
    }

    /// The first row of every group.
    pub(crate) fn first_rows(&self) -> Vec<usize> {
        let mut rows = Vec::with_capacity(self.count);
        for (row, group) in self.iter().enumerate() {
            if group == rows.len() {
                rows.push(row);
            }
        }
        rows
    }
}

/// Disjoint sets with path halving; the smaller number is the root, so that the outcome does not depend on the order of joins.
pub(super) struct DisjointSets {
    parent: Vec<usize>,
}

impl DisjointSets {
    pub(super) fn new(count: usize) -> Self {
        Self {
            parent: (0..count).collect(),
        }
    }

    pub(super) fn join(&mut self, left: usize, right: usize) {
        let (left, right) = (self.root(left), self.root(right));
        self.parent[left.max(right)] = left.min(right);
    }

    pub(super) fn root(&mut self, mut item: usize) -> usize {
        while self.parent[item] != item {
            self.parent[item] = self.parent[self.parent[item]];
            item = self.parent[item];
        }
        item
    }

    /// The root of every item.
    pub(super) fn roots(&mut self) -> Vec<usize> {
        (0..self.parent.len()).map(|item| self.root(item)).collect()
    }

    pub(super) fn into_groups(mut self) -> Groups {
        Groups::from_keys(self.roots().into_iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_numbered_by_first_appearance() {
        let groups = Groups::from_keys([7, 3, 7, 9, 3].into_iter());
        assert_eq!(groups.iter().collect::<Vec<_>>(), [0, 1, 0, 2, 1]);
        assert_eq!((groups.count(), groups.sizes().iter().sum::<usize>()), (3, 5));
        assert_eq!(groups.members(), [vec![0, 2], vec![1, 4], vec![3]]);
        assert_eq!(groups.first_rows(), [0, 1, 3]);
    }

    #[test]
    fn joins_are_transitive_whatever_their_order() {
        let grouped = |joins: &[(usize, usize)]| {
            let mut sets = DisjointSets::new(6);
            for (left, right) in joins {
                sets.join(*left, *right);
            }
            sets.into_groups()
        };
        let groups = grouped(&[(4, 5), (0, 4), (1, 2)]);
        assert_eq!(groups, grouped(&[(2, 1), (5, 0), (5, 4)]));
        assert_eq!(groups.members(), [vec![0, 4, 5], vec![1, 2], vec![3]]);
    }
}

//! Averages of ranks, within each label's column.

use super::blend::{Part, copy_row};
use crate::probabilities::ProbabilityTable;

/// See [`Blend::Rank`](super::Blend::Rank). A row of which nothing is left is the soft average's.
pub(super) fn ranked_average(parts: &[Part<'_>], soft: &ProbabilityTable) -> ProbabilityTable {
    let (rows, classes) = (soft.len(), soft.classes());
    let mut values = vec![0.0; rows * classes];
    for class in 0..classes {
        let columns: Vec<Column> = parts.iter().map(|(table, _)| Column::new(table, class)).collect();
        for row in 0..rows {
            let position: f64 = columns
                .iter()
                .zip(parts)
                .map(|(column, (_, weight))| weight * column.positions[row])
                .sum();
            values[row * classes + class] = columns
                .iter()
                .zip(parts)
                .map(|(column, (_, weight))| weight * column.value_at(position))
                .sum();
        }
    }
    soft.rewritten(|row, shares| {
        let start = row * classes;
        if values[start..start + classes].iter().any(|&value| value > 0.0) {
            copy_row(&values, row, shares);
        }
    })
}

/// A label's probabilities in one member.
struct Column {
    /// From the smallest up.
    sorted: Vec<f64>,
    /// Position of each row's value in `sorted`; rows of equal value share the mean of theirs. `[rows]`
    positions: Vec<f64>,
}

impl Column {
    fn new(table: &ProbabilityTable, class: usize) -> Self {
        let values: Vec<f64> = table.rows().map(|row| row[class]).collect();
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let mut positions = vec![0.0; values.len()];
        let mut start = 0;
        for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
            let mean = start as f64 + (tied.len() - 1) as f64 / 2.0;
            tied.iter().for_each(|&row| positions[row] = mean);
            start += tied.len();
        }
        Self {
            sorted: order.iter().map(|&row| values[row]).collect(),
            positions,
        }
    }

    /// The value at a position between two rows, interpolated.
    fn value_at(&self, position: f64) -> f64 {
        let below = (position.floor() as usize).min(self.sorted.len() - 1);
        let above = (below + 1).min(self.sorted.len() - 1);
        self.sorted[below] + (self.sorted[above] - self.sorted[below]) * (position - below as f64).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_the_mean_of_their_positions() {
        let table = ProbabilityTable::new(vec![0.3, 0.7, 0.1, 0.9, 0.3, 0.7, 0.8, 0.2], 2).unwrap();
        let column = Column::new(&table, 0);
        // Sorted: 0.1, 0.3, 0.3, 0.8; the two 0.3 stand at 1 and 2.
        assert_eq!(column.positions, [1.5, 0.0, 1.5, 3.0]);
        approx::assert_abs_diff_eq!(column.value_at(1.5), 0.3);
        approx::assert_abs_diff_eq!(column.value_at(2.5), (0.3 + 0.8) / 2.0);
    }
}

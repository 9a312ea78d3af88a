//! Items in random order, dealt to one validation set or several folds.
//!
//! Like [`balance`](super::balance) these return the bin of every item; of a hold-out, bin 0 is for validation and bin 1
//! for training. `chance` is asked once an item, in the items' order.

use crate::labels::LabelId;

/// A share of all items, rounded to the nearest number but 0 and all.
pub(super) fn draw(items: usize, fraction: f64, chance: &mut dyn FnMut() -> u64) -> Vec<usize> {
    let order = shuffled(items, chance);
    let mut bins = vec![1; items];
    for item in order
        .into_iter()
        .take(rounded(items, fraction).clamp(1, items.max(2) - 1))
    {
        bins[item] = 0;
    }
    bins
}

/// Of every label its share of items, less than one item off: rounded so that the whole is its share, too. A label with
/// two items or more is on both sides, which may add an item to the whole.
pub(super) fn draw_by_label(
    labels: &[LabelId],
    label_count: usize,
    fraction: f64,
    chance: &mut dyn FnMut() -> u64,
) -> Vec<usize> {
    let mut by_label = vec![Vec::new(); label_count];
    for item in shuffled(labels.len(), chance) {
        by_label[labels[item].index()].push(item);
    }
    let sizes: Vec<usize> = by_label.iter().map(Vec::len).collect();
    let mut bins = vec![1; labels.len()];
    for (items, quota) in by_label.iter().zip(quotas(&sizes, fraction)) {
        for item in &items[..quota] {
            bins[*item] = 0;
        }
    }
    bins
}

/// Folds whose sizes differ by one item at most.
pub(super) fn deal(items: usize, folds: usize, chance: &mut dyn FnMut() -> u64) -> Vec<usize> {
    in_turn(&shuffled(items, chance), folds)
}

/// Folds whose sizes differ by one item at most, in all and of every label.
pub(super) fn deal_by_label(labels: &[LabelId], folds: usize, chance: &mut dyn FnMut() -> u64) -> Vec<usize> {
    let mut order = shuffled(labels.len(), chance);
    // Stable: within a label the order stays random.
    order.sort_by_key(|item| labels[*item]);
    in_turn(&order, folds)
}

fn shuffled(items: usize, chance: &mut dyn FnMut() -> u64) -> Vec<usize> {
    let keys: Vec<u64> = (0..items).map(|_| chance()).collect();
    let mut order: Vec<usize> = (0..items).collect();
    order.sort_by_key(|item| keys[*item]);
    order
}

fn in_turn(order: &[usize], folds: usize) -> Vec<usize> {
    let mut bins = vec![0; order.len()];
    for (at, item) in order.iter().enumerate() {
        bins[*item] = at % folds;
    }
    bins
}

/// How many of every label: its share rounded down, and one more for the largest remainders until the whole is reached.
fn quotas(sizes: &[usize], fraction: f64) -> Vec<usize> {
    let wanted = rounded(sizes.iter().sum(), fraction);
    let fair: Vec<f64> = sizes.iter().map(|size| *size as f64 * fraction).collect();
    let mut quotas: Vec<usize> = sizes
        .iter()
        .map(|size| {
            let whole = (*size as f64 * fraction).floor() as usize;
            if *size < 2 { whole } else { whole.clamp(1, *size - 1) }
        })
        .collect();
    let remainder = |label: usize| fair[label] - quotas[label] as f64;
    let has_room = |label: usize| remainder(label) > 0.0 && quotas[label] + 1 < sizes[label].max(2);
    let mut by_remainder: Vec<usize> = (0..sizes.len()).filter(|label| has_room(*label)).collect();
    by_remainder.sort_by(|left, right| remainder(*right).total_cmp(&remainder(*left)));
    by_remainder.truncate(wanted.saturating_sub(quotas.iter().sum()));
    for label in by_remainder {
        quotas[label] += 1;
    }
    quotas
}

fn rounded(items: usize, fraction: f64) -> usize {
    (items as f64 * fraction).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_round_so_that_the_whole_is_its_share() {
        let check = |sizes: &[usize], fraction: f64, expected: &[usize]| {
            assert_eq!(quotas(sizes, fraction), expected, "{fraction} of {sizes:?}");
        };
        // 2.5, 1.25 and 1.25 of 5: the largest remainder gets the row that 2 + 1 + 1 lack.
        check(&[10, 5, 5], 0.25, &[3, 1, 1]);
        check(&[10, 10], 0.5, &[5, 5]);
        // 0.2 and 0.3 would be none, but a label of two rows or more is on both sides; 9.0 and 0.9 + 1 of 10.
        check(&[90, 2, 3, 5], 0.1, &[9, 1, 1, 1]);
        check(&[2, 3], 0.9, &[1, 2]);
        // A single row goes where its share is nearer, and a label without rows nowhere.
        check(&[1, 10, 0], 0.1, &[0, 1, 0]);
        check(&[1, 1], 0.5, &[1, 0]);
    }
}

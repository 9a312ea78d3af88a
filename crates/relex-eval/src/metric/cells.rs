//! Rows counted by gold and predicted label, in [`LANES`] resamples at a time. Every score that looks at labels alone
//! follows from these counts, so one walk over the rows serves all of them.

use std::collections::HashMap;

use super::percent;
use crate::bootstrap::{LANES, RowWeights};

/// A number in each lane.
type Lanes = [f64; LANES];

/// Rows sorted into the cells of the confusion matrix that are not empty.
#[derive(Debug)]
pub(crate) struct Cells {
    /// The cell of each row. `[rows]`
    of_row: Vec<u32>,
    /// Gold and predicted label of each cell.
    labels: Vec<(usize, usize)>,
    classes: usize,
    negative: usize,
}

/// How many rows of weight each label has.
#[derive(Debug, Clone)]
pub(crate) struct LabelCounts {
    /// Rows predicted right. `[classes]`
    pub(super) hits: Vec<RowWeights>,
    /// Gold rows. `[classes]`
    pub(super) gold: Vec<RowWeights>,
    /// Predicted rows. `[classes]`
    pub(super) predicted: Vec<RowWeights>,
    negative: usize,
}

impl Cells {
    /// `gold` and `predicted` have equal length and hold labels below `classes`.
    pub(crate) fn new(gold: &[usize], predicted: &[usize], classes: usize, negative: usize) -> Self {
        let mut numbers = HashMap::new();
        let mut labels = Vec::new();
        let of_row = gold
            .iter()
            .zip(predicted)
            .map(|(&gold, &predicted)| {
                *numbers.entry((gold, predicted)).or_insert_with(|| {
                    labels.push((gold, predicted));
                    labels.len() as u32 - 1
                })
            })
            .collect();
        Self {
            of_row,
            labels,
            classes,
            negative,
        }
    }

    pub(crate) fn classes(&self) -> usize {
        self.classes
    }

    /// The counts under the weights of every row.
    pub(crate) fn count(&self, weights: &[RowWeights]) -> LabelCounts {
        let mut cells = vec![[0; LANES]; self.labels.len()];
        for (&cell, weight) in self.of_row.iter().zip(weights) {
            add(&mut cells[cell as usize], weight);
        }
        let none = vec![[0; LANES]; self.classes];
        let mut counts = LabelCounts {
            hits: none.clone(),
            gold: none.clone(),
            predicted: none,
            negative: self.negative,
        };
        for (&(gold, predicted), cell) in self.labels.iter().zip(&cells) {
            add(&mut counts.gold[gold], cell);
            add(&mut counts.predicted[predicted], cell);
            if gold == predicted {
                add(&mut counts.hits[gold], cell);
            }
        }
        counts
    }

    /// The counts without the rows of one group in each lane, by subtraction; `all` are those of every row, once.
    pub(crate) fn count_without(&self, all: &LabelCounts, left_out: &[Vec<u32>]) -> LabelCounts {
        let mut counts = all.clone();
        for (lane, rows) in left_out.iter().enumerate() {
            for &row in rows {
                let (gold, predicted) = self.labels[self.of_row[row as usize] as usize];
                counts.gold[gold][lane] -= 1;
                counts.predicted[predicted][lane] -= 1;
                if gold == predicted {
                    counts.hits[gold][lane] -= 1;
                }
            }
        }
        counts
    }
}

impl LabelCounts {
    pub(crate) fn accuracy(&self) -> Lanes {
        share(&sum(&self.hits), &sum(&self.gold))
    }

    pub(crate) fn micro_precision(&self) -> Lanes {
        share(&self.positive(&self.hits), &self.positive(&self.predicted))
    }

    pub(crate) fn micro_recall(&self) -> Lanes {
        share(&self.positive(&self.hits), &self.positive(&self.gold))
    }

    pub(crate) fn micro_f1(&self) -> Lanes {
        f1(
            &self.positive(&self.hits),
            &self.positive(&self.gold),
            &self.positive(&self.predicted),
        )
    }

    pub(crate) fn macro_precision(&self) -> Lanes {
        self.mean_of_present(|class| share(&self.hits[class], &self.predicted[class]))
    }

    pub(crate) fn macro_recall(&self) -> Lanes {
        self.mean_of_present(|class| share(&self.hits[class], &self.gold[class]))
    }

    pub(crate) fn macro_f1(&self) -> Lanes {
        self.mean_of_present(|class| self.label_f1(class))
    }

    /// F1 of one label in percent; 0 where it has neither a gold nor a predicted row.
    pub(crate) fn label_f1(&self, class: usize) -> Lanes {
        f1(&self.hits[class], &self.gold[class], &self.predicted[class])
    }

    /// Sum over the labels other than the negative one.
    fn positive(&self, counts: &[RowWeights]) -> RowWeights {
        let mut total = sum(counts);
        if let Some(negative) = counts.get(self.negative) {
            for lane in 0..LANES {
                total[lane] -= negative[lane];
            }
        }
        total
    }

    /// Mean of a score over the labels, other than the negative one, that have a gold row in the lane; 0 if none has.
    fn mean_of_present(&self, score: impl Fn(usize) -> Lanes) -> Lanes {
        let classes = (0..self.gold.len()).filter(|&class| class != self.negative);
        mean_where_gold(classes.map(|class| (self.gold[class], score(class))))
    }
}

/// Mean of the scores in each lane over the items with gold rows there; 0 without any.
pub(super) fn mean_where_gold(items: impl Iterator<Item = (RowWeights, Lanes)>) -> Lanes {
    let mut total = [0.0; LANES];
    let mut count = [0.0_f64; LANES];
    for (gold, score) in items {
        for lane in 0..LANES {
            if gold[lane] > 0 {
                total[lane] += score[lane];
                count[lane] += 1.0;
            }
        }
    }
    std::array::from_fn(|lane| total[lane] / count[lane].max(1.0))
}

/// F1 in percent in each lane; 0 where there is neither a gold nor a predicted row.
pub(super) fn f1(hits: &RowWeights, gold: &RowWeights, predicted: &RowWeights) -> Lanes {
    std::array::from_fn(|lane| {
        let claims = f64::from(gold[lane]) + f64::from(predicted[lane]);
        percent(2.0 * f64::from(hits[lane]), claims)
    })
}

pub(super) fn add(sum: &mut RowWeights, weights: &RowWeights) {
    for lane in 0..LANES {
        sum[lane] += weights[lane];
    }
}

fn share(part: &RowWeights, whole: &RowWeights) -> Lanes {
    std::array::from_fn(|lane| percent(f64::from(part[lane]), f64::from(whole[lane])))
}

fn sum(counts: &[RowWeights]) -> RowWeights {
    let mut total = [0; LANES];
    for count in counts {
        add(&mut total, count);
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{accuracy, macro_average, micro_average};
    use proptest::prelude::*;

    /// Small labels and small weights, of which the first lane has all ones.
    fn rows() -> impl Strategy<Value = Vec<(usize, usize, u32)>> {
        prop::collection::vec((0_usize..5, 0_usize..5, 0_u32..3), 1..40)
    }

    proptest! {
        /// A weighted row counts as if it were written out as often as its weight says.
        #[test]
        fn weights_are_repetitions(rows in rows(), negative in 0_usize..6) {
            let (gold, predicted): (Vec<usize>, Vec<usize>) = rows.iter().map(|row| (row.0, row.1)).unzip();
            let weights: Vec<RowWeights> = rows.iter().map(|row| [1, row.2, 0, 0, 0, 0, 0, 0]).collect();
            let counts = Cells::new(&gold, &predicted, 5, negative).count(&weights);
            for lane in 0..3 {
                let repeated = |labels: &[usize]| -> Vec<usize> {
                    labels.iter().zip(&weights).flat_map(|(&label, weight)| vec![label; weight[lane] as usize]).collect()
                };
                let (gold, predicted) = (repeated(&gold), repeated(&predicted));
                if gold.is_empty() {
                    prop_assert_eq!(counts.accuracy()[lane], 0.0);
                    prop_assert_eq!(counts.macro_f1()[lane], 0.0);
                    continue;
                }
                let micro = micro_average(&gold, &predicted, negative).unwrap();
                let mean = macro_average(&gold, &predicted, 5, negative).unwrap();
                for (found, expected) in [
                    (counts.accuracy(), accuracy(&gold, &predicted).unwrap()),
                    (counts.micro_precision(), micro.precision),
                    (counts.micro_recall(), micro.recall),
                    (counts.micro_f1(), micro.f1),
                    (counts.macro_precision(), mean.precision),
                    (counts.macro_recall(), mean.recall),
                    (counts.macro_f1(), mean.f1),
                ] {
                    prop_assert!((found[lane] - expected).abs() < 1e-9, "{} {}", found[lane], expected);
                }
            }
        }
    }
}

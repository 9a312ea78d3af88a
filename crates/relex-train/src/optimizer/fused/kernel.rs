//! The arithmetic of one chunk, vectorised by `pulp`.

use crate::optimizer::{adamw, lion};

pub(super) struct AdamW<'a> {
    pub(super) w: &'a mut [f32],
    pub(super) g: &'a [f32],
    pub(super) m: &'a mut [f32],
    pub(super) v: &'a mut [f32],
    pub(super) update: adamw::Update,
}

impl pulp::NullaryFnOnce for AdamW<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let adamw::Update {
            beta_1,
            beta_2,
            epsilon,
            decay,
            step_size,
            second_correction,
        } = self.update;
        let moments = self.m.iter_mut().zip(self.v.iter_mut());
        for ((w, &g), (m, v)) in self.w.iter_mut().zip(self.g).zip(moments) {
            *m = *m * beta_1 + g * (1.0 - beta_1);
            *v = *v * beta_2 + g * g * (1.0 - beta_2);
            *w = *w * decay - *m * step_size / (v.sqrt() * second_correction + epsilon);
        }
    }
}

pub(super) struct Lion<'a> {
    pub(super) w: &'a mut [f32],
    pub(super) g: &'a [f32],
    pub(super) m: &'a mut [f32],
    pub(super) update: lion::Update,
}

impl pulp::NullaryFnOnce for Lion<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let lion::Update {
            beta_1,
            beta_2,
            decay,
            step_size,
        } = self.update;
        for ((w, &g), m) in self.w.iter_mut().zip(self.g).zip(self.m) {
            let direction = *m * beta_1 + g * (1.0 - beta_1);
            let sign = f32::from(u8::from(direction > 0.0)) - f32::from(u8::from(direction < 0.0));
            *w = *w * decay - sign * step_size;
            *m = *m * beta_2 + g * (1.0 - beta_2);
        }
    }
}

/// The sum of squares, in an order that does not depend on the processor.
pub(super) struct Squares<'a>(pub(super) &'a [f32]);

impl pulp::NullaryFnOnce for Squares<'_> {
    type Output = f32;

    #[inline(always)]
    fn call(self) -> f32 {
        let mut lanes = [0.0f32; 32];
        let (blocks, rest) = self.0.as_chunks::<32>();
        for block in blocks {
            for (lane, x) in lanes.iter_mut().zip(block) {
                *lane += x * x;
            }
        }
        lanes.iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>()
    }
}

pub(super) struct Scale<'a>(pub(super) &'a mut [f32], pub(super) f32);

impl pulp::NullaryFnOnce for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for x in self.0 {
            *x *= self.1;
        }
    }
}

/// `x · factor_x + y · factor_y`, into `x`.
pub(super) struct MultiplyAdd<'a> {
    pub(super) x: &'a mut [f32],
    pub(super) factor_x: f32,
    pub(super) y: &'a [f32],
    pub(super) factor_y: f32,
}

impl pulp::NullaryFnOnce for MultiplyAdd<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (x, &y) in self.x.iter_mut().zip(self.y) {
            *x = *x * self.factor_x + y * self.factor_y;
        }
    }
}

/// Adds the squares of a block of rows to the columns' sums, and writes each row's.
pub(super) struct RowsAndColumns<'a> {
    pub(super) block: &'a [f32],
    pub(super) rows: &'a mut [f32],
    pub(super) columns: &'a mut [f32],
}

impl pulp::NullaryFnOnce for RowsAndColumns<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let width = self.columns.len();
        for (sum, row) in self.rows.iter_mut().zip(self.block.chunks_exact(width)) {
            for (column, x) in self.columns.iter_mut().zip(row) {
                *column += x * x;
            }
            *sum = Squares(row).call();
        }
    }
}

/// Multiplies each element of a block of rows by its row's and its column's factor; the sum of the results' squares.
pub(super) struct Factors<'a> {
    pub(super) block: &'a mut [f32],
    pub(super) rows: &'a [f32],
    pub(super) columns: &'a [f32],
}

impl pulp::NullaryFnOnce for Factors<'_> {
    type Output = f32;

    #[inline(always)]
    fn call(self) -> f32 {
        for (&factor, row) in self.rows.iter().zip(self.block.chunks_exact_mut(self.columns.len())) {
            for (x, column) in row.iter_mut().zip(self.columns) {
                *x *= factor * column;
            }
        }
        Squares(self.block).call()
    }
}

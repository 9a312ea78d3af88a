//! What a run costs, over all the processes that worked on it.

use std::{path::Path, time::Instant};

use relex_train::TrainError;
use serde::{Deserialize, Serialize};

use crate::system::processor_seconds;

/// Seconds that a run has taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Cost {
    /// From start to end, evaluations included.
    pub(super) wall_seconds: f64,
    /// Of these, in training steps.
    pub(super) train_seconds: f64,
    /// Of those, in putting batches together and handing them to the device.
    #[serde(default)]
    pub(super) data_seconds: f64,
    /// Processor time in all threads; 0 where the system does not tell it.
    pub(super) processor_seconds: f64,
}

impl Cost {
    /// Share of data work in the training steps.
    pub(super) fn data_share(&self) -> f64 {
        self.data_seconds / self.train_seconds.max(f64::MIN_POSITIVE)
    }
}

/// A clock that goes on where the process before stopped it.
#[derive(Debug)]
pub(super) struct Clock {
    start: Instant,
    before: Cost,
    training: Option<Instant>,
    train_seconds: f64,
    preparing: Option<Instant>,
    data_seconds: f64,
}

impl Clock {
    /// A clock that began at `start`.
    pub(super) fn since(start: Instant) -> Self {
        Self {
            start,
            before: Cost::default(),
            training: None,
            train_seconds: 0.0,
            preparing: None,
            data_seconds: 0.0,
        }
    }

    /// Adds what the processes before had taken when they wrote the checkpoint that the run goes on from. A file that is
    /// missing or damaged counts as nothing: no result depends on it.
    pub(super) fn go_on(&mut self, path: &Path) {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        self.before = serde_json::from_str(&text).unwrap_or_default();
    }

    /// Training goes on, after loading or an evaluation.
    pub(super) fn train(&mut self) {
        self.training.get_or_insert_with(Instant::now);
    }

    /// A batch is being put together, as part of training.
    pub(super) fn prepare(&mut self) {
        self.train();
        self.preparing = Some(Instant::now());
    }

    /// The batch is there.
    pub(super) fn prepared(&mut self) {
        if let Some(since) = self.preparing.take() {
            self.data_seconds += since.elapsed().as_secs_f64();
        }
    }

    /// Something else begins.
    pub(super) fn pause(&mut self) {
        if let Some(since) = self.training.take() {
            self.train_seconds += since.elapsed().as_secs_f64();
        }
    }

    /// Seconds in training steps, of this process alone.
    pub(super) fn own_train_seconds(&self) -> f64 {
        let running = self.training.map_or(0.0, |since| since.elapsed().as_secs_f64());
        self.train_seconds + running
    }

    /// Share of data work in the training steps, of this process alone.
    pub(super) fn own_data_share(&self) -> f64 {
        self.data_seconds / self.own_train_seconds().max(f64::MIN_POSITIVE)
    }

    /// What the run has cost until now.
    pub(super) fn read(&self) -> Cost {
        Cost {
            wall_seconds: self.before.wall_seconds + self.start.elapsed().as_secs_f64(),
            train_seconds: self.before.train_seconds + self.own_train_seconds(),
            data_seconds: self.before.data_seconds + self.data_seconds,
            processor_seconds: self.before.processor_seconds + processor_seconds().unwrap_or(0.0),
        }
    }

    /// Writes down what the run has cost, for [`Self::go_on`].
    pub(super) fn write(&self, path: &Path) -> Result<(), TrainError> {
        let json = serde_json::to_vec(&self.read()).unwrap_or_default();
        Ok(relex_data::write_atomically(path, &json)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_goes_on_from_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cost.json");
        let mut clock = Clock::since(Instant::now());
        clock.go_on(&path);
        assert!(clock.read().wall_seconds < 60.0);
        let before = Cost {
            wall_seconds: 1000.0,
            train_seconds: 500.0,
            data_seconds: 4.0,
            processor_seconds: 2000.0,
        };
        std::fs::write(&path, serde_json::to_vec(&before).unwrap()).unwrap();
        clock.go_on(&path);
        clock.prepare();
        clock.prepared();
        clock.pause();
        let cost = clock.read();
        assert!(cost.data_seconds >= 4.0 && cost.data_seconds < 5.0);
        assert!((cost.data_share() - 4.0 / 500.0).abs() < 0.001);
        assert!(cost.wall_seconds >= 1000.0 && cost.train_seconds >= 500.0 && cost.processor_seconds >= 2000.0);
        assert!(cost.train_seconds < 501.0 && clock.own_train_seconds() < 1.0);
        clock.write(&path).unwrap();
        let mut next = Clock::since(Instant::now());
        next.go_on(&path);
        assert!(next.read().wall_seconds >= cost.wall_seconds);
    }
}

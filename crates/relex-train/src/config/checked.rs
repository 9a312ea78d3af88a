//! Configurations whose every value can work.

use std::path::{Path, PathBuf};

use relex_model::DeviceChoice;
use serde::Serialize;

use super::{PretrainingConfig, TrainConfig};
use crate::TrainError;

/// A configuration that says which encoder it begins with.
pub trait NamesEncoder {
    /// A folder, or a name on the hub.
    fn encoder(&self) -> &Path;

    /// Which version of an encoder of the hub.
    fn revision(&self) -> Option<&str>;

    /// Says which version it is.
    fn set_revision(&mut self, revision: Option<String>);
}

impl NamesEncoder for TrainConfig {
    fn encoder(&self) -> &Path {
        &self.model.encoder
    }

    fn revision(&self) -> Option<&str> {
        self.model.revision.as_deref()
    }

    fn set_revision(&mut self, revision: Option<String>) {
        self.model.revision = revision;
    }
}

impl NamesEncoder for PretrainingConfig {
    fn encoder(&self) -> &Path {
        &self.model.encoder
    }

    fn revision(&self) -> Option<&str> {
        self.model.revision.as_deref()
    }

    fn set_revision(&mut self, revision: Option<String>) {
        self.model.revision = revision;
    }
}

/// A configuration whose every value can work; see [`TrainConfig::check`] and [`PretrainingConfig::check`].
#[derive(Debug, Clone, PartialEq)]
pub struct Checked<C> {
    config: C,
    /// At least one.
    devices: Vec<DeviceChoice>,
    /// Where an encoder of the hub was found.
    snapshot: Option<PathBuf>,
}

/// A configuration of `relex train` whose every value can work.
pub type CheckedTrainConfig = Checked<TrainConfig>;

/// A configuration of `relex pretrain` whose every value can work.
pub type CheckedPretrainingConfig = Checked<PretrainingConfig>;

impl<C> Checked<C> {
    pub(super) fn new(config: C, devices: Vec<DeviceChoice>) -> Self {
        Self {
            config,
            devices,
            snapshot: None,
        }
    }

    /// The values.
    pub fn values(&self) -> &C {
        &self.config
    }

    /// The device, parsed; the first where there are several.
    pub fn device(&self) -> DeviceChoice {
        self.devices[0]
    }

    /// All devices.
    pub fn devices(&self) -> &[DeviceChoice] {
        &self.devices
    }
}

impl<C: NamesEncoder> Checked<C> {
    /// Where the encoder's files are: the snapshot that stands for it, or `model.encoder` itself.
    pub fn encoder_folder(&self) -> &Path {
        self.snapshot.as_deref().unwrap_or(self.config.encoder())
    }

    /// The same configuration, with the files of its encoder from the hub in `folder`; `commit`, which is what they
    /// are of, becomes its `model.revision`.
    #[must_use]
    pub fn at_snapshot(mut self, folder: PathBuf, commit: String) -> Self {
        self.config.set_revision(Some(commit));
        self.snapshot = Some(folder);
        self
    }

    /// The commit of the hub's repository that the encoder's files are of, if they come from there.
    pub fn encoder_commit(&self) -> Option<&str> {
        self.snapshot.as_ref().and(self.config.revision())
    }
}

impl<C: Serialize> Checked<C> {
    /// The configuration as TOML, complete: reading it back gives the same run.
    ///
    /// # Errors
    ///
    /// When a path is not valid Unicode.
    pub fn to_toml(&self) -> Result<String, TrainError> {
        toml::to_string(&self.config).map_err(|error| TrainError::Config {
            origin: "configuration".into(),
            reason: error.to_string(),
        })
    }
}

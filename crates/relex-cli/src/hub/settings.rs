//! The variables of `huggingface_hub`, read as it reads them.

use std::path::PathBuf;

use anyhow::Context;

use super::{Network, Settings};

const ENDPOINT: &str = "https://huggingface.co";

impl Settings {
    /// From `HF_HUB_CACHE`, `HF_HOME`, `HF_ENDPOINT`, `HF_TOKEN` and `HF_HUB_OFFLINE`; an empty variable counts as
    /// none.
    pub(super) fn from(variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let folder = |name: &str| variable(name).map(PathBuf::from);
        let home = || folder("HOME").or_else(|| folder("USERPROFILE"));
        let cache = folder("HF_HUB_CACHE")
            .or_else(|| Some(folder("HF_HOME")?.join("hub")))
            .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("huggingface/hub")))
            .or_else(|| Some(home()?.join(".cache/huggingface/hub")))
            .context("no place for the hub's cache: set HF_HOME")?;
        let endpoint = variable("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.into());
        let offline = variable("HF_HUB_OFFLINE").unwrap_or_default();
        let is_offline = ["1", "on", "yes", "true"].contains(&offline.trim().to_lowercase().as_str());
        Ok(Self {
            cache,
            endpoint: endpoint.trim().trim_end_matches('/').into(),
            token: variable("HF_TOKEN").map(|token| token.trim().into()),
            network: if is_offline {
                Network::Forbidden
            } else {
                Network::Allowed
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Settings {
        let value = |name: &str| Some(variables.iter().find(|(key, _)| *key == name)?.1.to_owned());
        Settings::from(value).unwrap()
    }

    #[test]
    fn the_more_specific_folder_wins() {
        let check = |variables: &[(&str, &str)], cache: &str| {
            assert_eq!(read(variables).cache, PathBuf::from(cache), "{variables:?}");
        };
        let home = ("HOME", "h");
        check(&[home], "h/.cache/huggingface/hub");
        check(&[home, ("XDG_CACHE_HOME", "x")], "x/huggingface/hub");
        check(&[home, ("XDG_CACHE_HOME", "x"), ("HF_HOME", "f")], "f/hub");
        check(&[("HF_HOME", "f"), ("HF_HUB_CACHE", "c")], "c");
        check(&[home, ("HF_HOME", "")], "h/.cache/huggingface/hub");
        assert!(Settings::from(|_| None).unwrap_err().to_string().contains("HF_HOME"));
    }

    #[test]
    fn the_rest_has_defaults() {
        let settings = read(&[("HOME", "h")]);
        assert_eq!((settings.endpoint.as_str(), settings.token), (ENDPOINT, None));
        assert_eq!(settings.network, Network::Allowed);
        let settings = read(&[
            ("HOME", "h"),
            ("HF_ENDPOINT", "http://mirror.example/ "),
            ("HF_TOKEN", " hf_x\n"),
            ("HF_HUB_OFFLINE", "True"),
        ]);
        assert_eq!(settings.endpoint, "http://mirror.example");
        assert_eq!(settings.token.as_deref(), Some("hf_x"));
        assert_eq!(settings.network, Network::Forbidden);
        assert_eq!(
            read(&[("HOME", "h"), ("HF_HUB_OFFLINE", "0")]).network,
            Network::Allowed
        );
    }
}

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use serde_json::Value;
use ureq::{
    Agent, Body,
    http::{Method, Response, StatusCode, header},
};

use super::{Repository, Revision, Settings, checksum::Checksum, repository::is_commit};

/// How long the hub may take to answer, or to send the next piece of a file.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often an address may point to another.
const MAX_REDIRECTS: usize = 10;

/// A connection to the hub.
pub(super) struct Client<'a> {
    settings: &'a Settings,
    agent: Agent,
}

/// Which redirections are followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Those within the server.
    Hub,
    Anywhere,
}

/// What the hub says about a revision.
pub(super) struct Info {
    /// The commit that it is now.
    pub(super) commit: String,
    /// Names of all files.
    pub(super) files: Vec<String>,
}

/// A file to download.
pub(super) struct Remote {
    pub(super) url: String,
    pub(super) checksum: Checksum,
    /// In bytes.
    pub(super) size: u64,
}

/// The network or the server failed, which says nothing about what was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{url}: {reason}")]
pub(super) struct Unreachable {
    url: String,
    reason: String,
}

impl<'a> Client<'a> {
    pub(super) fn new(settings: &'a Settings) -> Self {
        let agent = Agent::config_builder()
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .timeout_per_read(Some(PATIENCE))
            .http_status_as_error(false)
            // They are followed here, for only the hub itself may see the token.
            .max_redirects(0)
            .user_agent(concat!("relex/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Self { settings, agent }
    }

    /// Asks which commit a revision is, and which files it has.
    pub(super) fn info(&self, repository: &Repository, revision: &Revision) -> anyhow::Result<Info> {
        let endpoint = &self.settings.endpoint;
        let url = format!("{endpoint}/api/models/{repository}/revision/{}", revision.escaped());
        let mut response = self.get(&url, 0)?;
        self.check(&response, &url, repository, revision)?;
        let text = response
            .body_mut()
            .read_to_string()
            .map_err(|error| unreachable(&url, &error))?;
        let no_hub = || anyhow!("{url}: not an answer of a Hugging Face Hub; check HF_ENDPOINT");
        let answer: Value = serde_json::from_str(&text).map_err(|_| no_hub())?;
        let commit = answer["sha"].as_str().filter(|commit| is_commit(commit));
        let files = answer["siblings"].as_array().ok_or_else(no_hub)?;
        Ok(Info {
            commit: commit.ok_or_else(no_hub)?.into(),
            files: files
                .iter()
                .filter_map(|file| Some(file["rfilename"].as_str()?.to_owned()))
                .collect(),
        })
    }

    /// Asks for a file's hash and size.
    pub(super) fn file(&self, repository: &Repository, commit: &str, name: &str) -> anyhow::Result<Remote> {
        let revision: Revision = commit.parse()?;
        let url = format!("{}/{repository}/resolve/{commit}/{name}", self.settings.endpoint);
        // A large file's hash stands on the answer that points to another server, not on that server's.
        let response = self.send(&Method::HEAD, &url, 0, Reach::Hub)?;
        let is_elsewhere = response.status().is_redirection();
        if !is_elsewhere {
            self.check(&response, &url, repository, &revision)?;
        }
        let value = |name: &str| response.headers().get(name)?.to_str().ok();
        let etag = value("x-linked-etag").or_else(|| value("etag"));
        let checksum = etag.and_then(Checksum::from_etag).with_context(|| {
            format!(
                "{url}: its ETag {:?} is neither a SHA-256 nor a git hash, so what comes could not be checked; \
                 check HF_ENDPOINT",
                etag.unwrap_or_default()
            )
        })?;
        let own_size = || value("content-length").filter(|_| !is_elsewhere);
        let size = value("x-linked-size").or_else(own_size);
        let size = size.and_then(|size| size.parse().ok());
        Ok(Remote {
            size: size.with_context(|| format!("{url}: the server does not say how large it is"))?,
            url,
            checksum,
        })
    }

    /// Begins to read an address from a byte on; every status is an answer.
    pub(super) fn get(&self, url: &str, from: u64) -> Result<Response<Body>, Unreachable> {
        self.send(&Method::GET, url, from, Reach::Anywhere)
    }

    /// Asks, and asks again where an answer points to, as far as `reach` allows.
    fn send(&self, method: &Method, url: &str, from: u64, reach: Reach) -> Result<Response<Body>, Unreachable> {
        let mut at = url.to_owned();
        for _ in 0..MAX_REDIRECTS {
            let mut request = match *method {
                Method::HEAD => self.agent.head(&at),
                _ => self.agent.get(&at),
            };
            if let Some(token) = &self.settings.token
                && origin(&at) == origin(&self.settings.endpoint)
            {
                request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            }
            if from > 0 {
                request = request.header(header::RANGE, format!("bytes={from}-"));
            }
            let response = request.call().map_err(|error| unreachable(&at, &error))?;
            let place = response.headers().get(header::LOCATION);
            let place = place.and_then(|place| place.to_str().ok());
            at = match place.filter(|_| response.status().is_redirection()) {
                Some(path) if path.starts_with('/') && !path.starts_with("//") => format!("{}{path}", origin(&at)),
                Some(place) if reach == Reach::Anywhere || origin(place) == origin(&at) => place.to_owned(),
                _ => return Ok(response),
            };
        }
        Err(unreachable(url, &format!("more than {MAX_REDIRECTS} redirections")))
    }

    /// Turns a refusal into words with a remedy.
    fn check(
        &self,
        response: &Response<Body>,
        url: &str,
        repository: &Repository,
        revision: &Revision,
    ) -> anyhow::Result<()> {
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let code = response.headers().get("x-error-code");
        let code = code.and_then(|code| code.to_str().ok()).unwrap_or_default();
        let endpoint = &self.settings.endpoint;
        match (status, code) {
            (_, "GatedRepo") => bail!(
                "{url}: access to {repository} must be asked for at {endpoint}/{repository}; then set HF_TOKEN to a \
                 token of that account"
            ),
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => bail!(
                "{url}: the server refuses ({status}): {repository} is not there or not public; check the name, {}",
                match self.settings.token {
                    None => "or, for a private one, set HF_TOKEN to a token that may read it",
                    Some(_) => "and whether the token in HF_TOKEN is valid and may read it",
                }
            ),
            (_, "RevisionNotFound") => {
                bail!("{url}: {repository} has no revision \"{revision}\"; check model.revision, or leave it out")
            }
            (StatusCode::NOT_FOUND, _) => bail!("{url}: not found (404); check the name"),
            _ => bail!(Unreachable {
                url: url.into(),
                reason: format!("the server answers {status}"),
            }),
        }
    }
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + "://".len());
    url[host..].find(['/', '?', '#']).map_or(url, |end| &url[..host + end])
}

pub(super) fn unreachable(url: &str, error: &impl ToString) -> Unreachable {
    Unreachable {
        url: url.into(),
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_ends_before_the_path() {
        for (url, expected) in [
            ("https://huggingface.co", "https://huggingface.co"),
            ("https://huggingface.co/a/b?c=//d", "https://huggingface.co"),
            ("http://127.0.0.1:80?x", "http://127.0.0.1:80"),
            ("http://hub.example#https://huggingface.co/", "http://hub.example"),
        ] {
            assert_eq!(origin(url), expected);
        }
        // A name that only begins like the hub's is another server.
        assert_ne!(
            origin("https://huggingface.co.example/a"),
            origin("https://huggingface.co")
        );
    }
}

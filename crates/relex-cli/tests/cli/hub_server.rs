//! A server that answers as the Hugging Face Hub does, as far as one model is concerned.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

pub(crate) const NAME: &str = "tests/tiny-encoder";
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub(crate) const TOKEN: &str = "hf_secret";

/// How the server behaves.
#[derive(Clone, Default)]
pub(crate) struct Behaviour {
    /// The token that it asks for.
    pub(crate) token: Option<&'static str>,
    /// After how many bytes of a large file it closes the connection, once for each.
    pub(crate) breaks_after: Vec<usize>,
    /// Large files that come with another content than promised.
    pub(crate) is_damaged: bool,
    /// It does not know ranges and always begins at the first byte.
    pub(crate) ignores_ranges: bool,
    /// The commit of `main`, if not [`COMMIT`].
    pub(crate) commit: Option<&'static str>,
}

/// A file in the repository.
pub(crate) struct Stored {
    pub(crate) content: Vec<u8>,
    /// The hash that it is known by: of large files SHA-256, of others git's.
    pub(crate) etag: String,
    pub(crate) is_large: bool,
}

pub(crate) struct HubServer {
    pub(crate) url: String,
    state: Arc<State>,
}

struct State {
    files: BTreeMap<String, Stored>,
    behaviour: Mutex<Behaviour>,
    requests: Mutex<Vec<String>>,
    port: u16,
}

impl HubServer {
    /// It goes on until the tests end.
    pub(crate) fn start(files: BTreeMap<String, Stored>, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            files,
            behaviour: Mutex::new(behaviour),
            requests: Mutex::default(),
            port,
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that went away is its own affair.
                let _ = shared.answer(&stream.unwrap());
            }
        });
        Self {
            url: format!("http://127.0.0.1:{port}"),
            state,
        }
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        *self.state.behaviour.lock().unwrap() = behaviour;
    }

    /// Method, path and range of every request so far; the list begins anew.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.requests.lock().unwrap())
    }
}

impl State {
    fn answer(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
        let mut headers = BTreeMap::new();
        for line in lines {
            let line = line?;
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            headers.insert(name.to_lowercase(), value.to_owned());
        }
        let mut words = request.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let range = headers.get("range").map_or("", String::as_str);
        let mut behaviour = self.behaviour.lock().unwrap();
        self.requests
            .lock()
            .unwrap()
            .push(format!("{method} {path} {range}").trim_end().to_owned());

        let reply = self.reply(path, &headers, &mut behaviour);
        drop(behaviour);
        let length = reply.announced.unwrap_or(reply.body.len());
        let head = format!(
            "HTTP/1.1 {}\r\nContent-Length: {length}\r\nConnection: close\r\n{}\r\n",
            reply.status, reply.headers
        );
        stream.write_all(head.as_bytes())?;
        if method != "HEAD" {
            stream.write_all(&reply.body)?;
        }
        Ok(())
    }

    fn reply(&self, path: &str, headers: &BTreeMap<String, String>, behaviour: &mut Behaviour) -> Reply {
        if let Some(hash) = path.strip_prefix("/storage/") {
            return self.large_file(hash, headers, behaviour);
        }
        let sent = headers.get("authorization").map(String::as_str);
        let asked = behaviour.token.map(|token| format!("Bearer {token}"));
        if asked.is_some() && sent != asked.as_deref() {
            return Reply::new("401 Unauthorized", "X-Error-Code: RepoNotFound\r\n");
        }
        if path.starts_with("/api/resolve-cache/") {
            return self.small_file(path);
        }
        let commit = behaviour.commit.unwrap_or(COMMIT);
        if let Some(revision) = path.strip_prefix(&format!("/api/models/{NAME}/revision/")) {
            if !["main", "v1%2Fstable", commit].contains(&revision) {
                return Reply::new("404 Not Found", "X-Error-Code: RevisionNotFound\r\n");
            }
            let files = self.files.keys().map(|name| format!("{{\"rfilename\": \"{name}\"}}"));
            let files = files.collect::<Vec<_>>().join(", ");
            let mut reply = Reply::new("200 OK", "Content-Type: application/json\r\n");
            reply.body = format!("{{\"sha\": \"{commit}\", \"siblings\": [{files}]}}").into_bytes();
            return reply;
        }
        let file = path
            .strip_prefix(&format!("/{NAME}/resolve/{commit}/"))
            .and_then(|name| self.files.get(name));
        match file {
            None => Reply::new("404 Not Found", "X-Error-Code: EntryNotFound\r\n"),
            Some(file) if file.is_large => {
                // On another host, so that a token sent there would be a leak.
                let place = format!("http://localhost:{}/storage/{}", self.port, file.etag);
                let (hash, size) = (&file.etag, file.content.len());
                let headers = format!(
                    "Location: {place}\r\nX-Linked-Etag: \"{hash}\"\r\nX-Linked-Size: {size}\r\nX-Repo-Commit: {commit}\r\n"
                );
                Reply::new("302 Found", &headers)
            }
            // Small ones are kept apart from what resolves their names; what is said here is not said about the file.
            Some(_) => {
                let place = path.replacen('/', "/api/resolve-cache/", 1);
                let mut reply = Reply::new(
                    "307 Temporary Redirect",
                    &format!("Location: {place}\r\nETag: \"x\"\r\n"),
                );
                reply.body = b"see there".to_vec();
                reply
            }
        }
    }

    fn small_file(&self, path: &str) -> Reply {
        match path.rsplit_once('/').and_then(|(_, name)| self.files.get(name)) {
            None => Reply::new("404 Not Found", ""),
            Some(file) => {
                let mut reply = Reply::new("200 OK", &format!("ETag: \"{}\"\r\n", file.etag));
                reply.body.clone_from(&file.content);
                reply
            }
        }
    }

    fn large_file(&self, hash: &str, headers: &BTreeMap<String, String>, behaviour: &mut Behaviour) -> Reply {
        let file = self.files.values().find(|file| file.etag == hash);
        if headers.contains_key("authorization") || file.is_none() {
            return Reply::new("400 Bad Request", "");
        }
        let mut content = file.unwrap().content.clone();
        if behaviour.is_damaged {
            let last = content.len() - 1;
            content[last] ^= 1;
        }
        let range = headers.get("range").filter(|_| !behaviour.ignores_ranges);
        let mut reply = match range {
            None => Reply::new("200 OK", ""),
            Some(range) => {
                let from: usize = range
                    .trim_start_matches("bytes=")
                    .trim_end_matches('-')
                    .parse()
                    .unwrap();
                let size = content.len();
                content.drain(..from);
                let headers = format!("Content-Range: bytes {from}-{}/{size}\r\n", size - 1);
                Reply::new("206 Partial Content", &headers)
            }
        };
        reply.announced = Some(content.len());
        if !behaviour.breaks_after.is_empty() {
            content.truncate(behaviour.breaks_after.remove(0));
        }
        reply.body = content;
        reply
    }
}

struct Reply {
    status: &'static str,
    headers: String,
    body: Vec<u8>,
    /// The length that it claims, if not the body's.
    announced: Option<usize>,
}

impl Reply {
    fn new(status: &'static str, headers: &str) -> Self {
        Self {
            status,
            headers: headers.into(),
            body: Vec::new(),
            announced: None,
        }
    }
}

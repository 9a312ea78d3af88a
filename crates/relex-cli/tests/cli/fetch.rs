//! Downloads, from a server that lives as long as its one answer.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener},
    thread::JoinHandle,
};

use predicates::prelude::*;

use crate::bench::Bench;

const FETCH: [&str; 4] = ["fetch", "--dataset", "tiny", "--quiet"];

/// A data set whose training file is elsewhere; that file's content.
fn remote(url: &str) -> (Bench, Vec<u8>) {
    let bench = Bench::new();
    let content = bench.bytes("tiny/train.csv");
    bench.remove("tiny/train.csv");
    let entry = "path = \"train.csv\"\nformat = \"csv\"\n";
    let sha256 = relex_data::sha256_hex(&content);
    bench.edit(
        "tiny/dataset.toml",
        entry,
        &format!("{entry}url = \"{url}\"\nsha256 = \"{sha256}\"\n"),
    );
    (bench, content)
}

/// The address of a server that gives this answer to the first request.
fn serve(status: &str, announced: usize, body: Vec<u8>) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/train.csv", listener.local_addr().unwrap());
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {announced}\r\nConnection: close\r\n\r\n");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = BufReader::new(stream.try_clone().unwrap()).lines();
        while request.next().is_some_and(|line| !line.unwrap().is_empty()) {}
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body).unwrap();
    });
    (url, server)
}

#[test]
fn a_download_lands_in_the_cache_and_is_found_there() {
    let (_, content) = remote("");
    let (url, server) = serve("200 OK", content.len(), content.clone());
    let (bench, _) = remote(&url);
    bench
        .command(&["fetch", "--dataset", "tiny"])
        .assert()
        .success()
        .stderr(predicate::str::contains(&url));
    server.join().unwrap();
    assert_eq!(bench.bytes("cache/tiny/train.csv"), content);
    assert_eq!(std::fs::read_dir(bench.path("cache/tiny")).unwrap().count(), 1);

    // The server is gone by now.
    let folder = bench.succeed(&FETCH);
    assert_eq!(std::path::Path::new(folder.trim_end()), bench.path("cache/tiny"));
    bench
        .command(&["audit", "--dataset", "tiny", "--data-dir", folder.trim_end()])
        .assert()
        .success();

    bench.truncate("cache/tiny/train.csv", 50);
    bench.refuse(
        &FETCH,
        &["train.csv is damaged", "remove it and fetch it again", "SHA-256"],
    );
}

#[test]
fn another_content_than_promised_is_not_kept() {
    let (url, server) = serve("200 OK", 5, b"other".to_vec());
    let (bench, content) = remote(&url);
    let place = bench.path("cache/tiny/train.csv");
    bench.refuse(
        &FETCH,
        &[
            &url,
            &relex_data::sha256_hex(b"other"),
            &relex_data::sha256_hex(&content),
            "nothing of it was kept",
            place.to_str().unwrap(),
        ],
    );
    server.join().unwrap();
}

#[test]
fn a_download_that_breaks_off_is_not_kept() {
    let (_, content) = remote("");
    let (url, server) = serve("200 OK", content.len(), content[..1000].to_vec());
    let (bench, _) = remote(&url);
    bench.refuse(&FETCH, &[&url, "put the file at", "--data-dir"]);
    server.join().unwrap();
}

#[test]
fn a_file_that_the_server_does_not_have() {
    let (url, server) = serve("404 Not Found", 0, Vec::new());
    let (bench, _) = remote(&url);
    bench.refuse(&FETCH, &[&url, "404", "put the file at"]);
    server.join().unwrap();
}

#[test]
fn without_a_network_the_place_for_the_file_is_named() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{closed}/train.csv");
    let (bench, content) = remote(&url);
    let place = bench.path("cache/tiny/train.csv");
    bench.refuse(
        &FETCH,
        &[&url, "put the file at", place.to_str().unwrap(), "--data-dir"],
    );

    // What the message says helps.
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(&place, content).unwrap();
    bench.succeed(&FETCH);
}

#[test]
fn files_beside_the_description_need_no_download() {
    let bench = Bench::new();
    assert_eq!(bench.succeed(&FETCH), "tiny\n");
    bench.refuse(
        &["fetch", "--dataset", "tiny", "--data-dir", "encoder"],
        &[
            "encoder holds no file with role `train` of data set `tiny`",
            "put `train.csv` there",
        ],
    );
}

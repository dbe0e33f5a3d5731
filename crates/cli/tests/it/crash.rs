//! What a server shows after it was killed: a real process, ended by SIGKILL in the midst of its work.

use super::outsiders::{Running, ask, start};
use super::{DEMO_SAID, demo, demo_copy, text};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

/// The plan is at rest within so long.
const REST: Duration = Duration::from_secs(240);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);

/// Serves the data until it is dropped, which kills it.
fn serve(data: &Path) -> (Running, String) {
    let args = ["serve", "--data", text(data), "--listen", "127.0.0.1:0"];
    let running = start(&args, "serving http://");
    let line = running.said.last().expect("a line");
    let address = line["serving http://".len()..].to_owned();
    (running, address)
}

fn send(address: &str, method: &str, path: &str, token: &str, body: &str) -> (u16, Value) {
    let request = format!(
        "{method} /api/v1/{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         authorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let (status, body) = ask(address, &request);
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

fn sign_in(address: &str) -> String {
    let said = demo().parent().expect("a folder").join(DEMO_SAID);
    let said = std::fs::read_to_string(said).expect("what the demo said");
    let password = said
        .split("password: ")
        .nth(1)
        .and_then(|rest| rest.lines().next());
    let input = serde_json::json!({ "login": "dispatcher", "password": password });
    let body = input.to_string();
    let request = format!(
        "POST /api/v1/sessions HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let (status, body) = ask(address, &request);
    assert_eq!(status, 201, "{body}");
    let session: Value = serde_json::from_str(&body).expect("JSON");
    session["token"].as_str().expect("a token").to_owned()
}

/// The board once the plan is at rest.
fn board(address: &str) -> Value {
    let token = sign_in(address);
    let since = Instant::now();
    loop {
        let (status, board) = send(address, "GET", "board", &token, "");
        assert_eq!(status, 200, "{board}");
        if board["improved"] == board["improved_most"] {
            return board;
        }
        assert!(
            since.elapsed() < REST,
            "it never rests: {}",
            board["improved"]
        );
        std::thread::sleep(LOOK);
    }
}

#[test]
fn the_board_is_the_same_after_the_server_was_killed() {
    let data = demo_copy();
    let look = || {
        let (running, address) = serve(data.path());
        let board = board(&address);
        drop(running);
        board
    };
    let mut before = look();
    let visits = |board: &Value| {
        let technicians = board["technicians"].as_array().expect("a list");
        let visits = technicians
            .iter()
            .map(|who| who["visits"].as_array().map_or(0, Vec::len));
        visits.sum::<usize>()
    };
    assert!(visits(&before) > 0, "there is something to plan: {before}");
    // The plan looks at the clock in quarter hours: one that passes meanwhile is no crash.
    for _ in 0..3 {
        let after = look();
        if after["at"] == before["at"] {
            assert_eq!(after, before);
            return;
        }
        before = after;
    }
    panic!("the clock never stood");
}

//! Against servers of a few lines that behave badly; a real one is in `interop`.

use aftercare_objects::{ObjectStorage, PART_BYTES, Removed, Settings};
use aftercare_store::{BlobPlace as _, StoreError, blob_name_of};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Monday 2026-11-02 09:00 in China.
const NOW_MS: i64 = 1_793_581_200_000;

/// Answers each connection with the next of `answers` and keeps what was asked.
async fn server(answers: Vec<String>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&asked);
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = Vec::new();
            let mut chunk = vec![0; 64 * 1024];
            loop {
                let read = stream.read(&mut chunk).await.expect("bytes");
                request.extend_from_slice(&chunk[..read]);
                let text = String::from_utf8_lossy(&request);
                let Some((head, _)) = text.split_once("\r\n\r\n") else {
                    continue;
                };
                let length: usize = head
                    .lines()
                    .find_map(|line| {
                        line.to_lowercase()
                            .strip_prefix("content-length: ")
                            .map(str::to_owned)
                    })
                    .map_or(0, |number| number.parse().expect("a number"));
                if read == 0 || request.len() >= head.len() + 4 + length {
                    let first = head.lines().next().unwrap_or_default().to_owned();
                    kept.lock()
                        .expect("no panic")
                        .push(format!("{first}\n{head}"));
                    break;
                }
            }
            stream.write_all(answer.as_bytes()).await.expect("sent");
        }
    });
    (format!("http://{address}"), asked)
}

fn answer(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn storage(endpoint: &str) -> ObjectStorage {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key");
    std::fs::write(&key, "id\nsecret\n").expect("the key");
    std::fs::write(
        folder.path().join("blobs.toml"),
        format!(
            "endpoint = \"{endpoint}\"\nbucket = \"aftercare\"\nprefix = \"shop/one\"\nkey_file = \"{}\"\nallow_network = [\"127.0.0.0/8\"]\n",
            key.display()
        ),
    )
    .expect("the settings");
    let settings = Settings::of(folder.path()).expect("sound").expect("there");
    ObjectStorage::new(settings, Arc::new(|| NOW_MS)).expect("a client")
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again_and_bytes_go_once() {
    let (endpoint, asked) = server(vec![
        answer("503 Slow Down", "<Error><Code>SlowDown</Code></Error>"),
        answer("404 Not Found", ""),
        answer("500 Internal Server Error", ""),
        answer("200 OK", ""),
    ])
    .await;
    let sealed = b"sealed".to_vec();
    let name = blob_name_of(&sealed);
    storage(&endpoint).put(&name, sealed).await.expect("kept");
    let asked = asked.lock().expect("no panic");
    let path = format!("/aftercare/shop/one/{}/{}", &name[..2], &name[2..]);
    let firsts: Vec<&str> = asked
        .iter()
        .map(|text| text.lines().next().unwrap_or(""))
        .collect();
    assert_eq!(
        firsts,
        [
            format!("HEAD {path} HTTP/1.1"),
            format!("HEAD {path} HTTP/1.1"),
            format!("PUT {path} HTTP/1.1"),
            format!("PUT {path} HTTP/1.1"),
        ]
    );
    // The body's hash is signed: it is the blob's own name.
    assert!(
        asked[3].contains(&format!("x-amz-content-sha256: {name}")),
        "{}",
        asked[3]
    );
    assert!(
        asked[3].contains("Credential=id/20261102/us-east-1/s3/aws4_request"),
        "{}",
        asked[3]
    );
    assert!(!asked.iter().any(|text| text.contains("secret")));
}

#[tokio::test]
async fn a_blob_that_is_there_is_not_sent_again() {
    let (endpoint, asked) = server(vec![answer("200 OK", "")]).await;
    let name = blob_name_of(b"sealed");
    storage(&endpoint)
        .put(&name, b"sealed".to_vec())
        .await
        .expect("there");
    assert_eq!(asked.lock().expect("no panic").len(), 1);
}

#[tokio::test]
async fn what_is_refused_is_said_in_words_and_not_tried_again() {
    let denied = "<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>";
    let (endpoint, asked) = server(vec![answer("403 Forbidden", denied)]).await;
    let name = blob_name_of(b"sealed");
    let error = storage(&endpoint).get(&name).await.expect_err("refused");
    assert!(
        error
            .to_string()
            .contains("403 AccessDenied: Access Denied."),
        "{error}"
    );
    assert_eq!(asked.lock().expect("no panic").len(), 1);

    let (endpoint, _) = server(vec![answer(
        "404 Not Found",
        "<Error><Code>NoSuchBucket</Code></Error>",
    )])
    .await;
    let error = storage(&endpoint).get(&name).await.expect_err("no bucket");
    assert!(error.to_string().contains("NoSuchBucket"), "{error}");

    let (endpoint, _) = server(vec![answer(
        "404 Not Found",
        "<Error><Code>NoSuchKey</Code></Error>",
    )])
    .await;
    assert_eq!(
        storage(&endpoint).get(&name).await.expect("an answer"),
        None
    );

    let error = storage("http://127.0.0.1:9").get("../keyring.json").await;
    assert!(matches!(error, Err(StoreError::Corrupt { .. })));
}

#[tokio::test]
async fn a_list_is_read_page_by_page_and_half_of_one_is_none() {
    let rest = "c".repeat(60);
    let page = |names: &[&str], end: &str| {
        let entry = |name: &&str| {
            format!(
                "<Contents><Key>shop/one/ab/{name}{rest}</Key><LastModified>2026-11-01T01:00:00.000Z</LastModified></Contents>"
            )
        };
        let entries: String = names.iter().map(entry).collect();
        answer(
            "200 OK",
            &format!("<ListBucketResult>{end}{entries}</ListBucketResult>"),
        )
    };
    let more =
        "<IsTruncated>true</IsTruncated><NextContinuationToken>a/b+c</NextContinuationToken>";
    let last = "<IsTruncated>false</IsTruncated>";
    let (endpoint, asked) = server(vec![page(&["01", "02"], more), page(&["03"], last)]).await;
    let found = storage(&endpoint).older(0xab, NOW_MS).await.expect("names");
    let expected = ["01", "02", "03"].map(|name| format!("ab{name}{rest}"));
    assert_eq!(found, BTreeSet::from(expected));
    {
        let asked = asked.lock().expect("no panic");
        let query = "list-type=2&max-keys=1000&prefix=shop%2Fone%2Fab%2F";
        assert!(
            asked[0].starts_with(&format!("GET /aftercare?{query} HTTP/1.1")),
            "{}",
            asked[0]
        );
        let next = format!("GET /aftercare?continuation-token=a%2Fb%2Bc&{query} HTTP/1.1");
        assert!(asked[1].starts_with(&next), "{}", asked[1]);
    }

    for bad in [
        answer("200 OK", "<ListBucketResult><Contents>"),
        page(&["01"], "<IsTruncated>true</IsTruncated>"),
        answer("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>"),
    ] {
        let (endpoint, _) = server(vec![bad]).await;
        let error = storage(&endpoint).older(0xab, NOW_MS).await;
        assert!(matches!(error, Err(StoreError::Other(_))), "{error:?}");
    }
}

#[tokio::test]
async fn whose_the_place_is_lies_beside_the_blobs() {
    let (endpoint, asked) = server(vec![
        answer("200 OK", ""),
        answer("200 OK", "one\ntwo\n"),
        answer("404 Not Found", "<Error><Code>NoSuchKey</Code></Error>"),
        answer("404 Not Found", "<Error><Code>NoSuchBucket</Code></Error>"),
    ])
    .await;
    let storage = storage(&endpoint);
    storage.set_owner("one\ntwo\n").await.expect("kept");
    let said = storage.owner().await.expect("an answer");
    assert_eq!(said.as_deref(), Some("one\ntwo\n"));
    assert_eq!(storage.owner().await.expect("an answer"), None);
    let error = storage.owner().await.expect_err("no bucket");
    assert!(error.to_string().contains("NoSuchBucket"), "{error}");
    let asked = asked.lock().expect("no panic");
    assert!(
        asked[0].starts_with("PUT /aftercare/shop/one/owner HTTP/1.1"),
        "{}",
        asked[0]
    );
}

#[tokio::test]
async fn an_upload_in_parts_that_fails_is_given_up() {
    let (endpoint, asked) = server(vec![
        answer("404 Not Found", ""),
        answer("200 OK", "<R><UploadId>up/1</UploadId></R>"),
        "HTTP/1.1 200 OK\r\netag: \"one\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            .to_owned(),
        answer("507 Insufficient Storage", ""),
        answer("204 No Content", ""),
    ])
    .await;
    let sealed = vec![7; PART_BYTES + 1];
    let name = blob_name_of(&sealed);
    let error = storage(&endpoint).put(&name, sealed).await;
    assert_eq!(error, Err(StoreError::Full));
    let asked = asked.lock().expect("no panic");
    assert!(
        asked[1].starts_with("POST") && asked[1].contains("?uploads="),
        "{}",
        asked[1]
    );
    assert!(
        asked[2].contains("?partNumber=1&uploadId=up%2F1"),
        "{}",
        asked[2]
    );
    assert!(
        asked[4].starts_with("DELETE") && asked[4].contains("?uploadId=up%2F1"),
        "{}",
        asked[4]
    );
}

#[tokio::test]
async fn what_a_storage_does_with_what_is_removed_is_found_out() {
    let bytes = b"a few bytes";
    let marked = "HTTP/1.1 204 No Content\r\nx-amz-delete-marker: true\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let missing = || answer("404 Not Found", "<Error><Code>NoSuchKey</Code></Error>");
    let found = || answer("200 OK", "a few bytes");
    for (back, removal, after, is) in [
        (
            found(),
            answer("204 No Content", ""),
            missing(),
            Ok(Removed::Gone),
        ),
        (
            found(),
            marked.to_owned(),
            missing(),
            Ok(Removed::KeptAsVersion),
        ),
        (
            found(),
            answer("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>"),
            missing(),
            Err("refuses (removing a blob): status 403"),
        ),
        (
            found(),
            answer("204 No Content", ""),
            found(),
            Err("still gives what was removed"),
        ),
        (
            answer("200 OK", "other bytes"),
            answer("204 No Content", ""),
            missing(),
            Err("does not give back what it was given"),
        ),
    ] {
        let (head, put) = (answer("404 Not Found", ""), answer("200 OK", ""));
        let answers = vec![head, put, back, removal, after];
        let (endpoint, asked) = server(answers).await;
        let told = storage(&endpoint).try_out(bytes).await;
        match (told, is) {
            (Ok(removed), Ok(expected)) => assert_eq!(removed, expected),
            (Err(error), Err(why)) => assert!(error.to_string().contains(why), "{error}"),
            other => panic!("{other:?}"),
        }
        let asked = asked.lock().expect("no panic");
        assert!(
            asked[3].starts_with("DELETE"),
            "nothing is left: {}",
            asked[3]
        );
    }
}

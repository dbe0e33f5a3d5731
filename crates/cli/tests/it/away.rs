//! A backup that is sent away comes back from a storage that was given sealed bytes only, and is the one that was made.

use super::{KEY, Said, aftercare_with, text};
use aws_lc_rs::digest::{SHA256, digest};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Under this name stands what has the storage alter the next object that it is given.
const SPOIL: &str = "spoil";

type Objects = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// Answers one request of S3: looking, reading, keeping.
fn answer(stream: TcpStream, objects: &Objects) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(number) = line.strip_prefix("content-length:") {
            length = number.trim().parse().unwrap_or_default();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut parts = first.split_whitespace();
    let method = parts.next().unwrap_or_default().to_owned();
    let path = parts.next().unwrap_or_default().to_owned();
    let mut objects = objects.lock().expect("no panic");
    let (status, content) = match method.as_str() {
        "PUT" => {
            // What is to be spoiled is the next piece that comes.
            if objects.remove(SPOIL).is_some() {
                let middle = body.len() / 2;
                body[middle] ^= 1;
            }
            objects.insert(path, body);
            ("200 OK", Vec::new())
        }
        _ => match objects.get(&path) {
            Some(there) => ("200 OK", there.clone()),
            None => (
                "404 Not Found",
                b"<Error><Code>NoSuchKey</Code></Error>".to_vec(),
            ),
        },
    };
    let length = content.len();
    let content = if method == "HEAD" {
        Vec::new()
    } else {
        content
    };
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    let mut stream = stream;
    stream.write_all(&[head.as_bytes(), &content].concat())
}

/// A storage in memory, and where it is.
fn storage() -> (String, Objects) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let objects = Objects::default();
    let kept = Arc::clone(&objects);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = answer(stream, &kept);
        }
    });
    (address, objects)
}

fn keyed(args: &[&str]) -> Said {
    aftercare_with(args, &[("AFTERCARE_KEY", KEY)])
}

fn good(args: &[&str]) -> String {
    let said = keyed(args);
    assert_eq!(said.code, 0, "{args:?}: {}", said.err);
    said.out
}

fn hash(data: &Path) -> String {
    good(&["dump", "--hash", "--data", text(data)])
}

#[test]
fn a_backup_that_was_sent_away_comes_back_whole_and_sealed_on_its_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (data, out, to, back) = (at("data"), at("backup"), at("to"), at("back"));
    let (tenant, admin) = ("示例家电", "keeper2026");
    good(&[
        "user",
        "init",
        "--data",
        text(&data),
        "--tenant",
        tenant,
        "--admin",
        admin,
    ]);
    let (address, objects) = storage();
    std::fs::create_dir(&to).expect("a folder");
    std::fs::write(at("storage-key"), "name\nsecret\n").expect("a key");
    let settings = format!(
        "endpoint = \"http://{address}\"\nbucket = \"backups\"\nkey_file = \"{}\"\nallow_network = [\"127.0.0.0/8\"]\n",
        text(&at("storage-key"))
    );
    std::fs::write(to.join("blobs.toml"), settings).expect("settings");
    let backup = |out: &Path, name: &str| {
        let args = ["backup", "--data", text(&data), "--out", text(out)];
        keyed(&[&args[..], &["--to", text(&to), "--as", name]].concat())
    };
    let made = backup(&out, "2026-11-28");
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(made.out.contains("away, sealed"), "{}", made.out);
    // Nothing of what a thief of the storage gets can be read.
    for (name, bytes) in objects.lock().expect("no panic").iter() {
        for plain in [tenant, admin, "SQLite format 3"] {
            let mut windows = bytes.windows(plain.len());
            assert!(
                !windows.any(|part| part == plain.as_bytes()),
                "{plain} in {name}"
            );
        }
    }
    // A second one of that name takes no other's place, and nothing is made for it.
    let again = backup(&at("again"), "2026-11-28");
    assert_eq!(again.code, 2, "{}", again.out);
    assert!(again.err.contains("a backup of that name"), "{}", again.err);
    assert!(!at("again").exists());

    let fetch = |name: &str, out: &Path| {
        keyed(&[
            "fetch",
            "--from",
            text(&to),
            "--as",
            name,
            "--out",
            text(out),
        ])
    };
    let none = fetch("2026-11-29", &back);
    assert!(
        none.code == 2 && none.err.contains("no backup of that name"),
        "{}",
        none.err
    );
    let brought = fetch("2026-11-28", &back);
    assert_eq!(brought.code, 0, "{}", brought.err);
    let restored = at("restored");
    let args = ["restore", "--from", text(&back), "--data", text(&restored)];
    good(&[&args[..], &["--without-list"]].concat());
    assert_eq!(hash(&restored), hash(&data));

    // Nor does another one come back in its place, whatever the storage gives under its name.
    let second = backup(&at("second"), "2026-11-29");
    assert_eq!(second.code, 0, "{}", second.err);
    let index = |name: &str| {
        let hash = digest(&SHA256, format!("aftercare backup v1\n{name}").as_bytes());
        let mut hexadecimal = String::new();
        for byte in hash.as_ref() {
            let _ = write!(hexadecimal, "{byte:02x}");
        }
        format!("/backups/{}/{}", &hexadecimal[..2], &hexadecimal[2..])
    };
    let older = objects.lock().expect("no panic")[&index("2026-11-28")].clone();
    let newer = objects
        .lock()
        .expect("no panic")
        .insert(index("2026-11-29"), older)
        .expect("it is there");
    let other = fetch("2026-11-29", &at("other"));
    assert!(
        other.code != 0 && other.err.contains("gives the backup 2026-11-28"),
        "{}",
        other.err
    );
    objects
        .lock()
        .expect("no panic")
        .insert(index("2026-11-29"), newer);

    // One byte of any object, and its backup does not come back.
    let names: Vec<String> = objects.lock().expect("no panic").keys().cloned().collect();
    for (turn, name) in names.iter().enumerate() {
        let flip = || {
            let mut objects = objects.lock().expect("no panic");
            let bytes = objects.get_mut(name).expect("an object");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        };
        flip();
        let failed = ["2026-11-28", "2026-11-29"].iter().filter(|backup| {
            let out = at(&format!("{backup}-{turn}"));
            let said = fetch(backup, &out);
            let is_there = out.exists();
            assert_eq!(said.code == 0, is_there, "{name}: {}", said.err);
            !is_there
        });
        assert!(failed.count() > 0, "{name} was altered, and nobody noticed");
        flip();
    }

    // A storage that keeps something else than it was given is found out at once, and the operator is told until a backup was
    // made; who has the list alone read back does not find it out.
    let spoil = || {
        let mut objects = objects.lock().expect("no panic");
        objects.insert(SPOIL.to_owned(), Vec::new());
    };
    spoil();
    let spoiled = backup(&at("third"), "2026-11-30");
    assert!(
        spoiled.code == 1 && spoiled.err.contains("its bytes were altered"),
        "{}",
        spoiled.err
    );
    let told = keyed(&["doctor", "--data", text(&data)]);
    assert!(
        told.code == 1 && told.out.contains("WRONG latest backup: failed"),
        "{}",
        told.out
    );
    spoil();
    let out = at("fourth");
    let args = ["backup", "--data", text(&data), "--out", text(&out)];
    let more = [
        "--to",
        text(&to),
        "--as",
        "2026-12-01",
        "--read-back",
        "list",
    ];
    let listed = good(&[&args[..], &more].concat());
    assert!(listed.contains("were not read"), "{listed}");
    let told = good(&["doctor", "--data", text(&data)]);
    assert!(told.contains("ok    latest backup"), "{told}");
    assert!(
        made.out.contains("read it back, and verified"),
        "{}",
        made.out
    );
    assert!(!at("backup.read-back").exists());
    let of_spoiled = ["2026-11-30", "2026-12-01"];
    for (turn, name) in of_spoiled.iter().enumerate() {
        let said = fetch(name, &at(&format!("spoiled-{turn}")));
        assert!(said.code != 0, "{name}: {}", said.out);
    }

    // Nor does one go where a directory keeps its photos and removes what nothing names: whether it said so, or is this one.
    let owner = "/backups/owner".to_owned();
    let mut there = objects.lock().expect("no panic");
    there.insert(owner.clone(), b"aftercare blobs 1\n".to_vec());
    drop(there);
    let owned = backup(&at("owned"), "2026-11-30");
    objects.lock().expect("no panic").remove(&owner);
    std::fs::copy(to.join("blobs.toml"), data.join("blobs.toml")).expect("a copy");
    let same = backup(&at("same"), "2026-11-30");
    for refused in [owned, same] {
        assert_eq!(refused.code, 2, "{}", refused.out);
        assert!(refused.err.contains("of their own"), "{}", refused.err);
    }
}

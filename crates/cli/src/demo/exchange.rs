//! The exchange of the demo: an operator and three platforms, each a process of its own on loopback, started by the commands
//! that anybody would use. It shares nothing with the shop of the other stories.

use super::print::Voice;
use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_scene::{Camera, Damage, ItemKind, RgbImage, Scene, encode_jpeg, paint_on};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const NAME: &str = "exchange.example/list";
const LOOPBACK: &str = "127.0.0.0/8";
const DAY_S: i64 = 86_400;
/// The platforms by their names in the story.
const PLATFORMS: [&str; 3] = ["A", "B", "C"];
/// Pixels of the photos.
const SIDES: (u32, u32) = (800, 600);

/// The operator; it ends with the story.
struct Operator(Child);

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder for the story's files, removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing in it is anybody's; a failure to remove it is only room lost.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Stage {
    program: PathBuf,
    folder: Folder,
}

impl Stage {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("exchange")
            .args(args)
            .current_dir(&self.folder.0)
            .env("AFTERCARE_ALLOW_NETWORK", LOOPBACK)
            .env_remove("AFTERCARE_EXCHANGE_DATABASE_URL")
            .stdin(Stdio::null());
        command
    }

    /// Runs one command to its end; answers the JSON that it printed.
    fn run(&self, args: &[&str]) -> anyhow::Result<Value> {
        let done = self.command(args).output().context("starting a command")?;
        anyhow::ensure!(
            done.status.success(),
            "exchange {}: {}{}",
            args.join(" "),
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
        Ok(serde_json::from_slice(&done.stdout)?)
    }

    /// Starts the operator; answers the key of its list and its address.
    fn start(&self) -> anyhow::Result<(Operator, String, String)> {
        let mut child = self
            .command(&[
                "serve",
                "--data",
                "operator",
                "--name",
                NAME,
                "--found",
                "seats.json",
                "--listen",
                "127.0.0.1:0",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("starting the operator")?;
        let out = child.stdout.take();
        let operator = Operator(child);
        let mut lines = BufReader::new(out.context("the operator has no output")?).lines();
        let mut line = |head: &str| -> anyhow::Result<String> {
            let line = lines.next().context("the operator ended")??;
            let said = line.strip_prefix(head);
            Ok(said
                .with_context(|| format!("“{head}…” expected of the operator"))?
                .to_owned())
        };
        let (log, url) = (line("exchange ")?, line("listening ")?);
        Ok((operator, log, url))
    }

    fn matched(&self, platform: &str, photo: &str) -> anyhow::Result<Value> {
        self.run(&[
            "match",
            photo,
            "--data",
            platform,
            "--json",
            "--blind-verdict-given",
        ])
    }

    fn sync(&self, platform: &str) -> anyhow::Result<Value> {
        self.run(&["sync", "--data", platform, "--json"])
    }
}

/// A middle part of a picture, compressed again.
fn cropped(picture: &RgbImage) -> Vec<u8> {
    let (width, height) = (picture.width() * 3 / 4, picture.height() * 3 / 4);
    let (x, y) = (picture.width() / 8, picture.height() / 8);
    let part = RgbImage::from_fn(width, height, |column, row| {
        *picture.get_pixel(column + x, row + y)
    });
    encode_jpeg(&part, 70, None)
}

/// The steps of a photo that was judged twenty days ago.
fn dossier() -> Value {
    let now_s = SystemClock.now().0.div_euclid(1_000);
    let look = |by: &str| {
        json!({
            "by": by, "at_s": now_s - 19 * DAY_S,
            "face": false, "document": false, "address": false, "home": false,
        })
    };
    json!({
        "decision": {
            "reference": "示例 / sample", "by": "审核员 1", "at_s": now_s - 20 * DAY_S, "final": true,
        },
        "looks": [look("审核员 1"), look("审核员 2")],
        "noticed_at_s": now_s - 18 * DAY_S,
        "published_by": "审核员 1",
    })
}

/// Plays the story.
///
/// # Errors
/// A process that cannot be started, or a step that did not end as it should.
pub fn play(voice: &Voice) -> anyhow::Result<()> {
    let name = format!("aftercare-exchange-{}", std::process::id());
    let folder = Folder(std::env::temp_dir().join(name));
    std::fs::create_dir_all(folder.0.join("catalogue"))
        .with_context(|| folder.0.display().to_string())?;
    let stage = Stage {
        program: std::env::current_exe().context("finding this program")?,
        folder,
    };
    voice.headline(
        "平台之间互相提示一张伪造照片",
        "platforms warn each other of a forged photo",
    );
    let write = |name: &str, bytes: &[u8]| {
        let path: &Path = &stage.path(name);
        std::fs::write(path, bytes).with_context(|| path.display().to_string())
    };
    let mut forged = Camera::phone(3).develop(&Scene::new(ItemKind::GiftBox, 11), SIDES.0, SIDES.1);
    paint_on(&mut forged, Damage::Crack, 3);
    write("forged.jpg", &encode_jpeg(&forged, 88, None))?;
    write("crop.jpg", &cropped(&forged))?;
    write("dossier.json", dossier().to_string().as_bytes())?;

    let numbers = ["1", "2", "3"];
    let seats = PLATFORMS
        .iter()
        .zip(numbers)
        .map(|(platform, number)| {
            stage.run(&[
                "join", "--data", platform, "--member", number, "--group", number,
            ])
        })
        .collect::<anyhow::Result<Vec<Value>>>()?;
    write("seats.json", Value::from(seats).to_string().as_bytes())?;
    let (operator, log, url) = stage.start()?;
    for (platform, number) in PLATFORMS.iter().zip(numbers) {
        stage.run(&[
            "join", "--data", platform, "--member", number, "--group", number, "--url", &url,
            "--log", &log,
        ])?;
        stage.sync(platform)?;
    }
    voice.note("运营方和三个平台各是一个进程，只在本机上 / an operator and three platforms, each a process, on this machine only");

    let published = stage.run(&[
        "publish",
        "dossier.json",
        "--photo",
        "forged.jpg",
        "--catalogue",
        "catalogue",
        "--data",
        PLATFORMS[0],
        "--json",
    ])?;
    let item = published["item"].to_string();
    voice.note(&format!(
        "A 终局认定一张照片为伪造，两人确认照片里没有任何人的信息，通知满 15 天后公布指纹 / A publishes the fingerprint of a photo judged forged, as entry {item}"
    ));
    for platform in &PLATFORMS[1..] {
        stage.sync(platform)?;
        let matched = stage.matched(platform, "crop.jpg")?;
        anyhow::ensure!(
            matched["effect"] == "human_looks",
            "{platform} does not recognize the crop: {matched}"
        );
    }
    let matched = stage.matched(PLATFORMS[1], "crop.jpg")?;
    let sentence = |language: &str| matched[language].as_str().unwrap_or_default().to_owned();
    voice.note("B 和 C 收到裁剪后重新压缩的同一张照片：由人来看，多给 48 小时，不能据此拒绝 / B and C meet it cropped and compressed again: a person looks, with 48 hours more");
    voice.note(&format!(
        "B 的审核员盲看之后读到的话（`serve --exchange` 的案件页面显示同一句） / what B's reviewer reads after the blind verdict (the page of a case shows the same with `serve --exchange`): “{}” {}",
        sentence("zh"),
        sentence("en")
    ));
    stage.run(&["appeal", &item, "--data", PLATFORMS[1], "--json"])?;
    voice.note("买家向 B 申诉，条目立即冻结，A 须在 72 小时内答复 / the buyer appeals at B: it is frozen at once, and A has 72 hours");
    stage.run(&[
        "answer",
        &item,
        "--withdraw",
        "--data",
        PLATFORMS[0],
        "--json",
    ])?;
    stage.sync(PLATFORMS[2])?;
    let matched = stage.matched(PLATFORMS[2], "crop.jpg")?;
    anyhow::ensure!(
        matched["effect"] == "nothing",
        "C still matches what was withdrawn: {matched}"
    );
    voice.note("A 撤回，C 不再匹配 / A withdraws it, and C matches it no more");
    let audited = stage.run(&["audit", PLATFORMS[2], "--log", &log, "--json"])?;
    voice.note(&format!(
        "离线核对 {} 个条目 / {} entries hold, checked offline",
        audited["entries"], audited["entries"]
    ));
    drop(operator);
    Ok(())
}

//! The files that pages load: embedded, served under names that carry a hash of their bytes, so that
//! a browser may keep them for ever and still gets the new ones.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Path under which the files are served.
pub const ROOT: &str = "/assets/";
/// A year, the longest that caches honor.
const KEEP: &str = "public, max-age=31536000, immutable";
/// The picture that the style sheet refers to by its plain name.
const CRACKLE: &str = "img/crackle.svg";

#[derive(rust_embed::Embed)]
#[folder = "assets/"]
struct Files;

/// A file ready to be sent.
#[derive(Clone, Debug)]
pub struct Asset {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
}

struct Shelf {
    /// Plain name to address.
    urls: BTreeMap<String, String>,
    /// Address without the root to file.
    files: BTreeMap<String, Asset>,
}

static SHELF: LazyLock<Shelf> = LazyLock::new(fill);

fn fill() -> Shelf {
    let mut shelf = Shelf {
        urls: BTreeMap::new(),
        files: BTreeMap::new(),
    };
    let crackle =
        Files::get(CRACKLE).map(|file| hashed(CRACKLE, file.metadata.sha256_hash(), [0; 32]));
    for name in Files::iter() {
        let Some(file) = Files::get(&name) else {
            continue;
        };
        let hash = file.metadata.sha256_hash();
        let mut bytes = file.data.into_owned();
        let mut with = [0; 32];
        // A style sheet changes when the picture it points to does.
        if let (true, Some(crackle)) = (name.ends_with(".css"), crackle.as_deref())
            && let Ok(text) = std::str::from_utf8(&bytes)
            && text.contains(CRACKLE)
        {
            let text = text.replace(CRACKLE, crackle);
            with = Files::get(CRACKLE).map_or([0; 32], |file| file.metadata.sha256_hash());
            bytes = text.into_bytes();
        }
        let address = hashed(&name, hash, with);
        shelf.files.insert(
            address.clone(),
            Asset {
                bytes,
                media_type: media_type(&name),
            },
        );
        shelf
            .urls
            .insert(name.into_owned(), format!("{ROOT}{address}"));
    }
    shelf
}

/// `name` with eight hexadecimal digits before its ending.
fn hashed(name: &str, hash: [u8; 32], with: [u8; 32]) -> String {
    let digits: String = hash
        .iter()
        .zip(with)
        .take(4)
        .map(|(one, other)| format!("{:02x}", one ^ other))
        .collect();
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}.{digits}.{ending}"),
        None => format!("{name}.{digits}"),
    }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Address of the file `name`, such as `/assets/aftercare.1a2b3c4d.css`; the plain path for a name
/// that is not there, which is then answered with 404.
#[must_use]
pub fn url(name: &str) -> String {
    SHELF
        .urls
        .get(name)
        .cloned()
        .unwrap_or_else(|| format!("{ROOT}{name}"))
}

/// The file at `address`, the part of the path after [`ROOT`].
#[must_use]
pub fn find(address: &str) -> Option<&'static Asset> {
    SHELF.files.get(address)
}

/// Answers `GET /assets/{*address}`.
#[must_use]
pub fn respond(address: &str) -> Response {
    match find(address) {
        Some(asset) => (
            [
                (CONTENT_TYPE, HeaderValue::from_static(asset.media_type)),
                (CACHE_CONTROL, HeaderValue::from_static(KEEP)),
            ],
            Body::from(asset.bytes.as_slice()),
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_a_hash_and_lead_back() {
        for name in [
            "tokens.css",
            "aftercare.css",
            "desk.css",
            "aftercare.js",
            "htmx.min.js",
            "logo.svg",
            "img/crackle.svg",
        ] {
            let url = url(name);
            let address = url.strip_prefix(ROOT).expect("under the root");
            assert_ne!(address, name, "{name} has no hash");
            assert!(
                find(address).is_some_and(|asset| !asset.bytes.is_empty()),
                "{name}"
            );
        }
        assert!(
            find("tokens.css").is_none(),
            "plain names are not served for ever"
        );
    }

    #[test]
    fn a_page_loads_what_its_script_is_built_on_first() {
        let jobs = include_str!("../templates/jobs.html");
        let job = include_str!("../templates/job.html");
        let packing = include_str!("../templates/desk_packing.html");
        let record = include_str!("../templates/desk_packing_record.html");
        let track = include_str!("../templates/track.html");
        let case = include_str!("../templates/desk_case.html");
        for (first, second, template) in [
            ("offline.js", "jobs.js", jobs),
            ("offline.js", "jobs.js", job),
            ("offline.js", "packing.js", packing),
            ("camera.js", "packing.js", packing),
            ("offline.js", "packing.js", record),
            ("camera.js", "packing.js", record),
            ("camera.js", "challenge.js", track),
            ("camera.js", "challenge.js", case),
        ] {
            let place = |script: &str| template.find(&format!("shell.asset(\"{script}\")"));
            let (before, after) = (place(first), place(second));
            assert!(before.is_some() && before < after, "{second}: {template}");
        }
    }

    #[test]
    fn what_a_refused_payment_had_is_told_and_kept_as_a_note() {
        let charge = include_str!("../templates/charge.html");
        let jobs = include_str!("../assets/jobs.js");
        let labels = jobs
            .split_once("const LABELS = {")
            .and_then(|(_, rest)| rest.split_once("};"));
        let (labels, _) = labels.expect("the labels");
        assert!(
            charge.contains("\"amount_yuan\"") && labels.contains(" amount_yuan: ["),
            "{labels}"
        );
    }

    #[test]
    fn pages_have_what_their_scripts_look_for() {
        let form = include_str!("../templates/packing_form.html");
        let packing = include_str!("../assets/packing.js");
        for part in ["go", "time", "said", "video"] {
            assert!(form.contains(&format!(" data-film-{part}")), "{part}");
        }
        assert!(packing.contains("[data-film]") && packing.contains("data-film-${name}"));
        let claim = include_str!("../templates/track_claim.html");
        for part in ["start", "take", "film", "time", "said"] {
            assert!(claim.contains(&format!(" data-camera-{part}")), "{part}");
        }
        for (page, mark, script) in [
            (
                claim,
                "data-capture",
                include_str!("../assets/challenge.js"),
            ),
            (
                include_str!("../templates/verify.html"),
                "data-verify",
                include_str!("../assets/receipt.js"),
            ),
            (
                include_str!("../templates/macros.html"),
                "data-parts",
                include_str!("../assets/parts.js"),
            ),
        ] {
            assert!(page.contains(mark) && script.contains(mark), "{mark}");
        }
        // Pages with a form in parts, and the one that checks receipts, load the script of it.
        for (page, script) in [
            (include_str!("../templates/report.html"), "parts.js"),
            (include_str!("../templates/claim.html"), "parts.js"),
            (include_str!("../templates/verify.html"), "receipt.js"),
        ] {
            assert!(
                page.contains(&format!("shell.asset(\"{script}\")")),
                "{script}"
            );
        }
    }

    #[test]
    fn the_style_sheet_points_to_the_hashed_picture() {
        let css = url("aftercare.css");
        let asset = find(&css[ROOT.len()..]).expect("there");
        let text = std::str::from_utf8(&asset.bytes).expect("text");
        let picture = &url(CRACKLE)[ROOT.len()..];
        assert!(text.contains(&format!("url({picture})")));
    }
}

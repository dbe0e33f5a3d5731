//! Traces beside the label: texts and marks that generators, editors, phones and messengers leave in a file. Each is a
//! signal and none a verdict. What is missing is never a trace: most programs and every messenger remove metadata.

use aftercare_media::Object;
use aftercare_media::exif::Exif;
use memchr::memmem;

use crate::artist;
use crate::gather::{Gather, is_web_ui_text};
use crate::limits::{MAX_TRACE_TEXT_BYTES, MAX_TRAILER_BYTES};
use crate::mark::{Confidence, Source};
use crate::rule::Rule;

/// How a field's text is compared.
enum Match {
    /// The field alone is enough.
    Any,
    /// The text has one of these in it.
    Has(&'static [&'static str]),
    /// The text is one of these.
    Is(&'static [&'static str]),
    /// The text begins with one of these.
    Begins(&'static [&'static str]),
    /// The text ends with one of these.
    Ends(&'static [&'static str]),
    /// The text names something, and is no word for nothing.
    Names,
    /// A prompt with its settings and, at the end, the identifier of its job.
    Job,
    /// JSON that says of what kind the generated content is: 1 or 2, where 0 is none.
    GeneratedKind,
}

/// What forms and programs write where there is nothing to name.
const NOTHING: [&str; 12] = [
    "none",
    "no",
    "not used",
    "n/a",
    "na",
    "null",
    "false",
    "-",
    "0",
    "无",
    "否",
    "未使用",
];
/// The name of a number in the JSON of ByteDance's programs, which they write into videos without generated content too.
const GENERATED_KIND: &str = "aigc_label_type";

impl Match {
    fn fits(&self, text: &str) -> bool {
        match self {
            Self::Any => !text.is_empty(),
            Self::Has(parts) => parts.iter().any(|part| text.contains(part)),
            Self::Is(texts) => texts.contains(&text),
            Self::Begins(starts) => starts.iter().any(|start| text.starts_with(start)),
            Self::Ends(ends) => ends.iter().any(|end| text.ends_with(end)),
            Self::Names => !text.is_empty() && !NOTHING.contains(&text.to_lowercase().as_str()),
            Self::Job => is_job(text),
            Self::GeneratedKind => text.split(GENERATED_KIND).skip(1).any(|rest| {
                let value = rest.trim_start_matches(['\\', '"', ':', ' ']);
                value.starts_with(|digit: char| matches!(digit, '1'..='9'))
            }),
        }
    }
}

/// Whether Midjourney writes so about its work: `a mug --v 6 Job ID: …`. A job by itself proves nothing: programs of
/// workshops write one into their photos as well.
fn is_job(text: &str) -> bool {
    text.rsplit_once("Job ID: ").is_some_and(|(prompt, job)| {
        let mut settings = prompt.split(" --").skip(1);
        is_uuid(job) && settings.any(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
    })
}

/// Whether the text is an identifier of the form 8-4-4-4-12 and nothing else.
fn is_uuid(text: &str) -> bool {
    const STROKES: [usize; 4] = [8, 13, 18, 23];
    const BYTES: usize = 36;
    text.len() == BYTES
        && text.bytes().enumerate().all(|(at, byte)| {
            if STROKES.contains(&at) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        })
}

/// Id, what it says, the names of fields it stands in, and their text.
type Trace = (&'static str, Rule, &'static [&'static str], Match);

/// Fields in which a program names itself.
const PROGRAM: &[&str] = &["Software", "CreatorTool", "software", "Encoder"];

const TRACES: &[Trace] = &[
    // Texts of generators about their work.
    (
        "stable_diffusion_web_ui",
        Rule::GeneratorText,
        &["parameters", "UserComment"],
        Match::Has(&["sui_image_params", "Fooocus v"]),
    ),
    (
        "fooocus",
        Rule::GeneratorText,
        &["fooocus_scheme"],
        Match::Any,
    ),
    (
        "invokeai",
        Rule::GeneratorText,
        &["invokeai_metadata", "invokeai_graph", "sd-metadata"],
        Match::Any,
    ),
    // The command with its settings, as the first versions wrote it.
    (
        "invokeai",
        Rule::GeneratorText,
        &["Dream"],
        Match::Has(&["\" -s"]),
    ),
    (
        "novelai",
        Rule::GeneratorText,
        &["Software", "Source"],
        Match::Begins(&["NovelAI"]),
    ),
    (
        "midjourney",
        Rule::GeneratorText,
        &["Description", "ImageDescription"],
        Match::Job,
    ),
    (
        "easy_diffusion",
        Rule::GeneratorText,
        &["use_stable_diffusion_model"],
        Match::Any,
    ),
    // Marks that say which generator made a file.
    (
        "draw_things",
        Rule::GeneratorMark,
        PROGRAM,
        Match::Has(&["Draw Things"]),
    ),
    (
        "stable_diffusion",
        Rule::GeneratorMark,
        PROGRAM,
        Match::Has(&["Stable Diffusion", "ComfyUI"]),
    ),
    (
        "adobe_firefly",
        Rule::GeneratorMark,
        PROGRAM,
        Match::Has(&["Adobe Firefly"]),
    ),
    (
        "dall_e",
        Rule::GeneratorMark,
        PROGRAM,
        Match::Has(&["DALL-E", "DALL·E", "OpenAI"]),
    ),
    (
        "flux",
        Rule::GeneratorMark,
        PROGRAM,
        Match::Has(&["Black Forest Labs"]),
    ),
    (
        "ideogram",
        Rule::GeneratorMark,
        &["Make", "Software"],
        Match::Is(&["Ideogram AI"]),
    ),
    (
        "luma",
        Rule::GeneratorMark,
        &["Source", "Comment", "Software", "comment"],
        Match::Begins(&["Luma AI", "lumalabs", "Luma Dream Machine"]),
    ),
    (
        "reve",
        Rule::GeneratorMark,
        &["Make", "Software", "Source"],
        Match::Is(&["Reve", "Reve AI"]),
    ),
    (
        "higgsfield",
        Rule::GeneratorMark,
        &["hf-job-id"],
        Match::Any,
    ),
    (
        "google_ai",
        Rule::GeneratorMark,
        &["Credit"],
        Match::Begins(&["Made with Google AI"]),
    ),
    (
        "dreamina",
        Rule::GeneratorMark,
        &[
            "Description",
            "Comment",
            "comment",
            "aigc_info",
            "UserComment",
        ],
        Match::GeneratedKind,
    ),
    // Generative edits of a photo.
    (
        "google_ai_edit",
        Rule::GenerativeEdit,
        &["Credit"],
        Match::Begins(&["Edited with Google AI"]),
    ),
    (
        "apple_clean_up",
        Rule::GenerativeEdit,
        &["Credit"],
        Match::Begins(&["Apple Photos Clean Up"]),
    ),
    // IPTC: where the picture comes from, and with what system it was made.
    (
        "iptc_composite_with_trained",
        Rule::SourceType,
        &["DigitalSourceType"],
        Match::Ends(&["/compositeWithTrainedAlgorithmicMedia"]),
    ),
    (
        "iptc_trained_algorithmic",
        Rule::SourceType,
        &["DigitalSourceType"],
        Match::Ends(&["/trainedAlgorithmicMedia"]),
    ),
    (
        "iptc_composite_synthetic",
        Rule::SourceType,
        &["DigitalSourceType"],
        Match::Ends(&["/compositeSynthetic"]),
    ),
    (
        "iptc_algorithmic",
        Rule::SourceType,
        &["DigitalSourceType"],
        Match::Ends(&["/algorithmicMedia"]),
    ),
    (
        "iptc_capture",
        Rule::SourceType,
        &["DigitalSourceType"],
        Match::Ends(&[
            "/digitalCapture",
            "/computationalCapture",
            "/compositeCapture",
        ]),
    ),
    (
        "iptc_screen_capture",
        Rule::Screenshot,
        &["DigitalSourceType"],
        Match::Ends(&["/screenCapture"]),
    ),
    (
        "iptc_other",
        Rule::SourceType,
        &["DigitalSourceType"],
        Match::Any,
    ),
    (
        "iptc_ai_prompt",
        Rule::AiSystem,
        &["AIPromptInformation", "AIPromptWriterName"],
        Match::Names,
    ),
    (
        "iptc_ai_system",
        Rule::AiSystem,
        &["AISystemUsed", "AISystemVersionUsed"],
        Match::Names,
    ),
    (
        "c2pa_remote_manifest",
        Rule::RemoteManifest,
        &["provenance"],
        Match::Begins(&["http"]),
    ),
    // Editors that name themselves.
    (
        "photoshop",
        Rule::Editor,
        PROGRAM,
        Match::Has(&["Adobe Photoshop"]),
    ),
    (
        "lightroom",
        Rule::Editor,
        PROGRAM,
        Match::Has(&["Lightroom"]),
    ),
    ("gimp", Rule::Editor, PROGRAM, Match::Begins(&["GIMP"])),
    ("snapseed", Rule::Editor, PROGRAM, Match::Has(&["Snapseed"])),
    (
        "picsart",
        Rule::Editor,
        PROGRAM,
        Match::Has(&["PicsArt", "Picsart"]),
    ),
    (
        "meitu",
        Rule::Editor,
        PROGRAM,
        Match::Has(&["Meitu", "美图", "BeautyPlus"]),
    ),
    (
        "capcut",
        Rule::Editor,
        PROGRAM,
        Match::Has(&["CapCut", "剪映", "醒图", "Hypic"]),
    ),
    ("vsco", Rule::Editor, PROGRAM, Match::Has(&["VSCO"])),
    ("canva", Rule::Editor, PROGRAM, Match::Has(&["Canva"])),
    (
        "affinity",
        Rule::Editor,
        PROGRAM,
        Match::Has(&["Affinity Photo"]),
    ),
    (
        "pixelmator",
        Rule::Editor,
        PROGRAM,
        Match::Has(&["Pixelmator"]),
    ),
    (
        "paint_net",
        Rule::Editor,
        PROGRAM,
        Match::Begins(&["paint.net"]),
    ),
    ("picasa", Rule::Editor, PROGRAM, Match::Begins(&["Picasa"])),
    (
        "facetune",
        Rule::Editor,
        PROGRAM,
        Match::Has(&["Facetune", "FaceApp", "Remini"]),
    ),
    (
        "imagemagick",
        Rule::Editor,
        PROGRAM,
        Match::Has(&["ImageMagick"]),
    ),
    // Pictures of a screen.
    (
        "screenshot",
        Rule::Screenshot,
        &["UserComment", "Software"],
        Match::Is(&[
            "Screenshot",
            "gnome-screenshot",
            "Snipping Tool",
            "Greenshot",
        ]),
    ),
    (
        "messenger",
        Rule::Messenger,
        &["Software", "Comment"],
        Match::Has(&["WeChat", "微信", "WhatsApp", "Telegram"]),
    ),
];

/// Names of all kinds of traces, for documents and tests: those of fields, and those found in other structures.
#[must_use]
pub fn kinds() -> Vec<&'static str> {
    let mut kinds: Vec<_> = TRACES.iter().map(|(id, ..)| *id).collect();
    kinds.extend([
        "comfyui",
        "grok",
        "stealth_pixels",
        "samsung_generative_edit",
        "samsung_edit",
        "samsung_remaster",
        "photoshop_resources",
        "facebook",
        "c2pa_manifest",
    ]);
    kinds
}

/// Names of all fields in which a trace is looked for, some of them more than once.
pub fn fields() -> impl Iterator<Item = &'static str> {
    TRACES.iter().flat_map(|(_, _, names, _)| *names).copied()
}

/// Adds the trace that the field `name` is, if it is one.
pub(crate) fn field(
    gather: &mut Gather<'_>,
    source: Source,
    offset: usize,
    name: &str,
    text: &str,
) {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let found = TRACES
        .iter()
        .find(|(_, _, names, expected)| names.contains(&name) && expected.fits(text));
    if let Some((id, rule, ..)) = found {
        gather.trace(*rule, source, offset, id, name, text);
    }
}

/// The generator that writes such a text under such a name, as the programs call themselves.
pub(crate) fn generator(name: &str, text: &str) -> Option<&'static str> {
    let is_object = || Object::parse(text.trim_matches(['\0', ' ', '\n'])).is_some();
    match name {
        "parameters" | "UserComment" if is_web_ui_text(text) => Some("stable_diffusion_web_ui"),
        // A graph of nodes, each with its class and what goes into it.
        "prompt" if text.contains("\"class_type\"") && text.contains("\"inputs\"") => {
            is_object().then_some("comfyui")
        }
        "workflow" if text.contains("\"nodes\"") && text.contains("\"links\"") => {
            is_object().then_some("comfyui")
        }
        _ => None,
    }
}

/// What Grok leaves in an EXIF block, all of it: an identifier for an artist, and its signature as description and as
/// comment. Each by itself is what other programs write as well.
pub(crate) fn signed(gather: &mut Gather<'_>, found: &Exif, tiff: &[u8]) {
    let Some(description) = &found.image_description else {
        return;
    };
    let has_comment = found
        .user_comments
        .iter()
        .any(|comment| is_signature(&comment.text));
    if has_comment
        && is_signature(&description.text)
        && artist::read(tiff).is_some_and(|artist| is_uuid(&artist))
    {
        let (rule, source) = (Rule::GeneratorMark, Source::ExifImageDescription);
        let (at, text) = (description.offset, description.text.trim());
        gather.trace(rule, source, at, "grok", "ImageDescription", text);
    }
}

/// Whether a text is `Signature: ` and Base64 of a length that signatures have, and nothing else. People sign with a name.
fn is_signature(text: &str) -> bool {
    const SHORTEST_CHARACTERS: usize = 64;
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    text.strip_prefix("Signature: ").is_some_and(|signature| {
        let bytes = signature.trim_end_matches('=').bytes();
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        bytes.len() >= SHORTEST_CHARACTERS && bytes.into_iter().all(is_base64)
    })
}

/// What Samsung's programs append after the end of a JPEG: named blocks, a table of them, and `SEFT`.
pub(crate) fn trailer(gather: &mut Gather<'_>, end: usize) {
    let bytes = gather.bytes;
    let start = end.max(bytes.len().saturating_sub(MAX_TRAILER_BYTES));
    let Some(trailer) = bytes
        .get(start..)
        .filter(|trailer| trailer.ends_with(b"SEFT"))
    else {
        return;
    };
    for (name, id, rule) in [
        (
            &b"PhotoEditor_Re_Edit_Data"[..],
            "samsung_edit",
            Rule::Editor,
        ),
        (b"Remaster_Info", "samsung_remaster", Rule::Editor),
    ] {
        let Some(at) = memmem::find(trailer, name) else {
            continue;
        };
        let data = &trailer[at + name.len()..];
        let text = String::from_utf8_lossy(&data[..data.len().min(MAX_TRACE_TEXT_BYTES)]);
        let kind = text.split_once("\"genAIType\":").map(|(_, rest)| {
            rest.trim_start()
                .split([',', '}'])
                .next()
                .unwrap_or("0")
                .trim()
        });
        // 0 and -1 are none.
        let is_generative = kind
            .and_then(|kind| kind.trim_matches('"').parse::<u32>().ok())
            .is_some_and(|kind| kind > 0);
        let (id, rule) = if is_generative {
            ("samsung_generative_edit", Rule::GenerativeEdit)
        } else {
            (id, rule)
        };
        let name = String::from_utf8_lossy(name).into_owned();
        let shown = kind.map_or_else(String::new, |kind| format!("genAIType {kind}"));
        gather.trace(rule, Source::JpegTrailer, start + at, id, &name, &shown);
    }
}

/// Photoshop's resources in application segment 13, and the number that Facebook and Instagram put into them.
pub(crate) fn resources(gather: &mut Gather<'_>, offset: usize, payload: &[u8]) {
    if memmem::find(payload, b"FBMD").is_some() {
        let (rule, source) = (Rule::Messenger, Source::JpegApplicationSegment);
        gather.trace(
            rule,
            source,
            offset,
            "facebook",
            "SpecialInstructions",
            "FBMD",
        );
    } else if payload.starts_with(b"Photoshop 3.0\0") {
        // Every program that writes IPTC uses this segment; the caption digest and the layers are Photoshop's own.
        let own = [&b"8BIM\x04\x25"[..], b"8BIM\x04\x0C", b"8BIM\x04\x06"];
        if own.iter().any(|id| memmem::find(payload, id).is_some()) {
            let (rule, source) = (Rule::Editor, Source::JpegApplicationSegment);
            gather.trace(rule, source, offset, "photoshop_resources", "8BIM", "");
        }
    }
}

/// A manifest of C2PA, which is only noted here: what it says is worth something after its signature was verified.
pub(crate) fn manifest(gather: &mut Gather<'_>, source: Source, offset: usize) {
    gather.trace(Rule::Manifest, source, offset, "c2pa_manifest", "C2PA", "");
    // It stands where manifests are kept, and is not only a word in a text.
    let marks = gather.marks.iter_mut();
    for mark in marks.filter(|mark| mark.rule == Rule::Manifest) {
        mark.confidence = Confidence::Declared;
    }
}

//! `aftercare inspect`: checks photos against the listing, the packing record and each other, without a case.

mod answer;
mod files;
mod manifest;
mod order;
mod progress;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_app::inspector::ChildTransport;
use aftercare_app::mark_reader::MarkReader;
use aftercare_domain::time::SECOND_MS;
use aftercare_evidence::driver::{DriveError, Driven, Wanted, inspect_claim};
use aftercare_evidence::edited::FalseAlarms;
use aftercare_labels::Report;
use aftercare_labels::consistency::Times;
use aftercare_labels::credentials::TrustList;
use aftercare_media::Limits;
use aftercare_report::{About, Fonts, HAS_PDF, PdfError};
use anyhow::Context as _;
use clap::Args;

use crate::failure::bad_input;
use crate::output::{say, tell};
use crate::trust::TrustArgs;
use answer::{Answer, Place};
use files::{Claim, File, Known, Named};
use progress::Progress;

/// Child processes of one batch; each holds some hundred megabytes.
const WORKERS_MAX: usize = 8;
/// Lines of one manifest with the same references that one child takes in a row.
const LINES_IN_A_ROW: usize = 16;
/// Longest side of the pictures in a report, in pixels, and their JPEG quality.
const REPORT_PREVIEW: (u32, u8) = (1_200, 82);

/// Check photos of a claim: made from a listing photo, edited, used twice, contradicted by another view?
///
/// The photos given together are taken as one claim: they are also compared with each other. Without --json the
/// findings are printed as sentences (Chinese when LC_ALL, LC_MESSAGES or LANG starts with zh). A finding speaks about
/// a photo, never about a person; `clear` means that nothing was found and proves nothing.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Answer (--json): one object a photo with photo, sha256, verdict (clear, review or intercept),
findings (code, grade, likelihood_log10, false_alarm_rate, reference, boxes, mask, zh, en,
numbers), marks (labels in the file) and elapsed_ms. `review` wants a human's look or a new photo;
`intercept` also holds an automatic payment, and nothing else.

Photos may be JPEG, PNG, WebP, GIF, TIFF or BMP, and clips (MP4, MOV) with H.264; another file
gets the finding not_decoded.
The exit code is 0 when every photo was answered, whatever the verdict, and 2 when something that
was given cannot be used.

ORDER.json holds facts of the order; every field may be missing, others are not read:
  placed_at     when it was placed     (2026-11-20T10:00:00+08:00, or only the date)
  shipped_at    when it was handed over to the carrier
  delivered_at  when it was delivered
  listing       more listing photos: paths relative to ORDER.json
  packing       more pictures of the packing record: paths relative to ORDER.json
The dates make notes (`notes` in the answer) and change no finding and no verdict: a camera's clock proves nothing.

MANIFEST.jsonl has one claim a line, with paths relative to the manifest:
  {\"photo\": \"a.jpg\", \"listing\": [\"l1.jpg\", \"l2.jpg\"], \"packing\": [\"p.jpg\"], \"order\": \"o.json\"}
`packing` and `order` may be missing. Each line gets one answer, in the order of the lines; an
unreadable photo gets the verdict review and the finding not_decoded. The exit code is 0 when
every line was answered.

Examples:
  aftercare inspect claim.jpg --listing shop1.jpg --listing shop2.jpg
  aftercare inspect *.jpg --listing shop.jpg --packing packed.jpg --json --mask-out masks
  aftercare inspect claim.jpg --challenge later.jpg --listing shop.jpg
  aftercare inspect claim.jpg --listing shop.jpg --report report.html
  aftercare inspect --batch claims.jsonl > answers.jsonl")]
pub struct InspectArgs {
    /// Photos of the claim, each also compared with the others.
    #[arg(value_name = "PHOTO", required_unless_present = "batch")]
    photos: Vec<PathBuf>,
    /// A photo of the same claim that was taken later, on request; only such a one contradicts the others. May be given
    /// several times.
    #[arg(long, value_name = "F")]
    challenge: Vec<PathBuf>,
    /// A photo of the listing; may be given several times.
    #[arg(long, value_name = "F")]
    listing: Vec<PathBuf>,
    /// A picture of the packing record; may be given several times.
    #[arg(long, value_name = "F")]
    packing: Vec<PathBuf>,
    /// Facts of the order; see the fields below.
    #[arg(long, value_name = "ORDER.json")]
    order: Option<PathBuf>,
    /// One JSON object a photo.
    #[arg(long)]
    json: bool,
    /// Write masks and heat maps into this directory; it is made when it does not exist.
    #[arg(long, value_name = "DIR")]
    mask_out: Option<PathBuf>,
    /// Write one self-contained page with pictures, findings and numbers; a name that ends in `.pdf` makes it a PDF file
    /// (in builds with `--features full`).
    #[arg(long, value_name = "OUT.html", conflicts_with = "batch")]
    report: Option<PathBuf>,
    /// A font file for a PDF whose characters the embedded font lacks; the machine's own fonts are searched after it. May be
    /// given several times.
    #[arg(long, value_name = "FILE", requires = "report")]
    font: Vec<PathBuf>,
    /// Answer every line of a manifest (- for standard input) with one JSON object a line.
    #[arg(
        long,
        value_name = "MANIFEST.jsonl",
        conflicts_with_all = ["photos", "challenge", "listing", "packing", "order"]
    )]
    batch: Option<PathBuf>,
    /// The share of undamaged copies in which an edit may be seen, from 0.0068 to 1; 0.014 when not given.
    ///
    /// Less finds less. The figures of the tests hold for the usual share only, and are left out of an `edited_region`
    /// that was found with another.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    edit_false_alarms: Option<FalseAlarms>,
    #[command(flatten)]
    trust: TrustArgs,
}

/// Reads the share of false alarms.
fn share(given: &str) -> Result<FalseAlarms, String> {
    let number: f64 = given
        .parse()
        .map_err(|_| format!("{given:?} is not a number such as 0.01"))?;
    FalseAlarms::at_most(number).map_err(|error| error.to_string())
}

/// Runs the command.
///
/// # Errors
/// Bad input (exit 2): what is wrong, where, and what to do. An unreadable photo is an answer, not an error.
pub fn run(args: &InspectArgs) -> anyhow::Result<ExitCode> {
    if let Some(folder) = &args.mask_out {
        std::fs::create_dir_all(folder).map_err(|error| {
            bad_input(format!(
                "--mask-out {}: {error}. Name a folder, or a place for a new one.",
                folder.display()
            ))
        })?;
    }
    if args.report.as_deref().is_some_and(is_pdf) && !HAS_PDF {
        return Err(bad_input(format!("--report: {}", PdfError::NotBuilt)));
    }
    if let Some(path) = &args.report {
        place_for_report(path).map_err(bad_input)?;
    }
    let trusted = Arc::new(args.trust.list()?);
    match &args.batch {
        Some(manifest) => batch(args, &trusted, manifest),
        None => one_claim(args, &trusted),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// The children of one worker.
struct Children {
    pictures: ChildTransport,
    marks: MarkReader,
    /// In seconds since 1970.
    today: i64,
}

impl Children {
    fn new(trusted: &Arc<TrustList>) -> anyhow::Result<Self> {
        let program =
            std::env::current_exe().context("finding this program, to start its child")?;
        Ok(Self {
            pictures: ChildTransport::new(program.clone()),
            marks: MarkReader::new(program, Arc::clone(trusted)),
            today: SystemClock.now().0.div_euclid(SECOND_MS),
        })
    }
}

/// What the file at `path` says about itself; `None` for one that cannot be opened, which the inspection tells.
/// Its EXIF is held against the picture; against the order, the notes of the order do it.
fn marks(reader: &mut MarkReader, today: i64, path: &Path) -> anyhow::Result<Option<Report>> {
    match files::read(path) {
        Ok(bytes) => Ok(Some(reader.read_and_verify(
            &bytes,
            today,
            Times::default(),
        )?)),
        Err(_) => Ok(None),
    }
}

fn one_claim(args: &InspectArgs, trusted: &Arc<TrustList>) -> anyhow::Result<()> {
    let order = match &args.order {
        Some(path) => Some(order::read(path).map_err(bad_input)?),
        None => None,
    };
    let given = |paths: &[PathBuf]| -> Vec<File> {
        let here = Path::new("");
        paths.iter().map(|path| File::within(here, path)).collect()
    };
    let mut claim = Claim {
        photos: given(&args.photos),
        challenges: given(&args.challenge),
        listing: given(&args.listing),
        packing: given(&args.packing),
        order: None,
        order_problem: None,
    };
    // A path that leads nowhere is a slip of whoever typed it, not an unreadable photo.
    for (option, files) in [
        ("", &claim.photos),
        ("--challenge ", &claim.challenges),
        ("--listing ", &claim.listing),
        ("--packing ", &claim.packing),
    ] {
        for file in files {
            if let Some(problem) = slip(&file.path) {
                return Err(bad_input(format!("{option}{}: {problem}", file.shown)));
            }
        }
    }
    claim.add_order(order);
    if !args.json {
        for note in claim.notes(answer::chinese()) {
            tell(&note);
        }
    }
    let progress = Progress::new(claim.photos.len() + claim.challenges.len());
    let known = Known::default();
    let mut children = Children::new(trusted)?;
    let named = known.name(&claim);
    let mut answers = Vec::new();
    let driven = inspect(&mut children, &claim, &named, args, 0, &mut |answer| {
        progress.clear();
        let text = if args.json {
            answer.to_json().to_string()
        } else {
            answer.to_text()
        };
        say(&text);
        progress.done(&answer.photo);
        answers.push(answer);
    })?;
    progress.clear();
    if let Some(path) = &args.report {
        let page = answer::report(&driven, &named, &answers);
        let bytes = if is_pdf(path) {
            on_paper(&page, &args.font)?
        } else {
            page.into_bytes()
        };
        std::fs::write(path, bytes)
            .map_err(|error| bad_input(format!("--report {}: {error}", path.display())))?;
    }
    Ok(())
}

/// Why a path is no photo, and what to give instead.
fn slip(path: &Path) -> Option<String> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => None,
        Ok(found) if found.is_dir() => Some(format!(
            "this is a folder, not a file. Give the photos in it, such as {}.",
            path.join("*.jpg").display()
        )),
        Ok(_) => Some("this is not a file. Give the path of a photo.".to_owned()),
        Err(error) => Some(format!("{error}. Give the path of a photo.")),
    }
}

/// Refuses a place that would only turn out to be none when everything is done, and one that holds something else: a slip
/// must not overwrite a photo.
fn place_for_report(path: &Path) -> Result<(), String> {
    const STARTS: [&[u8]; 2] = [b"<!doctype html", b"%pdf-"];
    let shown = path.display();
    if path.is_dir() {
        return Err(format!(
            "--report {shown}: this is a folder. Name a file in it, such as {}.",
            path.join("report.html").display()
        ));
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder
        && !folder.is_dir()
    {
        return Err(format!(
            "--report {shown}: there is no folder {}. Make it, or name another file.",
            folder.display()
        ));
    }
    // What is no file, such as a device, takes what comes.
    if path.is_file()
        && let Ok(file) = std::fs::File::open(path)
    {
        let mut start = Vec::new();
        let _ = file.take(16).read_to_end(&mut start);
        let start = start.to_ascii_lowercase();
        if !start.is_empty() && !STARTS.iter().any(|known| start.starts_with(known)) {
            return Err(format!(
                "--report {shown}: this file is there and is no report. Name another one, or remove it."
            ));
        }
    }
    Ok(())
}

/// Whether a report of that name is to be a PDF file.
fn is_pdf(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("pdf"))
}

/// The page on paper.
fn on_paper(page: &str, fonts: &[PathBuf]) -> anyhow::Result<Vec<u8>> {
    let about = About {
        author: "Aftercare".to_owned(),
        // The report names no time either: the same photos give the same file.
        made_at_ms: 0,
        missing: "现有字体没有的字 / Characters that no font at hand has:".to_owned(),
    };
    let fonts = Fonts {
        files: fonts.to_vec(),
        system: true,
    };
    let made = aftercare_report::pdf(page, &about, &fonts)
        .map_err(|error| bad_input(format!("--report: {error}")))?;
    Ok(made.bytes)
}

/// Inspects one claim; `tell` gets the answer of every photo as soon as it stands.
fn inspect(
    children: &mut Children,
    claim: &Claim,
    named: &Named,
    args: &InspectArgs,
    first: usize,
    tell: &mut dyn FnMut(Answer),
) -> anyhow::Result<Driven> {
    let wanted = Wanted {
        limits: Limits::default(),
        preview: args.report.as_ref().map(|_| REPORT_PREVIEW),
        overlays: args.mask_out.is_some() || args.report.is_some(),
        false_alarms: args.edit_false_alarms.unwrap_or_default(),
    };
    let mut started = Instant::now();
    let mut number = 0;
    let mut failed = None;
    let Children {
        pictures,
        marks: reader,
        today,
    } = children;
    let driven = inspect_claim(
        pictures,
        &named.files,
        wanted,
        &mut |picture| Known::bytes(named.path(&picture.name), &picture.name),
        &mut |photo| {
            let read = marks(reader, *today, named.path(&photo.photo.name));
            let answered = read.and_then(|report| {
                let place = Place {
                    number: first + number,
                    elapsed: started.elapsed(),
                    mask_out: args.mask_out.as_deref(),
                };
                Answer::new(photo, claim, named, report.as_ref(), place)
            });
            match answered {
                Ok(answer) => tell(answer),
                Err(error) => failed = failed.take().or(Some(error)),
            }
            number += 1;
            started = Instant::now();
        },
    )
    .map_err(|error| match error {
        DriveError::TooMany | DriveError::SameName(_) => bad_input(format!(
            "{error}. Give fewer files, or split them into several claims."
        )),
        other => anyhow::Error::new(other),
    })?;
    match failed {
        Some(error) => Err(error),
        None => Ok(driven),
    }
}

/// Answers every line of a manifest, in their order, with several children.
fn batch(args: &InspectArgs, trusted: &Arc<TrustList>, path: &Path) -> anyhow::Result<()> {
    let claims = manifest::read(path).map_err(bad_input)?;
    let progress = Progress::new(claims.len());
    let known = Known::default();
    let groups = Mutex::new(groups(&claims).into_iter());
    let workers = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .clamp(1, WORKERS_MAX)
        .min(claims.len());
    let (send, answers) = channel::<anyhow::Result<Answer>>();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let send = send.clone();
            let (claims, known, groups) = (&claims, &known, &groups);
            scope.spawn(move || {
                let work = || -> anyhow::Result<()> {
                    let mut children = Children::new(trusted)?;
                    let next = || groups.lock().ok().and_then(|mut groups| groups.next());
                    while let Some(group) = next() {
                        for line in group {
                            let named = known.name(&claims[line]);
                            inspect(
                                &mut children,
                                &claims[line],
                                &named,
                                args,
                                line,
                                &mut |answer| {
                                    let _ = send.send(Ok(answer));
                                },
                            )?;
                        }
                    }
                    Ok(())
                };
                if let Err(error) = work() {
                    let _ = send.send(Err(error));
                }
            });
        }
        drop(send);
        let mut waiting = std::collections::BTreeMap::new();
        let mut next = 0;
        for answer in answers {
            let answer = answer?;
            waiting.insert(answer.number, answer);
            while let Some(answer) = waiting.remove(&next) {
                next += 1;
                progress.clear();
                say(&answer.to_json().to_string());
                progress.done(&answer.photo);
            }
        }
        progress.clear();
        anyhow::ensure!(
            next == claims.len(),
            "only {next} of {} lines were answered",
            claims.len()
        );
        Ok(())
    })
}

/// Runs of lines with the same references, so that one child prepares them once.
fn groups(claims: &[Claim]) -> Vec<std::ops::Range<usize>> {
    let mut groups: Vec<std::ops::Range<usize>> = Vec::new();
    for (line, claim) in claims.iter().enumerate() {
        match groups.last_mut() {
            Some(group)
                if group.len() < LINES_IN_A_ROW
                    && claims[group.start].listing == claim.listing
                    && claims[group.start].packing == claim.packing =>
            {
                group.end = line + 1;
            }
            _ => groups.push(line..line + 1),
        }
    }
    groups
}

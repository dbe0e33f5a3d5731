//! The pairs of carrier and serialization: what we tell about each, and whether exiftool shows its text.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use aftercare_labels::{MarkKind, Verdict, read};
use anyhow::{Context, Result};

use crate::carriers;
use crate::exiftool::Exiftool;

pub fn run(folder: &Path, exiftool: &mut Exiftool, report: &mut String) -> Result<()> {
    let mut rows = String::new();
    let (mut ours, mut theirs) = (0, 0);
    let files = carriers::files();
    let count = files.len();
    for (name, _, _, bytes, _) in files {
        let found = read(&bytes);
        let is_text = found
            .marks
            .iter()
            .any(|mark| mark.kind == MarkKind::GeneratorText);
        let told = match (found.verdict, is_text) {
            (Verdict::Compliant, false) => "one label, compliant",
            (Verdict::Absent, true) => "a generator's text, no label",
            _ => "not read",
        };
        ours += usize::from(told != "not read");
        // exiftool goes by the content, but by the name where there is no magic.
        let extension = match name.split(' ').next().unwrap_or_default() {
            "Matroska" => "mkv".to_owned(),
            "Ogg" => "ogg".to_owned(),
            "Markdown" => "md".to_owned(),
            first => first.to_lowercase(),
        };
        let file = folder.join(format!("pair.{extension}"));
        fs::write(&file, bytes)?;
        let file = file.to_str().context("a name in UTF-8")?;
        let answer = exiftool.ask(&["-j", "-a", "-u", "-G1", file])?;
        let wanted = if is_text { "a mug" } else { "sample-0001" };
        let wanted = if name.contains("ComfyUI") {
            "KSampler"
        } else {
            wanted
        };
        let is_shown = answer.contains(wanted);
        theirs += usize::from(is_shown);
        writeln!(
            rows,
            "| {name} | {told} | {} |",
            if is_shown { "shown" } else { "-" }
        )?;
    }
    writeln!(
        report,
        "## Carriers\n\n\
         Of {count} pairs of carrier and serialization, written byte by byte by the tests, we read {ours} with a verdict. exiftool\n\
         (`-j -a -u -G1`) shows the text of {theirs}; it knows no label and gives no verdict. It\n\
         goes no further than the first cluster of Matroska, and finds nothing in a PDF without its table of references, as the\n\
         file of the tests is; the round trips below have whole files.\n\n\
         | pair | ours | text by exiftool |\n|---|---|---|\n{rows}"
    )?;
    Ok(())
}

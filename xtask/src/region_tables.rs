//! Builds the tables of `crates/region` from the source tables in a folder: facts re-encoded in our own compact text,
//! small enough for the binary and readable in a diff; the table of towns, half of everything, is deflated. The sources are never part of the tree; NOTICE names them.
//!
//! The folder holds `areacodes/` (result.csv, data/YYYY.txt, sub-county-diff.xlsx), `towns/` (streets.csv, areas.csv,
//! HK-MO-TW.json), `centroids/adcodes.csv` and `chars/` (TSCharacters.txt, pinyin_dict.json, chaizi.tsv).

mod chars;
mod divisions;
mod telephones;
mod towns;
mod xlsx;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;

/// What the tables have in all before the longest is deflated.
const TABLES_BYTES_MAX: usize = 1_500_000;

/// Where the tables lie, from the root of the workspace.
const TABLES: &str = "crates/region/data";

/// Write the tables of `crates/region`, or only compare.
#[derive(Args)]
pub(crate) struct RegionTables {
    /// Folder with areacodes/, towns/, centroids/ and chars/.
    sources: PathBuf,
    /// Write nothing; fail when a table differs from what the sources give.
    #[arg(long)]
    check: bool,
    /// Only the table of the changes of towns, for which `areacodes/` and `towns/streets.csv` are enough.
    #[arg(long)]
    town_changes: bool,
    /// Only the table of telephone area codes, from this list (`010 北京/北京` a line), for which `areacodes/` is enough.
    #[arg(long, value_name = "LIST")]
    telephones: Option<PathBuf>,
}

pub(crate) fn run(task: &RegionTables, root: &Path) -> Result<ExitCode> {
    if task.town_changes {
        return town_changes(task, root);
    }
    if let Some(list) = &task.telephones {
        let records = divisions::read(&task.sources)?;
        return one_table(
            task,
            root,
            "telephones.txt",
            &telephones::table(list, &records)?,
        );
    }
    let records = divisions::read(&task.sources)?;
    divisions::compare_with_years(&records, &task.sources)?;
    let years = divisions::years_table(&records);
    let towns = towns::read(&task.sources)?;
    let changes = towns::changes(&task.sources, &towns)?;
    let tables = [
        ("divisions.txt", divisions::table(&records)),
        ("towns.txt.z", towns::table(&towns)),
        ("town_changes.txt", towns::changes_table(&changes)),
        ("areas.txt", towns::areas_table(&task.sources, &records)?),
        ("outside.txt", towns::outside_table(&task.sources)?),
        ("points.txt", divisions::points(&records, &task.sources)?),
    ];
    let mut names = String::new();
    for (_, text) in &tables {
        names.push_str(text);
    }
    let mut bytes = 0;
    let mut differing = Vec::new();
    let chars = chars::table(&task.sources, &names)?;
    let tests = [("../tests/years.tsv", years)];
    for (name, text) in tables
        .into_iter()
        .chain([("chars.txt", chars)])
        .chain(tests)
    {
        let path = root.join(TABLES).join(name);
        bytes += if name.starts_with("..") {
            0
        } else {
            text.len()
        };
        if task.check {
            if kept(&path).ok().as_deref() != Some(text.as_str()) {
                differing.push(name);
            }
        } else {
            fs::create_dir_all(root.join(TABLES))?;
            keep(&path, &text).with_context(|| format!("writing {}", path.display()))?;
        }
        crate::say(&format!("{name}: {} bytes", text.len()));
    }
    ensure!(
        bytes <= TABLES_BYTES_MAX,
        "{bytes} bytes in all, {TABLES_BYTES_MAX} are the most"
    );
    ensure!(
        differing.is_empty(),
        "these tables differ from the sources: {differing:?}"
    );
    crate::say(&format!("{bytes} bytes in all"));
    Ok(ExitCode::SUCCESS)
}

fn town_changes(task: &RegionTables, root: &Path) -> Result<ExitCode> {
    let towns = towns::read(&task.sources)?;
    let text = towns::changes_table(&towns::changes(&task.sources, &towns)?);
    one_table(task, root, "town_changes.txt", &text)
}

/// Writes or compares one table, and holds the size of all against the limit.
fn one_table(task: &RegionTables, root: &Path, name: &str, text: &str) -> Result<ExitCode> {
    let path = root.join(TABLES).join(name);
    if task.check {
        ensure!(
            fs::read_to_string(&path)? == text,
            "{name} differs from the sources"
        );
    } else {
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    let mut bytes = 0;
    for entry in fs::read_dir(root.join(TABLES))? {
        bytes += entry?.metadata()?.len();
    }
    crate::say(&format!(
        "{name}: {} bytes; {bytes} bytes in all",
        text.len()
    ));
    ensure!(
        usize::try_from(bytes)? <= TABLES_BYTES_MAX,
        "{bytes} bytes in all, {TABLES_BYTES_MAX} are the most"
    );
    Ok(ExitCode::SUCCESS)
}

/// The text of a table, inflated where its name says that it is deflated.
fn kept(path: &Path) -> std::io::Result<String> {
    let bytes = fs::read(path)?;
    if path.extension().is_some_and(|extension| extension == "z") {
        std::io::read_to_string(flate2::read::ZlibDecoder::new(bytes.as_slice()))
    } else {
        std::io::read_to_string(bytes.as_slice())
    }
}

/// Writes the text of a table, deflated where its name says so.
fn keep(path: &Path, text: &str) -> std::io::Result<()> {
    if path.extension().is_some_and(|extension| extension == "z") {
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(text.as_bytes())?;
        fs::write(path, packed.finish()?)
    } else {
        fs::write(path, text)
    }
}

/// The text of a source file, without a byte order mark.
fn text(sources: &Path, name: &str) -> Result<String> {
    let path = sources.join(name);
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// The fields of one line of a source table; none of them has a comma inside quotes.
fn fields(line: &str) -> Vec<&str> {
    line.trim_end_matches('\r')
        .split(',')
        .map(|field| field.trim().trim_matches('"'))
        .collect()
}

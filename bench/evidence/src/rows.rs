//! Results: one JSON line each, appended item by item, so that an interrupted run goes on where it stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

/// What a results file belongs to: rows of two different runs are never mixed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub seed: u64,
    pub side: u32,
    /// The commit that was measured.
    pub commit: String,
    /// The version of the checks.
    pub checks: String,
}

/// How well a mask was found: pixels of the found mask's own size.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Overlap {
    pub hit: u64,
    pub wrong: u64,
    pub missed: u64,
    pub pixels: u64,
}

impl Overlap {
    /// The harmonic mean of precision and recall; 1 when there was nothing to find and nothing was found.
    #[must_use]
    pub fn f1(&self) -> f64 {
        let all = 2 * self.hit + self.wrong + self.missed;
        if all == 0 {
            1.0
        } else {
            2.0 * self.hit as f64 / all as f64
        }
    }

    #[must_use]
    pub fn iou(&self) -> f64 {
        let all = self.hit + self.wrong + self.missed;
        if all == 0 {
            1.0
        } else {
            self.hit as f64 / all as f64
        }
    }
}

/// One thing that was measured.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Row {
    pub stage: String,
    /// `rendered` or `real`.
    pub suite: String,
    /// The item; bounds are clustered by it.
    pub item: String,
    /// The kind of the item.
    pub kind: String,
    /// What was done: the chain of a forged photo, the kind of an honest one.
    pub class: String,
    /// How it was sent, where that is not the class.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub chain: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub damage: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub verdict: String,
    /// Findings as `code/grade`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<String, f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<Overlap>,
    /// The same for the mask as it is drawn whatever the verdict says, against the true origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask_point: Option<Overlap>,
    #[serde(default)]
    pub milliseconds: f64,
}

impl Row {
    /// Whether a finding stands, at any grade but a note.
    #[must_use]
    pub fn has(&self, code: &str) -> bool {
        self.codes.iter().any(|known| {
            known
                .strip_prefix(code)
                .is_some_and(|rest| rest.starts_with('/') && rest != "/note")
        })
    }

    /// Whether a finding stands with exactly this grade.
    #[must_use]
    pub fn has_grade(&self, code: &str, grade: &str) -> bool {
        self.codes.iter().any(|known| {
            known
                .strip_prefix(code)
                .and_then(|rest| rest.strip_prefix('/'))
                == Some(grade)
        })
    }

    /// Whether a finding stands, notes included.
    #[must_use]
    pub fn mentions(&self, code: &str) -> bool {
        self.codes
            .iter()
            .any(|known| known.split('/').next() == Some(code))
    }

    /// Whether a photo was accused: `intercept`, or a finding of an accusing code.
    #[must_use]
    pub fn is_accused(&self) -> bool {
        const ACCUSING: [&str; 7] = [
            "derived_from_reference",
            "edited_region",
            "reused_photo",
            "copy_move",
            "jpeg_inconsistent",
            "resampled",
            "damage_not_confirmed",
        ];
        self.verdict == "intercept" || ACCUSING.iter().any(|code| self.has(code))
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Head { head: Head },
    Done { done: String },
    Row(Box<Row>),
}

/// A results file that is being written.
pub struct Results {
    file: Mutex<File>,
    done: BTreeSet<String>,
}

impl Results {
    /// Opens or begins a file.
    ///
    /// # Errors
    /// When it belongs to another seed, size, commit or version of the checks.
    pub fn open(path: &Path, head: &Head) -> Result<Self> {
        let mut done = BTreeSet::new();
        let fresh = !path.exists();
        if !fresh {
            for line in lines(path)? {
                match line? {
                    Line::Head { head: known } => ensure!(
                        known == *head,
                        "{} holds results of {known:?}, not of {head:?}; give another --out",
                        path.display()
                    ),
                    Line::Done { done: task } => {
                        done.insert(task);
                    }
                    Line::Row(_) => {}
                }
            }
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if fresh {
            writeln!(
                file,
                "{}",
                serde_json::to_string(&Line::Head { head: head.clone() })?
            )?;
        }
        Ok(Self {
            file: Mutex::new(file),
            done,
        })
    }

    /// Whether a task was finished before.
    #[must_use]
    pub fn is_done(&self, task: &str) -> bool {
        self.done.contains(task)
    }

    /// Appends the rows of a finished task in one piece.
    pub fn add(&self, task: &str, rows: Vec<Row>) -> Result<()> {
        let mut text = String::new();
        for row in rows {
            text += &serde_json::to_string(&Line::Row(Box::new(row)))?;
            text.push('\n');
        }
        text += &serde_json::to_string(&Line::Done {
            done: task.to_owned(),
        })?;
        text.push('\n');
        let mut file = self
            .file
            .lock()
            .map_err(|_| anyhow::anyhow!("another thread failed"))?;
        file.write_all(text.as_bytes())?;
        Ok(file.flush()?)
    }
}

/// Reads a results file: what it belongs to, and the rows of every finished task.
pub fn read(path: &Path) -> Result<(Head, Vec<Row>)> {
    let mut head = None;
    let (mut rows, mut pending) = (Vec::new(), Vec::new());
    for line in lines(path)? {
        match line? {
            Line::Head { head: known } => head = Some(known),
            Line::Row(row) => pending.push(*row),
            Line::Done { .. } => rows.append(&mut pending),
        }
    }
    let head =
        head.with_context(|| format!("{} does not say what it belongs to", path.display()))?;
    Ok((head, rows))
}

fn lines(path: &Path) -> Result<impl Iterator<Item = Result<Line>>> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let mut lines: Vec<String> = BufReader::new(file)
        .lines()
        .collect::<std::io::Result<_>>()?;
    // An interrupted run may leave half a line at the end.
    if lines
        .last()
        .is_some_and(|last| serde_json::from_str::<Line>(last).is_err())
    {
        lines.pop();
    }
    Ok(lines
        .into_iter()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(&line).with_context(|| format!("reading {line}"))))
}

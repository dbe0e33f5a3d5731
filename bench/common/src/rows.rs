//! Rows of results, one JSON object a line, appended as they come, so that a run goes on where it stopped.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A file of rows.
pub struct Rows<T> {
    path: PathBuf,
    pub all: Vec<T>,
}

impl<T: Serialize + DeserializeOwned> Rows<T> {
    /// Reads what is there. A last line that was cut off is dropped.
    pub fn open(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join(format!("{name}.jsonl"));
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let mut all = Vec::new();
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        for (number, line) in whole.lines().enumerate() {
            let row = serde_json::from_str(line)
                .with_context(|| format!("{}, line {}", path.display(), number + 1))?;
            all.push(row);
        }
        if whole.len() < text.len() {
            std::fs::write(&path, whole).with_context(|| path.display().to_string())?;
        }
        Ok(Self { path, all })
    }

    /// Appends a row and keeps it.
    pub fn push(&mut self, row: T) -> Result<()> {
        let mut line = serde_json::to_string(&row)?;
        line.push('\n');
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .with_context(|| self.path.display().to_string())?;
        self.all.push(row);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Rows;

    #[test]
    fn a_run_goes_on_whatever_row_was_cut_off() {
        let folder = std::env::temp_dir().join(format!("aftercare-rows-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("numbers.jsonl");
        // The very first row, the second one, and none.
        for (left, known) in [
            ("12", vec![]),
            ("1\n23", vec![1]),
            ("1\n2\n", vec![1, 2]),
            ("", vec![]),
        ] {
            std::fs::write(&file, left).expect("a file");
            let mut rows = Rows::<u32>::open(&folder, "numbers").expect(left);
            assert_eq!(rows.all, known, "{left:?}");
            rows.push(7).expect("a row");
            let again = Rows::<u32>::open(&folder, "numbers").expect(left);
            assert_eq!(again.all, rows.all, "{left:?}");
        }
        std::fs::remove_dir_all(&folder).expect("a folder");
    }
}

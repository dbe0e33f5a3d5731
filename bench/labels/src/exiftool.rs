//! One exiftool process that answers about file after file.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::{Map, Value};

pub struct Exiftool {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Exiftool {
    pub fn start() -> Result<Self> {
        let mut child = Command::new("exiftool")
            .args(["-stay_open", "True", "-@", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("exiftool is not there: apt-get install libimage-exiftool-perl")?;
        let input = child.stdin.take().context("its input")?;
        let output = BufReader::new(child.stdout.take().context("its output")?);
        Ok(Self {
            child,
            input,
            output,
        })
    }

    /// What it answers to `arguments`.
    pub fn ask(&mut self, arguments: &[&str]) -> Result<String> {
        for argument in arguments {
            writeln!(self.input, "{argument}")?;
        }
        writeln!(self.input, "-execute")?;
        self.input.flush()?;
        let mut answer = String::new();
        loop {
            let from = answer.len();
            self.output.read_line(&mut answer)?;
            if answer[from..].trim_end() == "{ready}" {
                answer.truncate(from);
                return Ok(answer);
            }
            anyhow::ensure!(answer.len() > from, "exiftool ended");
        }
    }

    pub fn version(&mut self) -> Result<String> {
        Ok(self.ask(&["-ver"])?.trim().to_owned())
    }

    /// Every tag of a file, unknown and binary ones too.
    pub fn tags(&mut self, file: &Path) -> Result<Map<String, Value>> {
        let name = file.to_str().context("a name in UTF-8")?;
        let answer = self.ask(&["-j", "-a", "-u", "-U", "-b", "-G1", name])?;
        let mut list: Vec<Map<String, Value>> =
            serde_json::from_str(&answer).with_context(|| format!("exiftool on {name}"))?;
        list.pop().context("one file")
    }
}

impl Drop for Exiftool {
    fn drop(&mut self) {
        let _ = writeln!(self.input, "-stay_open\nFalse");
        let _ = self.input.flush();
        let _ = self.child.wait();
    }
}

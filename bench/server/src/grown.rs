//! A shop that has been there for a while: cases are opened and led by the API, and counted in a file beside the data, so that
//! a run that was cut off goes on where it stopped.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use crate::load;
use crate::shop::{Place, Shop};
use crate::story::{Mix, Story, Way};

/// Cases that are led at once.
const AT_ONCE: usize = 32;
/// The folder of the shop that grows; two stages share it.
pub const NAME: &str = "grown";

/// Cases of the shop, by what they are.
#[derive(Debug, Default, Clone)]
pub struct Cases {
    pub claims: Vec<String>,
    pub repairs: Vec<String>,
}

impl Cases {
    /// How many they are.
    pub fn count(&self) -> u64 {
        (self.claims.len() + self.repairs.len()) as u64
    }

    /// Reads a file of them; a last line that was cut off is a case that is not known.
    fn read(text: &str) -> Self {
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut cases = Self::default();
        for line in whole.lines() {
            match line.split_once(' ') {
                Some(("claim", id)) => cases.claims.push(id.to_owned()),
                Some(("repair", id)) => cases.repairs.push(id.to_owned()),
                _ => {}
            }
        }
        cases
    }
}

fn line_of(story: &Story) -> String {
    let kind = match story.way() {
        Way::Visited | Way::Reported => "repair",
        Way::Disputed | Way::Agreed | Way::Withdrawn | Way::Waiting | Way::Heard => "claim",
    };
    format!("{kind} {}\n", story.case)
}

/// The shop, with at least so many cases.
pub struct Grown {
    pub shop: Arc<Shop>,
    file: PathBuf,
    pub cases: Cases,
}

impl Grown {
    /// Starts it, as it is.
    pub async fn open(place: &Place<'_>) -> Result<Self> {
        let shop = Shop::open(place).await?;
        let file = place.folder.join("cases");
        let text = fs::read_to_string(&file).unwrap_or_default();
        let cases = Cases::read(&text);
        if !text.is_empty() && !text.ends_with('\n') {
            let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
            fs::write(&file, whole)?;
        }
        shop.count_from(cases.count());
        Ok(Self { shop, file, cases })
    }

    /// Adds cases until there are so many.
    pub async fn grow(&mut self, until: u64) -> Result<()> {
        let missing = until.saturating_sub(self.cases.count());
        if missing == 0 {
            return Ok(());
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.file)
            .with_context(|| self.file.display().to_string())?;
        load::lead(&self.shop, (missing, AT_ONCE), Mix::Shop, |story| {
            file.write_all(line_of(story).as_bytes())?;
            Ok(())
        })
        .await?;
        let text = fs::read_to_string(&self.file)?;
        self.cases = Cases::read(&text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_after_the_last_whole_line() {
        let cases = Cases::read("claim a\nrepair b\nclaim c\nclaim cut");
        assert_eq!(cases.claims, ["a", "c"]);
        assert_eq!(cases.repairs, ["b"]);
        assert_eq!(cases.count(), 3);
        assert_eq!(Cases::read("claim cut").count(), 0);
        assert_eq!(Cases::read("").count(), 0);
    }

    #[test]
    fn a_case_is_written_as_it_is_read() {
        for (way, claims, repairs) in [(Way::Heard, 1, 0), (Way::Reported, 0, 1)] {
            let mut story = Story::new(way, 1);
            "id".clone_into(&mut story.case);
            let cases = Cases::read(&line_of(&story));
            assert_eq!((cases.claims.len(), cases.repairs.len()), (claims, repairs));
        }
    }
}

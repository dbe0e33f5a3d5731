//! The quick check: the form, and what was found. Nothing of it is stored, so the pictures of a
//! report are in the page itself.

use crate::pages::{FormState, Shell, start_of};
use aftercare_app::limits::QUICK_CHECK_REFERENCES_MAX;
use aftercare_app::quick_check::{
    QuickBox, QuickCheckReport, QuickFinding, QuickNote, QuickPictures,
};
use aftercare_app::views::PictureLabel;
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// `GET` and `POST /desk/quick-check`: for colleagues.
#[derive(Debug, Template)]
#[template(path = "quick_check_desk.html")]
pub struct DeskQuickCheck {
    pub shell: Shell,
    pub form: FormState,
    pub report: Option<Report>,
}

/// `GET` and `POST /tools/quick-check`: for everybody, where that is switched on.
#[derive(Debug, Template)]
#[template(path = "quick_check_public.html")]
pub struct PublicQuickCheck {
    pub shell: Shell,
    pub form: FormState,
    pub report: Option<Report>,
}

/// How many references the form takes.
pub const REFERENCES_MAX: usize = QUICK_CHECK_REFERENCES_MAX;

/// A report with its pictures as addresses of their own.
#[derive(Clone, Debug)]
pub struct Report {
    pub found: QuickCheckReport,
    pub photo: Option<String>,
    /// References in their order, each with its number.
    pub references: Vec<(usize, Option<String>)>,
    pub heat_map: Option<String>,
    pub aligned: Option<String>,
    /// Number of the reference that the pictures show.
    pub compared: Option<usize>,
}

fn address(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", STANDARD.encode(bytes))
}

impl Report {
    /// A report for the page.
    #[must_use]
    pub fn new(found: QuickCheckReport, pictures: &QuickPictures) -> Self {
        let jpeg = |bytes: &Vec<u8>| address("image/jpeg", bytes);
        Self {
            found,
            photo: pictures.photo.as_ref().map(jpeg),
            references: pictures
                .references
                .iter()
                .enumerate()
                .map(|(position, bytes)| (position + 1, bytes.as_ref().map(jpeg)))
                .collect(),
            heat_map: pictures
                .heat_map
                .as_ref()
                .map(|bytes| address("image/png", bytes)),
            aligned: pictures.aligned.as_ref().map(jpeg),
            compared: pictures.compared,
        }
    }

    /// Whether the photo itself could not be read: then it was not checked, and another file is asked for.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        let mut findings = self.found.findings.iter();
        self.photo.is_none()
            && findings.any(|found| found.code == "not_decoded" && found.reference.is_none())
    }

    /// Whether one of the pictures to compare with could not be read: then it was not compared with.
    #[must_use]
    pub fn has_unread_reference(&self) -> bool {
        self.references.iter().any(|(_, address)| address.is_none())
    }

    /// Whether what was found is about the photo, and not only about files that could not be read.
    #[must_use]
    pub fn is_about_the_photo(&self) -> bool {
        let accuses = self.found.findings.iter().any(|found| found.accuses);
        !self.is_unread() && (accuses || !self.has_unread_reference())
    }

    /// The picture that stands beside the photo, with its number, where none could be laid under it: the one that the
    /// photo is nearest to, else the first. A slider between two pictures that do not fit shows neither.
    #[must_use]
    pub fn beside(&self) -> Option<(usize, &str)> {
        let wanted = self.compared.unwrap_or(1);
        self.references
            .iter()
            .find(|(number, _)| self.aligned.is_none() && *number == wanted)
            .and_then(|(number, address)| Some((*number, address.as_deref()?)))
    }

    /// Whether two pictures are shown, which then stand side by side where there is room.
    #[must_use]
    pub fn is_two_abreast(&self) -> bool {
        self.beside().is_some() || (self.aligned.is_some() && self.heat_map.is_some())
    }

    /// What of the files was not looked at. That nothing of a file could be read is a finding already.
    #[must_use]
    pub fn notes(&self) -> Vec<&QuickNote> {
        let is_read = |note: &&QuickNote| match note.picture.strip_prefix("reference-") {
            None => self.photo.is_some(),
            Some(number) => !self
                .references
                .iter()
                .any(|(known, address)| address.is_none() && known.to_string() == number),
        };
        self.found.notes.iter().filter(is_read).collect()
    }

    /// Where the photo was changed: the boxes of the gravest finding that has any.
    #[must_use]
    pub fn boxes(&self) -> &[QuickBox] {
        self.found
            .findings
            .iter()
            .find(|finding| !finding.boxes.is_empty())
            .map_or(&[], |finding| &finding.boxes)
    }

    /// The time in a clip that a finding names: `photo_at_ms` of the photo's, `reference_at_ms` of the other's.
    #[must_use]
    pub fn at(&self, finding: &QuickFinding, name: &str) -> Option<u64> {
        let at_ms = finding.numbers.get(name)?;
        u64::try_from(*at_ms).ok()
    }

    /// Where the slider starts, in percent.
    #[must_use]
    pub fn start(&self) -> u32 {
        start_of(
            self.boxes()
                .first()
                .and_then(|place| Some((place.x, self.found.width?))),
        )
    }

    /// The AI-content labels of the references, each with the number of its picture.
    #[must_use]
    pub fn reference_labels(&self) -> Vec<(&str, &PictureLabel)> {
        let labels = self.found.labels.iter();
        labels
            .filter_map(|one| Some((one.picture.strip_prefix("reference-")?, one)))
            .collect()
    }

    /// Those of the photo itself.
    #[must_use]
    pub fn photo_labels(&self) -> Vec<&PictureLabel> {
        let labels = self.found.labels.iter();
        labels.filter(|one| one.picture == "photo").collect()
    }

    /// The number of the reference that a finding names.
    #[must_use]
    pub fn number<'a>(&self, finding: &'a QuickFinding) -> Option<&'a str> {
        finding.reference.as_deref()?.strip_prefix("reference-")
    }

    /// Seconds it took, with one decimal.
    #[must_use]
    pub fn seconds(&self) -> String {
        let tenths = self.found.elapsed_ms.div_ceil(100);
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

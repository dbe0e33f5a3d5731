//! The quick check: the form, and what was found. Nothing of it is stored, so the pictures of a
//! report are in the page itself.

use crate::pages::{FormState, Shell, start_of};
use aftercare_app::limits::QUICK_CHECK_REFERENCES_MAX;
use aftercare_app::quick_check::{QuickBox, QuickCheckReport, QuickFinding, QuickPictures};
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

    /// What lies under the photo in the slider: the reference as it lies under it, else the reference
    /// that the photo is nearest to, else the first.
    #[must_use]
    pub fn under(&self) -> Option<&str> {
        let numbered = |number: usize| {
            self.references
                .iter()
                .find(|(known, _)| *known == number)
                .and_then(|(_, address)| address.as_deref())
        };
        self.aligned
            .as_deref()
            .or_else(|| numbered(self.compared.unwrap_or(1)))
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

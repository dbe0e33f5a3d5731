//! Which photos of a claim are looked at together, and what may be concluded from when each of them came. What came later
//! than a photo cannot have been there when it was taken: such a picture accuses nobody.

use crate::limits::{INSPECTED_PHOTOS_MAX, VISIT_PHOTOS_MAX};
use aftercare_domain::Timestamp;
use aftercare_evidence::inspect::{PhotoInspection, Picture, Role, Verdict};
use aftercare_evidence::{Finding, FindingCode, Grade};
use std::collections::{BTreeMap, BTreeSet};

/// A photo that is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) picture: Picture,
    /// When it came; all of one request at the same time. `None` where that is not known.
    pub(super) added_at: Option<Timestamp>,
    /// Whether nothing was found about it yet.
    pub(super) is_new: bool,
}

/// Photos that are looked at together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Round {
    /// In the order in which they are looked at.
    pub(super) photos: Vec<Taken>,
    /// The names of those whose answer is kept; the others are there to be compared with.
    pub(super) told: BTreeSet<String>,
}

/// Shares the photos of a claim out among as many rounds as it takes. Those that nobody has looked at come first; the
/// latest photos of technicians are views in each round.
pub(super) fn rounds(mut photos: Vec<Taken>, mut visits: Vec<Taken>) -> Vec<Round> {
    let extra = visits.len().saturating_sub(VISIT_PHOTOS_MAX);
    visits.drain(..extra);
    // Of two equal files the later one adds nothing, and that is told of whichever stands second.
    let seen: BTreeSet<String> = photos
        .iter()
        .filter(|photo| !photo.is_new)
        .map(|photo| photo.picture.sha256.clone())
        .collect();
    photos.sort_by_key(|photo| !photo.is_new || seen.contains(&photo.picture.sha256));
    let size = INSPECTED_PHOTOS_MAX - visits.len();
    let mut rounds = Vec::new();
    for (position, chunk) in photos.chunks(size).enumerate() {
        let told: BTreeSet<String> = chunk
            .iter()
            .map(|photo| photo.picture.name.clone())
            .collect();
        // Room that is left is for the photos nearest to them.
        let mut room = size - chunk.len();
        let first = (position * size).saturating_sub(room);
        let mut together = Vec::new();
        for (place, photo) in photos.iter().enumerate() {
            if told.contains(&photo.picture.name) {
                together.push(photo.clone());
            } else if place >= first && room > 0 {
                together.push(photo.clone());
                room -= 1;
            }
        }
        together.extend(visits.iter().cloned());
        rounds.push(Round {
            photos: together,
            told,
        });
    }
    rounds
}

impl Round {
    /// The pictures, every one that was taken on request or on the spot as such.
    pub(super) fn pictures(&self) -> Vec<Picture> {
        let photos = self.photos.iter();
        photos.map(|photo| photo.picture.clone()).collect()
    }

    /// The photos that a view contradicts which did not come later, by how the pictures have to be looked at for them: only
    /// what came later than a photo contradicts it, for goods break in use.
    pub(super) fn to_see_again(
        &self,
        inspected: &[PhotoInspection],
    ) -> BTreeMap<Vec<Picture>, BTreeSet<String>> {
        let named = |name: &str| self.photos.iter().find(|one| one.picture.name == name);
        let mut again = BTreeMap::<Vec<Picture>, BTreeSet<String>>::new();
        for inspection in inspected {
            let Some(photo) = named(&inspection.photo.name) else {
                continue;
            };
            let is_wrong = inspection
                .findings
                .iter()
                .filter(|one| one.code == FindingCode::DamageNotConfirmed && one.accuses())
                .filter_map(|finding| named(finding.reference.as_deref()?))
                .any(|view| !came_later(view, photo));
            if is_wrong {
                again
                    .entry(self.as_seen_from(photo))
                    .or_default()
                    .insert(inspection.photo.name.clone());
            }
        }
        again
    }

    /// The pictures for one photo: what did not come later than it is a view like any other.
    fn as_seen_from(&self, photo: &Taken) -> Vec<Picture> {
        self.photos
            .iter()
            .map(|view| Picture {
                role: if view.picture.role == Role::Challenge && !came_later(view, photo) {
                    Role::Claim
                } else {
                    view.picture.role
                },
                ..view.picture.clone()
            })
            .collect()
    }
}

fn came_later(view: &Taken, photo: &Taken) -> bool {
    matches!((photo.added_at, view.added_at), (Some(first), Some(then)) if first < then)
}

/// Adds what a comparison with younger pictures says: pictures of which it is not certain that they were there before the
/// photo, and those in `foreign`, which the shop of the order does not keep. Whoever has a photo can make such a picture from
/// it, and a shop must not say what another one's buyers are held against, so that a likeness accuses nobody; a person compares.
/// `is_compared` says whether the photo was compared with older pictures as well.
pub(super) fn add_younger(
    photo: &mut PhotoInspection,
    beside: PhotoInspection,
    younger: &[Picture],
    foreign: &BTreeSet<String>,
    is_compared: bool,
) {
    let role_of = |finding: &Finding| {
        let name = finding.reference.as_deref()?;
        let mut pictures = younger.iter();
        Some(pictures.find(|picture| picture.name == name)?.role)
    };
    let mut told = Vec::new();
    let likeness = beside.findings.iter().find_map(|finding| {
        let is_alike = match finding.code {
            FindingCode::DerivedFromReference
            | FindingCode::EditedRegion
            | FindingCode::NotAPhotoOfTheDamage
            | FindingCode::SamePlace => true,
            FindingCode::SameFlatSurface | FindingCode::CannotTell => finding.grade == Grade::Near,
            _ => false,
        };
        role_of(finding)
            .filter(|_| is_alike)
            .map(|role| (finding, role))
    });
    if let Some((finding, role)) = likeness {
        let is_foreign = finding
            .reference
            .as_ref()
            .is_some_and(|name| foreign.contains(name));
        let (zh, en) = cannot_tell_which(role, is_foreign);
        let mut note = Finding::new(FindingCode::CannotTell, Grade::Near, zh, en);
        note.reference.clone_from(&finding.reference);
        note.numbers.clone_from(&finding.numbers);
        told.push(note);
    }
    let unread = beside
        .findings
        .iter()
        .filter(|finding| finding.code == FindingCode::NotDecoded && role_of(finding).is_some());
    told.extend(unread.cloned());
    let before = photo.findings.len();
    if told.is_empty() {
        if is_compared {
            return;
        }
        // It was compared after all, so that this is what there is to say.
        photo
            .findings
            .retain(|finding| finding.code != FindingCode::Clear);
        let was_clear = photo.findings.len() < before;
        let neutral = beside.findings.into_iter();
        photo.findings.extend(neutral.filter(|finding| {
            matches!(
                finding.code,
                FindingCode::SameItemNewPhoto
                    | FindingCode::Unrelated
                    | FindingCode::CannotTell
                    | FindingCode::SameFlatSurface
            ) || finding.code == FindingCode::Clear && was_clear
        }));
        return;
    }
    photo
        .findings
        .retain(|finding| finding.code != FindingCode::Clear);
    // Behind what is graver.
    let place = photo
        .findings
        .iter()
        .position(|finding| !finding.accuses())
        .unwrap_or(photo.findings.len());
    photo.findings.splice(place..place, told);
    photo.verdict = photo.verdict.max(Verdict::Review);
}

/// What a likeness to a younger picture says, or to one that the shop of the order does not keep.
const fn cannot_tell_which(role: Role, is_foreign: bool) -> (&'static str, &'static str) {
    match role {
        _ if is_foreign => (
            "这张照片和商品页面上的一张图片画面或背景相同或很接近，但那个商品页面不由本订单的店铺维护，所以哪张是由哪张做成的，无法判断。请人工对比；这不是指控。",
            "This photo and a picture of a product page show the same picture or background, or nearly so, but the shop of this order does not keep that page, so which was made from which cannot be told. A person should compare them; it is no accusation.",
        ),
        Role::Packing => (
            "这张照片和打包记录里的一张图片画面或背景相同或很接近。打包记录是在买家提交照片之后才提交的，所以哪张是由哪张做成的，无法判断。请人工对比；这不是指控。",
            "This photo and a picture of the packing record show the same picture or background, or nearly so. The packing record came after the buyer had sent photos, so which was made from which cannot be told. A person should compare them; it is no accusation.",
        ),
        _ => (
            "这张照片和商品页面上的一张图片画面或背景相同或很接近。那张图片是订单付款之后才放上去的，所以哪张是由哪张做成的，无法判断。请人工对比；这不是指控。",
            "This photo and a picture of a product page show the same picture or background, or nearly so. That picture was put there after the order was paid, so which was made from which cannot be told. A person should compare them; it is no accusation.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{Round, Taken, add_younger, rounds};
    use crate::limits::{INSPECTED_PHOTOS_MAX, VISIT_PHOTOS_MAX};
    use aftercare_domain::Timestamp;
    use aftercare_evidence::inspect::{Party, PhotoInspection, Picture, Role, Verdict};
    use aftercare_evidence::{Finding, FindingCode, Grade};
    use std::collections::BTreeSet;

    fn picture(name: &str, role: Role) -> Picture {
        Picture {
            name: name.to_owned(),
            role,
            party: if role.is_inspected() {
                Party::Claimant
            } else {
                Party::Merchant
            },
            session: None,
            sha256: format!("hash of {name}"),
        }
    }

    fn taken(name: &str, role: Role, day: i64) -> Taken {
        Taken {
            picture: picture(name, role),
            added_at: Some(Timestamp(day)),
            is_new: true,
        }
    }

    fn inspected(name: &str, findings: Vec<Finding>) -> PhotoInspection {
        PhotoInspection {
            photo: picture(name, Role::Claim),
            seen: None,
            verdict: Verdict::Clear,
            findings,
            overlays: Vec::new(),
        }
    }

    fn finding(code: FindingCode, grade: Grade, reference: &str) -> Finding {
        let mut finding = Finding::new(code, grade, "句子", "a sentence");
        finding.reference = Some(reference.to_owned());
        finding
    }

    fn names(round: &Round) -> Vec<&str> {
        let photos = round.photos.iter();
        photos.map(|photo| photo.picture.name.as_str()).collect()
    }

    #[test]
    fn only_what_came_later_contradicts_a_photo() {
        let round = Round {
            photos: vec![
                taken("first", Role::Claim, 1),
                taken("asked for", Role::Challenge, 2),
                taken("asked for again", Role::Challenge, 4),
                taken("beside it", Role::Challenge, 4),
                taken("broken by now", Role::Claim, 5),
                taken("last", Role::Challenge, 6),
            ],
            told: BTreeSet::new(),
        };
        let contradicted = |name: &str, view: &str| {
            let lacks = finding(FindingCode::DamageNotConfirmed, Grade::Near, view);
            assert!(lacks.accuses());
            round.to_see_again(&[inspected(name, vec![lacks])])
        };
        assert!(contradicted("first", "asked for").is_empty());
        assert!(contradicted("asked for", "asked for again").is_empty());
        // Whole when it was asked for, broken afterwards; and two of one request. What came later still contradicts.
        for (name, view) in [
            ("broken by now", "asked for"),
            ("asked for again", "beside it"),
        ] {
            let again = contradicted(name, view);
            let (pictures, of) = again.first_key_value().unwrap();
            assert_eq!(*of, BTreeSet::from([name.to_owned()]));
            let later = pictures
                .iter()
                .filter(|picture| picture.role == Role::Challenge);
            let later: Vec<&str> = later.map(|picture| picture.name.as_str()).collect();
            assert_eq!(later, ["last"], "{name}");
        }
    }

    #[test]
    fn a_photo_of_unknown_time_is_contradicted_by_nothing() {
        let mut old = taken("old", Role::Claim, 1);
        old.added_at = None;
        let round = Round {
            photos: vec![old, taken("asked for", Role::Challenge, 2)],
            told: BTreeSet::new(),
        };
        let lacks = finding(FindingCode::DamageNotConfirmed, Grade::Near, "asked for");
        assert_eq!(
            round.to_see_again(&[inspected("old", vec![lacks])]).len(),
            1
        );
    }

    #[test]
    fn every_photo_is_told_of_once_and_those_that_nobody_saw_come_first() {
        let photos: Vec<Taken> = (0..40)
            .map(|number| Taken {
                is_new: number >= 30,
                ..taken(&format!("photo {number:02}"), Role::Claim, number)
            })
            .collect();
        let visits: Vec<Taken> = (0..12)
            .map(|number| taken(&format!("visit {number:02}"), Role::Challenge, 50))
            .collect();
        let rounds = rounds(photos, visits);
        assert!(
            names(&rounds[0])[..10]
                .iter()
                .all(|name| *name >= "photo 30")
        );
        let told: Vec<&String> = rounds.iter().flat_map(|round| &round.told).collect();
        assert_eq!(told.len(), 40);
        assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), 40);
        for round in &rounds {
            assert_eq!(round.photos.len(), INSPECTED_PHOTOS_MAX);
            let visits = names(round)
                .into_iter()
                .filter(|name| name.starts_with("visit"));
            let visits: Vec<&str> = visits.collect();
            assert_eq!(visits.len(), VISIT_PHOTOS_MAX);
            assert_eq!(visits[0], "visit 04", "the latest");
        }
    }

    #[test]
    fn of_two_equal_files_the_later_one_stays_second_though_nobody_saw_it() {
        let first = Taken {
            is_new: false,
            ..taken("first", Role::Claim, 1)
        };
        let mut again = taken("again", Role::Claim, 3);
        again.picture.sha256.clone_from(&first.picture.sha256);
        let rounds = rounds(vec![first, again, taken("new", Role::Claim, 3)], Vec::new());
        assert_eq!(names(&rounds[0]), ["new", "first", "again"]);
    }

    #[test]
    fn a_picture_that_came_later_accuses_nobody_and_asks_a_person_to_compare() {
        let younger = [picture("packed", Role::Packing)];
        for firm in [
            vec![
                finding(FindingCode::DerivedFromReference, Grade::Exact, "packed"),
                finding(FindingCode::EditedRegion, Grade::Exact, "packed"),
            ],
            vec![finding(
                FindingCode::NotAPhotoOfTheDamage,
                Grade::Note,
                "packed",
            )],
            vec![finding(FindingCode::SameFlatSurface, Grade::Near, "packed")],
        ] {
            let clear = Finding::new(FindingCode::Clear, Grade::Note, "没有", "nothing");
            let mut photo = inspected("photo", vec![clear]);
            let own = BTreeSet::new();
            add_younger(&mut photo, inspected("photo", firm), &younger, &own, true);
            assert_eq!(photo.verdict, Verdict::Review);
            assert_eq!(
                photo.findings.len(),
                1,
                "and no longer that nothing was found"
            );
            let note = &photo.findings[0];
            assert_eq!(
                (note.code, note.grade),
                (FindingCode::CannotTell, Grade::Near)
            );
            assert!(!note.accuses());
            assert_eq!(note.reference.as_deref(), Some("packed"));
            assert!(note.zh.contains("无法判断") && note.en.contains("cannot be told"));
        }
    }

    #[test]
    fn what_an_older_picture_says_stands_and_comes_first() {
        let copy = finding(FindingCode::DerivedFromReference, Grade::Exact, "listing");
        let mut photo = inspected("photo", vec![copy.clone()]);
        photo.verdict = Verdict::Intercept;
        let younger = [picture("packed", Role::Packing)];
        let likeness = finding(FindingCode::NotAPhotoOfTheDamage, Grade::Note, "packed");
        add_younger(
            &mut photo,
            inspected("photo", vec![likeness]),
            &younger,
            &BTreeSet::new(),
            true,
        );
        assert_eq!(photo.verdict, Verdict::Intercept);
        assert_eq!(photo.findings[0], copy);
        assert_eq!(photo.findings[1].code, FindingCode::CannotTell);
    }

    #[test]
    fn a_photo_that_only_younger_pictures_were_compared_with_says_what_came_of_it() {
        let younger = [picture("packed", Role::Packing)];
        let alone = || Finding::new(FindingCode::Clear, Grade::Note, "没有图", "no picture");
        let new = finding(FindingCode::SameItemNewPhoto, Grade::Note, "packed");
        let beside = || inspected("photo", vec![new.clone()]);
        let mut photo = inspected("photo", vec![alone()]);
        let own = BTreeSet::new();
        add_younger(&mut photo, beside(), &younger, &own, false);
        assert_eq!(photo.findings, std::slice::from_ref(&new));
        assert_eq!(photo.verdict, Verdict::Clear);
        let mut photo = inspected("photo", vec![alone()]);
        add_younger(&mut photo, beside(), &younger, &own, true);
        assert_eq!(photo.findings, [alone()]);
    }

    #[test]
    fn a_picture_of_another_shops_page_accuses_nobody_whenever_it_came() {
        let page = [picture("page", Role::Listing)];
        let foreign = BTreeSet::from(["page".to_owned()]);
        let copy = finding(FindingCode::DerivedFromReference, Grade::Exact, "page");
        let mut photo = inspected("photo", Vec::new());
        let beside = inspected("photo", vec![copy]);
        add_younger(&mut photo, beside, &page, &foreign, true);
        assert_eq!(photo.verdict, Verdict::Review);
        let [note] = photo.findings.as_slice() else {
            panic!("one note: {:?}", photo.findings);
        };
        assert!(note.code == FindingCode::CannotTell && !note.accuses());
        assert!(note.zh.contains("不由本订单的店铺维护"), "{}", note.zh);
        assert!(note.en.contains("does not keep that page"), "{}", note.en);
    }
}

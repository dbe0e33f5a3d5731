//! A member's own photos, that items are compared with: a photo that many may have is no sign of a forgery.

use super::photo::{PhotoReader, Seen};
use aftercare_exchange::{Day, Index, Item, MemberId, Nearness, Query};
use clap::Args;
use std::collections::HashMap;
use std::path::PathBuf;

/// Where the member's own photos are.
#[derive(Debug, Args)]
pub struct OwnArgs {
    /// Folder with the photos of the own catalogue; what resembles one is never published, and disputed where others did.
    #[arg(long, value_name = "DIR")]
    pub catalogue: PathBuf,
    /// Folder with a photo of each accepted claim, of people who have nothing to do with each other.
    #[arg(long, value_name = "DIR")]
    pub accepted: Option<PathBuf>,
}

/// The photos, ready to be searched.
pub struct Own {
    items: Vec<Item>,
    seen: Vec<Seen>,
    index: Index,
    /// A photo of each set of kept keypoints, by what an item holds of them: those of one set agree with the same items.
    by_keypoints: HashMap<Vec<u8>, usize>,
    /// How many of them, the first ones, are of the catalogue.
    catalogue: usize,
}

impl Own {
    /// Reads the photos.
    ///
    /// # Errors
    /// Bad input: a folder or a photo that cannot be read.
    pub fn read(args: &OwnArgs, reader: &mut PhotoReader) -> anyhow::Result<Self> {
        let mut seen = reader.read_folder(&args.catalogue)?;
        let catalogue = seen.len();
        if let Some(folder) = &args.accepted {
            seen.extend(reader.read_folder(folder)?);
        }
        Ok(Self::of(seen, catalogue))
    }

    /// The photos, the first ones of them of the catalogue.
    fn of(seen: Vec<Seen>, catalogue: usize) -> Self {
        let items: Vec<Item> = seen.iter().map(item_of).collect();
        let mut index = Index::new();
        let places: Vec<u32> = (0_u32..).take(items.len()).collect();
        index.add(&places, |place| items.get(usize::try_from(place).ok()?));
        let mut by_keypoints = HashMap::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            by_keypoints
                .entry(item.print.verification.clone())
                .or_insert(place);
        }
        Self {
            items,
            seen,
            index,
            by_keypoints,
            catalogue,
        }
    }

    fn nearness(&self, found: impl Iterator<Item = usize>) -> Nearness {
        let mut nearness = Nearness::default();
        for place in found {
            if place < self.catalogue {
                nearness.catalogue = true;
            } else {
                nearness.accepted_claims += 1;
            }
        }
        nearness
    }

    /// How near a photo is that this member has.
    pub fn near_photo(&self, photo: &Seen) -> Nearness {
        let found = self.index.search(
            &photo.query(),
            |place| self.items.get(usize::try_from(place).ok()?),
            |print| photo.agrees(print),
        );
        self.nearness(
            found
                .iter()
                .filter_map(|found| usize::try_from(found.item).ok()),
        )
    }

    /// How near an item is of which only the fingerprint is known.
    pub fn near_item(&self, item: &Item) -> Nearness {
        let found = self.index.search(
            &Query::of_item(item),
            |place| self.items.get(usize::try_from(place).ok()?),
            |print| {
                let own = self.by_keypoints.get(&print.verification);
                let own = own.and_then(|place| self.seen.get(*place));
                own.is_some_and(|own| own.agrees(&item.print))
            },
        );
        self.nearness(
            found
                .iter()
                .filter_map(|found| usize::try_from(found.item).ok()),
        )
    }
}

/// An own photo in the form that is searched; its days and its publisher say nothing.
fn item_of(seen: &Seen) -> Item {
    Item {
        sha256: seen.sha256,
        print: seen.print(),
        publisher: MemberId(0),
        judged_on: Day(0),
        noticed_on: Day(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aftercare_evidence::Fingerprint;
    use aftercare_ledger::Hash;
    use aftercare_scene::{Background, Camera, Damage, ItemKind, Scene};

    const SIDES: (u32, u32) = (640, 480);

    fn seen(seed: u64) -> Seen {
        let background = Background::ALL[usize::try_from(seed).expect("small") % 4];
        let scene = Scene::new(ItemKind::Mug, seed)
            .damage(Damage::Crack, seed)
            .background(background, seed);
        let picture = Camera::phone(seed).shoot(&scene, SIDES.0, SIDES.1).picture;
        let fingerprint = Fingerprint::of_rgb(picture.as_raw(), picture.width(), picture.height());
        Seen {
            sha256: Hash([u8::try_from(seed).expect("small"); 32]),
            fingerprint: fingerprint.expect("a fingerprint"),
        }
    }

    #[test]
    fn an_item_is_compared_with_the_photo_that_it_is_like_and_no_other() {
        let own = Own::of((1..6).map(seen).collect(), 3);
        for (seed, catalogue, accepted_claims) in [(2, true, 0), (5, false, 1), (9, false, 0)] {
            // Of another file, and of no picture as a whole: found by its keypoints alone, where it is.
            let mut item = item_of(&seen(seed));
            item.sha256 = Hash([200; 32]);
            item.print.quality = 0;
            let wanted = Nearness {
                catalogue,
                accepted_claims,
            };
            assert_eq!(own.near_item(&item), wanted, "photo {seed}");
        }
    }
}

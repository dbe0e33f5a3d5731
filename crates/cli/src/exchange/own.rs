//! A member's own photos, that items are compared with: a photo that many may have is no sign of a forgery.

use super::photo::{PhotoReader, Seen};
use aftercare_exchange::{Day, Index, Item, MemberId, Nearness, Query};
use clap::Args;
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
        let items: Vec<Item> = seen.iter().map(item_of).collect();
        let mut index = Index::new();
        let places: Vec<u32> = (0_u32..).take(items.len()).collect();
        index.add(&places, |place| items.get(usize::try_from(place).ok()?));
        Ok(Self {
            items,
            seen,
            index,
            catalogue,
        })
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
                let own = self
                    .items
                    .iter()
                    .position(|own| own.print == *print)
                    .and_then(|place| self.seen.get(place));
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

//! Jobs by place: a grid of buckets, walked outward ring by ring, so that neighbors are found without looking at all jobs.

use std::collections::BTreeMap;

use crate::number::whole;
use crate::travel::{Datum, Site};

/// Side of a bucket on the plane, in meters.
const PLANE_SIDE: f64 = 2_000.0;
/// Side of a bucket on the unit sphere: two kilometers.
const GLOBE_SIDE: f64 = 2_000.0 / 6_371_008.8;
/// Rings walked through at most; beyond 16 km nobody is a neighbor.
const RINGS: i64 = 8;
/// Jobs taken from one bucket at most, so that a million jobs at one place cost no more than a few.
const BUCKET: usize = 64;

type Key = [i64; 3];

/// The buckets.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    side: f64,
    flat: bool,
    buckets: BTreeMap<Key, Vec<u32>>,
}

impl Grid {
    pub(super) fn new(datum: Datum) -> Self {
        let flat = matches!(datum, Datum::Plane | Datum::Table);
        Self {
            side: if flat { PLANE_SIDE } else { GLOBE_SIDE },
            flat,
            buckets: BTreeMap::new(),
        }
    }

    fn key(&self, site: &Site) -> Key {
        site.position()
            .map(|value| whole((value / self.side).floor()))
    }

    pub(super) fn add(&mut self, job: u32, site: &Site) {
        let key = self.key(site);
        self.buckets.entry(key).or_default().push(job);
    }

    pub(super) fn remove(&mut self, job: u32, site: &Site) {
        let key = self.key(site);
        if let Some(bucket) = self.buckets.get_mut(&key) {
            bucket.retain(|&other| other != job);
            if bucket.is_empty() {
                self.buckets.remove(&key);
            }
        }
    }

    /// At least `count` jobs around a site where there are so many, ring by ring.
    pub(super) fn around(&self, site: &Site, count: usize, found: &mut Vec<u32>) {
        found.clear();
        let [x, y, z] = self.key(site);
        for ring in 0..=RINGS {
            let depth = if self.flat { 0 } else { ring };
            for a in -ring..=ring {
                for b in -ring..=ring {
                    if a.abs() == ring || b.abs() == ring {
                        // One row along the third axis is one range of keys.
                        let row = [x + a, y + b, z - depth]..=[x + a, y + b, z + depth];
                        for bucket in self.buckets.range(row).map(|(_, bucket)| bucket) {
                            found.extend(bucket.iter().rev().take(BUCKET));
                        }
                    } else if depth > 0 {
                        for c in [-depth, depth] {
                            if let Some(bucket) = self.buckets.get(&[x + a, y + b, z + c]) {
                                found.extend(bucket.iter().rev().take(BUCKET));
                            }
                        }
                    }
                }
            }
            if found.len() >= count {
                return;
            }
        }
    }
}

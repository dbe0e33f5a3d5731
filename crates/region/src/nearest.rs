//! The nearest outlets to a point, exactly, and to an address with the error that its centroid has.

use std::cmp::Ordering;

use crate::atlas::{Atlas, UnitId};
use crate::geo::{Degrees, Gcj02, Wgs84, direction, ground_m};
use crate::unit::Level;

/// Outlets in a tree that halves space; ties go to the smaller number.
#[derive(Debug, Clone)]
pub struct Outlets {
    /// In-order: the middle of a piece is its root.
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    direction: [f64; 3],
    number: u32,
}

/// An outlet and how far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// Place in the list that [`Outlets::new`] got.
    pub number: u32,
    /// Along the ground, as the crow flies.
    pub distance_m: f64,
}

/// Where an address is, as far as its division tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub point: Wgs84,
    /// The address can lie this far from the point. Zero for a position that was given.
    pub error_radius_m: f64,
}

/// What is assumed of a county, a prefecture and a province when only their centroid is known: half the way across
/// a large one. No promise of minutes may be built on such a point.
const COUNTY_RADIUS_M: f64 = 30_000.0;
const PREFECTURE_RADIUS_M: f64 = 100_000.0;
const PROVINCE_RADIUS_M: f64 = 500_000.0;
/// A point that is not the division's own is another county's worth further off.
const BORROWED_RADIUS_M: f64 = 30_000.0;

impl Outlets {
    #[must_use]
    pub fn new(points: &[Wgs84]) -> Self {
        let mut nodes: Vec<Node> = points
            .iter()
            .zip(0..)
            .map(|(point, number)| Node {
                direction: direction(point.0),
                number,
            })
            .collect();
        halve(&mut nodes, 0);
        Self { nodes }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The `count` nearest, nearest first.
    #[must_use]
    pub fn nearest(&self, point: Wgs84, count: usize) -> Vec<Near> {
        let count = count.min(self.nodes.len());
        let mut best: Vec<(f64, u32)> = Vec::with_capacity(count + 1);
        if count > 0 {
            search(&self.nodes, 0, &direction(point.0), count, &mut best);
        }
        best.iter()
            .map(|(square, number)| Near {
                number: *number,
                distance_m: ground_m(square.sqrt()),
            })
            .collect()
    }
}

fn halve(nodes: &mut [Node], axis: usize) {
    if nodes.len() < 2 {
        return;
    }
    let middle = nodes.len() / 2;
    nodes.select_nth_unstable_by(middle, |a, b| {
        a.direction[axis]
            .total_cmp(&b.direction[axis])
            .then(a.number.cmp(&b.number))
    });
    let (left, right) = nodes.split_at_mut(middle);
    halve(left, (axis + 1) % 3);
    halve(right.get_mut(1..).unwrap_or_default(), (axis + 1) % 3);
}

fn search(
    nodes: &[Node],
    axis: usize,
    target: &[f64; 3],
    count: usize,
    best: &mut Vec<(f64, u32)>,
) {
    let middle = nodes.len() / 2;
    let Some(node) = nodes.get(middle) else {
        return;
    };
    let square = node
        .direction
        .iter()
        .zip(target)
        .map(|(a, b)| (a - b) * (a - b))
        .sum();
    let this = (square, node.number);
    if best.len() < count
        || best
            .last()
            .is_some_and(|worst| order(&this, worst) == Ordering::Less)
    {
        let at = best.partition_point(|other| order(other, &this) == Ordering::Less);
        best.insert(at, this);
        best.truncate(count);
    }
    let side = target[axis] - node.direction[axis];
    let left = nodes.get(..middle).unwrap_or_default();
    let right = nodes.get(middle + 1..).unwrap_or_default();
    let (near, far) = if side < 0.0 {
        (left, right)
    } else {
        (right, left)
    };
    search(near, (axis + 1) % 3, target, count, best);
    // Equal distances count, so that ties are broken by number on both sides.
    if best.len() < count || best.last().is_some_and(|worst| side * side <= worst.0) {
        search(far, (axis + 1) % 3, target, count, best);
    }
}

fn order(a: &(f64, u32), b: &(f64, u32)) -> Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

impl Atlas {
    /// The centroid of a division with the radius inside which the address can be; `None` when no point is known.
    #[must_use]
    pub fn place(&self, unit: UnitId) -> Option<Place> {
        let division = self.unit(unit);
        let codes = [
            division.code,
            division.prefecture_code(),
            division.province_code(),
        ];
        let radius = |level: Level| match level {
            Level::County => COUNTY_RADIUS_M,
            Level::Prefecture => PREFECTURE_RADIUS_M,
            Level::Province => PROVINCE_RADIUS_M,
        };
        let mut level = division.level;
        codes.iter().find_map(|code| {
            let found = self.point(*code);
            if found.is_none() {
                level = if level == Level::County {
                    Level::Prefecture
                } else {
                    Level::Province
                };
            }
            let found = found?;
            let point = Degrees::new(found.longitude, found.latitude).ok()?;
            let borrowed = if found.own { 0.0 } else { BORROWED_RADIUS_M };
            Some(Place {
                point: Gcj02(point).into(),
                error_radius_m: radius(level) + borrowed,
            })
        })
    }
}

//! The few shapes that goods are made of, and where a ray meets them.

use crate::material::Material;
use crate::math::{Frame, Vec3, hypotenuse, vec3};

/// Steps of the marching along a ray that looks for a ring.
const MAX_RING_STEPS: usize = 48;
/// How near to the ring's surface counts as met, in centimeters.
const RING_TOLERANCE: f32 = 0.004;

/// A shape in its own frame. Surfaces are seen from both sides.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// The side of a cone cut off at two heights (a cylinder when the radii agree).
    Cone {
        low: f32,
        high: f32,
        low_radius: f32,
        high_radius: f32,
    },
    /// A flat ring at a height.
    Disc { height: f32, inner: f32, outer: f32 },
    /// An ellipsoid about the origin, between two heights.
    Ellipsoid { radii: Vec3, low: f32, high: f32 },
    /// Half a torus in the x-z plane, on the side of positive x.
    HalfRing { major: f32, minor: f32 },
    /// A box about the origin.
    Block { half: Vec3 },
}

/// One shape of an item.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) shape: Shape,
    pub(crate) frame: Frame,
    pub(crate) material: Material,
    /// Whether damage of the item can reach this part.
    pub(crate) damageable: bool,
    /// How much lighter (above 1) or darker than its material this one came out.
    pub(crate) tint: f32,
    /// Center and radius, in the item's space, of a sphere around the part.
    bound: (Vec3, f32),
    /// Whether the frame's axes are those of the item, which saves turning every ray.
    is_aligned: bool,
}

/// Where a ray meets a part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit {
    pub(crate) distance: f32,
    /// In the item's space, toward the ray's origin.
    pub(crate) normal: Vec3,
    /// In the part's own frame.
    pub(crate) local: Vec3,
    /// Normal in the part's own frame (not turned toward the ray), for textures.
    pub(crate) local_normal: Vec3,
}

impl Part {
    pub(crate) fn new(shape: Shape, frame: Frame, material: Material) -> Self {
        let (center, radius) = match shape {
            Shape::Cone {
                low,
                high,
                low_radius,
                high_radius,
            } => (
                vec3(0.0, 0.0, (low + high) / 2.0),
                hypotenuse((high - low) / 2.0, low_radius.max(high_radius)),
            ),
            Shape::Disc { height, outer, .. } => (vec3(0.0, 0.0, height), outer),
            Shape::Ellipsoid { radii, .. } => (Vec3::ZERO, radii.x.max(radii.y).max(radii.z)),
            Shape::HalfRing { major, minor } => (vec3(major / 2.0, 0.0, 0.0), major + minor),
            Shape::Block { half } => (Vec3::ZERO, half.length()),
        };
        let center = frame.origin + frame.direction_out(center);
        let is_aligned = frame.x.x > 0.999_999 && frame.y.y > 0.999_999;
        Self {
            shape,
            frame,
            material,
            damageable: false,
            tint: 1.0,
            bound: (center, radius * 1.01),
            is_aligned,
        }
    }

    pub(crate) const fn damageable(mut self) -> Self {
        self.damageable = true;
        self
    }

    /// The same part of an item that stands at `place` in the world, in the space of an item that stands at `home`.
    pub(crate) fn moved(&self, place: &Frame, home: &Frame) -> Self {
        let turned = |axis: Vec3| home.direction_in(place.direction_out(axis));
        let frame = Frame {
            origin: home.point_in(place.origin + place.direction_out(self.frame.origin)),
            x: turned(self.frame.x),
            y: turned(self.frame.y),
            z: turned(self.frame.z),
        };
        Self {
            tint: self.tint,
            ..Self::new(self.shape, frame, self.material)
        }
    }

    /// The corners of a box around the part, in the item's space.
    pub(crate) fn corners(&self) -> [Vec3; 8] {
        let (low, high) = match self.shape {
            Shape::Cone {
                low,
                high,
                low_radius,
                high_radius,
            } => {
                let radius = low_radius.max(high_radius);
                (vec3(-radius, -radius, low), vec3(radius, radius, high))
            }
            Shape::Disc { height, outer, .. } => {
                (vec3(-outer, -outer, height), vec3(outer, outer, height))
            }
            Shape::Ellipsoid { radii, low, high } => (
                vec3(-radii.x, -radii.y, low.max(-radii.z)),
                vec3(radii.x, radii.y, high.min(radii.z)),
            ),
            Shape::HalfRing { major, minor } => (
                vec3(0.0, -minor, -major - minor),
                vec3(major + minor, minor, major + minor),
            ),
            Shape::Block { half } => (-half, half),
        };
        std::array::from_fn(|index| {
            let corner = vec3(
                if index & 1 == 0 { low.x } else { high.x },
                if index & 2 == 0 { low.y } else { high.y },
                if index & 4 == 0 { low.z } else { high.z },
            );
            self.frame.origin + self.frame.direction_out(corner)
        })
    }

    pub(crate) const fn bound(&self) -> (Vec3, f32) {
        self.bound
    }

    /// Whether the ray can meet the part before `limit`.
    #[inline]
    pub(crate) fn may_meet(&self, origin: Vec3, direction: Vec3, limit: f32) -> bool {
        let (center, radius) = self.bound;
        let to_center = center - origin;
        let along = to_center.dot(direction);
        if along < -radius || along > limit + radius {
            return false;
        }
        to_center.dot(to_center) - along * along < radius * radius
    }

    /// The first meeting within (0, limit), for a ray that [`Part::may_meet`] let through,
    /// that `keep` accepts (a hole refuses). `direction` has length 1.
    pub(crate) fn meet(
        &self,
        origin: Vec3,
        direction: Vec3,
        limit: f32,
        keep: impl Fn(Vec3) -> bool,
    ) -> Option<Hit> {
        let (from, toward) = if self.is_aligned {
            (origin - self.frame.origin, direction)
        } else {
            (
                self.frame.point_in(origin),
                self.frame.direction_in(direction),
            )
        };
        let accepted = |distance: f32| {
            distance > 1e-3 && distance < limit && keep(origin + direction * distance)
        };
        let (distance, local_normal) = match self.shape {
            Shape::Cone {
                low,
                high,
                low_radius,
                high_radius,
            } => meet_cone(from, toward, [low, high, low_radius, high_radius], accepted)?,
            Shape::Disc {
                height,
                inner,
                outer,
            } => {
                let distance = (height - from.z) / toward.z;
                let (x, y) = (from.x + toward.x * distance, from.y + toward.y * distance);
                let square = x * x + y * y;
                if square > outer * outer || square < inner * inner || !accepted(distance) {
                    return None;
                }
                (distance, vec3(0.0, 0.0, 1.0))
            }
            Shape::Ellipsoid { radii, low, high } => {
                meet_ellipsoid(from, toward, radii, (low, high), accepted)?
            }
            Shape::HalfRing { major, minor } => meet_ring(from, toward, (major, minor), accepted)?,
            Shape::Block { half } => meet_block(from, toward, half, accepted)?,
        };
        let normal = self.frame.direction_out(local_normal);
        let normal = if normal.dot(direction) > 0.0 {
            -normal
        } else {
            normal
        };
        Some(Hit {
            distance,
            normal,
            local: from + toward * distance,
            local_normal,
        })
    }
}

/// The roots of a x² + 2 b x + c, smaller first.
fn roots(a: f32, b: f32, c: f32) -> Option<[f32; 2]> {
    let discriminant = b * b - a * c;
    if discriminant < 0.0 || a.abs() < 1e-12 {
        return None;
    }
    let root = discriminant.sqrt();
    let (first, second) = ((-b - root) / a, (-b + root) / a);
    Some(if first < second {
        [first, second]
    } else {
        [second, first]
    })
}

fn meet_cone(
    from: Vec3,
    toward: Vec3,
    [low, high, low_radius, high_radius]: [f32; 4],
    accepted: impl Fn(f32) -> bool,
) -> Option<(f32, Vec3)> {
    let slope = (high_radius - low_radius) / (high - low);
    let radius_here = low_radius + slope * (from.z - low);
    let growth = slope * toward.z;
    let a = toward.x * toward.x + toward.y * toward.y - growth * growth;
    let b = from.x * toward.x + from.y * toward.y - radius_here * growth;
    let c = from.x * from.x + from.y * from.y - radius_here * radius_here;
    for distance in roots(a, b, c)? {
        let z = from.z + toward.z * distance;
        if z >= low && z <= high && accepted(distance) {
            let (x, y) = (from.x + toward.x * distance, from.y + toward.y * distance);
            let radius = hypotenuse(x, y).max(1e-6);
            return Some((distance, vec3(x / radius, y / radius, -slope).normalized()));
        }
    }
    None
}

fn meet_ellipsoid(
    from: Vec3,
    toward: Vec3,
    radii: Vec3,
    (low, high): (f32, f32),
    accepted: impl Fn(f32) -> bool,
) -> Option<(f32, Vec3)> {
    let inverse = vec3(1.0 / radii.x, 1.0 / radii.y, 1.0 / radii.z);
    let (start, step) = (from.tint(inverse), toward.tint(inverse));
    for distance in roots(step.dot(step), start.dot(step), start.dot(start) - 1.0)? {
        let z = from.z + toward.z * distance;
        if z >= low && z <= high && accepted(distance) {
            let normal = (start + step * distance).tint(inverse).normalized();
            return Some((distance, normal));
        }
    }
    None
}

fn meet_ring(
    from: Vec3,
    toward: Vec3,
    (major, minor): (f32, f32),
    accepted: impl Fn(f32) -> bool,
) -> Option<(f32, Vec3)> {
    // The ring lies in a slab about y = 0, within a square of the other two coordinates.
    let reach = major + minor;
    let (mut start, mut end) = (0.0_f32, f32::INFINITY);
    for (origin, step, low, high) in [
        (from.y, toward.y, -minor, minor),
        (from.x, toward.x, 0.0, reach),
        (from.z, toward.z, -reach, reach),
    ] {
        let step = if step.abs() < 1e-9 { 1e-9 } else { step };
        let (one, other) = ((low - origin) / step, (high - origin) / step);
        start = start.max(one.min(other));
        end = end.min(one.max(other));
    }
    let mut distance = start;
    for _ in 0..MAX_RING_STEPS {
        let point = from + toward * distance;
        let radial = hypotenuse(point.x, point.z);
        let away = hypotenuse(radial - major, point.y) - minor;
        let signed = away.max(-point.x);
        if signed < RING_TOLERANCE {
            let outward = (radial - major) / radial.max(1e-6);
            let normal = vec3(point.x * outward, point.y, point.z * outward).normalized();
            return accepted(distance).then_some((distance, normal));
        }
        distance += signed.max(RING_TOLERANCE);
        if distance > end {
            return None;
        }
    }
    None
}

fn meet_block(
    from: Vec3,
    toward: Vec3,
    half: Vec3,
    accepted: impl Fn(f32) -> bool,
) -> Option<(f32, Vec3)> {
    let mut enter = (f32::NEG_INFINITY, Vec3::ZERO);
    let mut leave = (f32::INFINITY, Vec3::ZERO);
    for (origin, step, half, axis) in [
        (from.x, toward.x, half.x, vec3(1.0, 0.0, 0.0)),
        (from.y, toward.y, half.y, vec3(0.0, 1.0, 0.0)),
        (from.z, toward.z, half.z, vec3(0.0, 0.0, 1.0)),
    ] {
        let step = if step.abs() < 1e-9 { 1e-9 } else { step };
        let (near, far) = (
            (-half * step.signum() - origin) / step,
            (half * step.signum() - origin) / step,
        );
        if near > enter.0 {
            enter = (near, axis * -step.signum());
        }
        if far < leave.0 {
            leave = (far, axis * step.signum());
        }
    }
    if enter.0 > leave.0 {
        return None;
    }
    [enter, leave]
        .into_iter()
        .find(|(distance, _)| accepted(*distance))
}

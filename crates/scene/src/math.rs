//! Vectors and frames in three dimensions, in centimeters.

use std::ops::{Add, Mul, Neg, Sub};

/// A vector, a point or a linear RGB color.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Vec3 {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) z: f32,
}

pub(crate) const fn vec3(x: f32, y: f32, z: f32) -> Vec3 {
    Vec3 { x, y, z }
}

impl Vec3 {
    pub(crate) const ZERO: Self = vec3(0.0, 0.0, 0.0);

    pub(crate) fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    pub(crate) fn cross(self, other: Self) -> Self {
        vec3(
            self.y * other.z - self.z * other.y,
            self.z * other.x - self.x * other.z,
            self.x * other.y - self.y * other.x,
        )
    }

    pub(crate) fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    pub(crate) fn normalized(self) -> Self {
        self * (1.0 / self.length().max(1e-12))
    }

    /// Channel by channel.
    pub(crate) fn tint(self, other: Self) -> Self {
        vec3(self.x * other.x, self.y * other.y, self.z * other.z)
    }

    pub(crate) fn toward(self, other: Self, part: f32) -> Self {
        self + (other - self) * part
    }
}

impl Add for Vec3 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        vec3(self.x + other.x, self.y + other.y, self.z + other.z)
    }
}

impl Sub for Vec3 {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        vec3(self.x - other.x, self.y - other.y, self.z - other.z)
    }
}

impl Mul<f32> for Vec3 {
    type Output = Self;
    fn mul(self, scale: f32) -> Self {
        vec3(self.x * scale, self.y * scale, self.z * scale)
    }
}

impl Neg for Vec3 {
    type Output = Self;
    fn neg(self) -> Self {
        self * -1.0
    }
}

/// A position and three orthonormal axes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) origin: Vec3,
    pub(crate) x: Vec3,
    pub(crate) y: Vec3,
    pub(crate) z: Vec3,
}

impl Frame {
    pub(crate) const fn at(origin: Vec3) -> Self {
        Self {
            origin,
            x: vec3(1.0, 0.0, 0.0),
            y: vec3(0.0, 1.0, 0.0),
            z: vec3(0.0, 0.0, 1.0),
        }
    }

    /// A frame at `origin` whose third axis is `axis`.
    pub(crate) fn along(origin: Vec3, axis: Vec3) -> Self {
        let z = axis.normalized();
        let helper = if z.z.abs() < 0.9 {
            vec3(0.0, 0.0, 1.0)
        } else {
            vec3(1.0, 0.0, 0.0)
        };
        let x = helper.cross(z).normalized();
        Self {
            origin,
            x,
            y: z.cross(x),
            z,
        }
    }

    /// Turned about the vertical by `radians`.
    pub(crate) fn turned(origin: Vec3, radians: f32) -> Self {
        let (sin, cos) = radians.sin_cos();
        Self {
            origin,
            x: vec3(cos, sin, 0.0),
            y: vec3(-sin, cos, 0.0),
            z: vec3(0.0, 0.0, 1.0),
        }
    }

    pub(crate) fn point_in(&self, point: Vec3) -> Vec3 {
        self.direction_in(point - self.origin)
    }

    pub(crate) fn direction_in(&self, direction: Vec3) -> Vec3 {
        vec3(
            direction.dot(self.x),
            direction.dot(self.y),
            direction.dot(self.z),
        )
    }

    pub(crate) fn direction_out(&self, direction: Vec3) -> Vec3 {
        self.x * direction.x + self.y * direction.y + self.z * direction.z
    }
}

/// 0 below `low`, 1 above `high`, smooth between.
pub(crate) fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
    part * part * (3.0 - 2.0 * part)
}

/// The length of the hypotenuse. `f32::hypot` guards against overflow, which centimeters never reach, in a call into
/// the C library.
pub(crate) fn hypotenuse(x: f32, y: f32) -> f32 {
    (x * x + y * y).sqrt()
}

/// A smooth wave of period 1 between 0 and 1, like a sine and cheaper.
pub(crate) fn wave(value: f32) -> f32 {
    let part = fraction(value);
    let up = if part < 0.5 {
        part * 2.0
    } else {
        2.0 - part * 2.0
    };
    up * up * (3.0 - 2.0 * up)
}

/// The fractional part, 0 to 1, also of negative numbers.
pub(crate) fn fraction(value: f32) -> f32 {
    value - whole(value)
}

/// The next whole number at or below. `f32::floor` is a call into the C library on processors that the default
/// target must support, and textures take a dozen a pixel.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "texture coordinates are below 2^24"
)]
fn whole(value: f32) -> f32 {
    let truncated = value as i32 as f32;
    if truncated > value {
        truncated - 1.0
    } else {
        truncated
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "cells of textures are small numbers; saturation is harmless"
)]
pub(crate) fn cell(value: f32) -> i32 {
    whole(value) as i32
}

//! Measures what comes back out of a fingerprint: `cargo run --release -p aftercare-exchange --example inversion -- [FOLDER]`.
//! The attacker has what an item of the list holds of a photo, its hash and its kept keypoints, and photos of their own, some of
//! them of the very goods. They put back the frequencies that the bits of the hash stand for, and lay over it, where each keypoint
//! was, the piece of their own photos whose descriptor is nearest. What they get is compared with the photo in waves of six
//! lengths. The photos are rendered from seeds, so the numbers are the same each time. With FOLDER, an empty or new one, the
//! pictures are written into it for a person to look at.
//!
//! A trained network may get back more: what is measured here is the least that a fingerprint gives away, not the most.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "places in a picture and pixels of 8 bits"
)]

use aftercare_evidence::features::DESCRIPTOR_BYTES;
use aftercare_evidence::{Features, Fingerprint, Keypoint, Pdq, Plane};
use aftercare_exchange::Random;
use aftercare_scene::{Camera, Damage, ItemKind, RgbImage, Scene, encode_png};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;
/// All that a photo may show but a blank wall, which has no fingerprint to speak of.
const KINDS: [ItemKind; 11] = [
    ItemKind::Mug,
    ItemKind::Plate,
    ItemKind::Lamp,
    ItemKind::Kettle,
    ItemKind::FruitBox,
    ItemKind::GiftBox,
    ItemKind::Document,
    ItemKind::Carton,
    ItemKind::Book,
    ItemKind::Poster,
    ItemKind::Tiles,
];
/// Photos of each kind whose fingerprints are attacked, and that the attacker has of other designs.
const ATTACKED_EACH: u64 = 2;
const OWN_EACH: u64 = 6;
/// Seeds of the designs that only the attacker has begin here.
const OWN_DESIGNS: u64 = 1_000;
/// Side of the grid that the hash is of, and the frequencies it has a bit of, each way.
const GRID: usize = 64;
const FREQUENCIES: usize = 16;
/// Half a side of what a descriptor covers, in scales of its keypoint, and samples along a side of such a piece.
const REACH: f32 = 6.0;
const SIDE: usize = 24;
/// Blurs that a large piece is sampled from.
const BLURS: [f32; 6] = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0];
/// Scales of the bands in which pictures are compared, and about how long the waves in each are, in pixels.
const BANDS: [(f32, u32); 6] = [
    (1.0, 7),
    (2.0, 13),
    (4.0, 26),
    (8.0, 52),
    (16.0, 105),
    (32.0, 209),
];
/// A likeness that much above chance counts as coming back.
const GAIN: f64 = 0.3;
/// The ways that are compared, from knowing nothing to knowing the goods.
const WAYS: [&str; 5] = [
    "of another photo",
    "hash",
    "hash, places, any pieces",
    "hash, keypoints, own photos",
    "the same, and of the goods",
];

type Coefficients = [f64; FREQUENCIES * FREQUENCIES];
type Likeness = [f64; BANDS.len()];

/// A photo and what is published of it.
struct Shot {
    plane: Plane,
    hash: Pdq,
    features: Features,
}

impl Shot {
    /// None if the photo cannot be fingerprinted.
    fn of(scene: &Scene, camera: u64) -> Option<Self> {
        let picture = Camera::phone(camera).develop(scene, WIDTH, HEIGHT);
        let rgb = picture.as_raw();
        let fingerprint = Fingerprint::of_rgb(rgb, picture.width(), picture.height()).ok()?;
        // Nothing is read but what was written down.
        let read = Fingerprint::from_bytes(&fingerprint.to_bytes()).ok()?;
        let (width, height) = (WIDTH as usize, HEIGHT as usize);
        let channel = |number| Plane::channel_of_rgb(rgb, width, height, number);
        Some(Self {
            plane: Plane::luma(&channel(0), &channel(1), &channel(2)),
            hash: read.hash(),
            features: read.local.features().scaled_to(width, height),
        })
    }
}

/// Waves of a grid: `cosines()[f * GRID + x]` is that of frequency `f + 1`.
fn cosines() -> Vec<f64> {
    (0..FREQUENCIES * GRID)
        .map(|index| {
            let (frequency, x) = (index / GRID + 1, index % GRID);
            let turns = (frequency * (2 * x + 1)) as f64 / (2 * GRID) as f64;
            (std::f64::consts::PI * turns).cos()
        })
        .collect()
}

/// The lowest frequencies of a picture, as the hash looks at it.
fn coefficients(picture: &Plane, cosines: &[f64]) -> Coefficients {
    let grid = picture.resized(GRID, GRID);
    let mut partial = vec![0.0; FREQUENCIES * GRID];
    for (row, wave) in partial
        .chunks_exact_mut(GRID)
        .zip(cosines.chunks_exact(GRID))
    {
        for (line, weight) in grid.data.chunks_exact(GRID).zip(wave) {
            for (slot, value) in row.iter_mut().zip(line) {
                *slot += weight * f64::from(*value);
            }
        }
    }
    std::array::from_fn(|index| {
        let (vertical, horizontal) = (index / FREQUENCIES, index % FREQUENCIES);
        let row = &partial[vertical * GRID..(vertical + 1) * GRID];
        let wave = &cosines[horizontal * GRID..(horizontal + 1) * GRID];
        row.iter().zip(wave).map(|(a, b)| a * b).sum()
    })
}

fn bit(hash: Pdq, index: usize) -> bool {
    hash.0[index / 64] >> (index % 64) & 1 == 1
}

/// What each bit of a hash stands for on average in photos that the attacker has: the frequency where it is not set, and where it
/// is.
struct Meaning(Vec<[f64; 2]>);

impl Meaning {
    fn learned(own: &[Shot], cosines: &[f64]) -> Self {
        let mut sums = vec![[(0.0, 0_u32); 2]; FREQUENCIES * FREQUENCIES];
        for shot in own {
            for (index, value) in coefficients(&shot.plane, cosines).into_iter().enumerate() {
                let (sum, count) = &mut sums[index][usize::from(bit(shot.hash, index))];
                *sum += value;
                *count += 1;
            }
        }
        let mean = |(sum, count): (f64, u32)| sum / f64::from(count.max(1));
        Self(sums.into_iter().map(|two| two.map(mean)).collect())
    }

    /// The picture that a hash stands for. Its mean light is not in the hash.
    fn picture(&self, hash: Pdq, cosines: &[f64]) -> Plane {
        let wave = |frequency: usize, x: usize| cosines[frequency * GRID + x];
        let value = |index: usize| self.0[index][usize::from(bit(hash, index))];
        // Each frequency has the energy of a half of the grid each way.
        let share = (2.0 / GRID as f64) * (2.0 / GRID as f64);
        let grid = Plane::from_fn(GRID, GRID, |x, y| {
            let mut sum = 0.0;
            for vertical in 0..FREQUENCIES {
                let row: f64 = (0..FREQUENCIES)
                    .map(|horizontal| {
                        value(vertical * FREQUENCIES + horizontal) * wave(horizontal, x)
                    })
                    .sum();
                sum += row * wave(vertical, y);
            }
            (128.0 + sum * share) as f32
        });
        grid.resized(WIDTH as usize, HEIGHT as usize)
    }
}

/// What a photo shows around a keypoint, turned upright, and the descriptor of it.
struct Piece {
    descriptor: [u8; DESCRIPTOR_BYTES],
    /// Of mean 0.
    pixels: Plane,
}

/// The pieces around the keypoints of a photo.
fn pieces(shot: &Shot) -> Vec<Piece> {
    let blurred = BLURS.map(|sigma| shot.plane.blurred(sigma));
    let middle = (SIDE - 1) as f32 / 2.0;
    let features = &shot.features;
    features
        .keypoints
        .iter()
        .zip(&features.descriptors)
        .filter_map(|(point, descriptor)| {
            let reach = REACH * point.scale;
            let step = reach / middle;
            let level = BLURS.iter().rposition(|&sigma| sigma <= step / 2.0)?;
            let (sine, cosine) = point.angle.sin_cos();
            let mut pixels = Plane::from_fn(SIDE, SIDE, |x, y| {
                let (across, down) = ((x as f32 - middle) * step, (y as f32 - middle) * step);
                blurred[level].bilinear(
                    point.x + across * cosine - down * sine,
                    point.y + across * sine + down * cosine,
                )
            });
            let mean = pixels.data.iter().sum::<f32>() / pixels.data.len() as f32;
            for value in &mut pixels.data {
                *value -= mean;
            }
            Some(Piece {
                descriptor: *descriptor,
                pixels,
            })
        })
        .collect()
}

fn apart(one: &[u8; DESCRIPTOR_BYTES], other: &[u8; DESCRIPTOR_BYTES]) -> u32 {
    one.iter()
        .zip(other)
        .map(|(&one, &other)| u32::from(one.abs_diff(other)).pow(2))
        .sum()
}

fn nearest<'a>(
    pieces: impl Iterator<Item = &'a Piece>,
    wanted: &[u8; DESCRIPTOR_BYTES],
) -> Option<&'a Piece> {
    pieces.min_by_key(|piece| apart(&piece.descriptor, wanted))
}

/// Lays a piece where a keypoint was, over what is there, whose mean light stays.
fn lay(picture: &mut Plane, covered: &mut [bool], point: &Keypoint, piece: &Piece) {
    let reach = (REACH * point.scale).max(1.0);
    let (sine, cosine) = point.angle.sin_cos();
    let range = |center: f32, side: usize| {
        let far = reach * std::f32::consts::SQRT_2;
        let from = (center - far).floor().max(0.0) as usize;
        let to = (center + far).ceil().max(0.0) as usize + 1;
        from.min(side)..to.min(side)
    };
    let mut laid = Vec::new();
    let mut sums = (0.0, 0.0, 0.0);
    for y in range(point.y, picture.height) {
        for x in range(point.x, picture.width) {
            let (right, below) = (x as f32 - point.x, y as f32 - point.y);
            let across = (right * cosine + below * sine) / reach;
            let down = (below * cosine - right * sine) / reach;
            if across.abs() > 1.0 || down.abs() > 1.0 {
                continue;
            }
            let sample = |part: f32| (part + 1.0) / 2.0 * (SIDE - 1) as f32;
            let value = piece.pixels.bilinear(sample(across), sample(down));
            let weight = (-2.0 * (across * across + down * down)).exp();
            let index = y * picture.width + x;
            sums.0 += weight;
            sums.1 += weight * picture.data[index];
            sums.2 += weight * value;
            laid.push((index, weight, value));
        }
    }
    let (weights, there, new) = sums;
    if weights <= 0.0 {
        return;
    }
    let light = (there - new) / weights;
    for (index, weight, value) in laid {
        picture.data[index] += weight * (light + value - picture.data[index]);
        covered[index] = true;
    }
}

/// A picture with a piece at every keypoint, the largest first, and where there is one.
fn rebuilt<'a>(
    base: &Plane,
    features: &Features,
    mut pick: impl FnMut(&[u8; DESCRIPTOR_BYTES]) -> Option<&'a Piece>,
) -> (Plane, Vec<bool>) {
    let mut order: Vec<usize> = (0..features.len()).collect();
    order.sort_by(|&one, &other| {
        let scale = |number: usize| features.keypoints[number].scale;
        scale(other).total_cmp(&scale(one))
    });
    let mut picture = base.clone();
    let mut covered = vec![false; picture.data.len()];
    for number in order {
        if let Some(piece) = pick(&features.descriptors[number]) {
            lay(
                &mut picture,
                &mut covered,
                &features.keypoints[number],
                piece,
            );
        }
    }
    (picture, covered)
}

/// The correlation of two pictures where the mask says so; 0 where one of them shows nothing.
fn correlation(one: &Plane, other: &Plane, mask: &[bool]) -> f64 {
    let (mut count, mut sums, mut squares, mut product) = (0.0, (0.0, 0.0), (0.0, 0.0), 0.0);
    let pixels = one.data.iter().zip(&other.data).zip(mask);
    for ((a, b), _) in pixels.filter(|(_, is_in)| **is_in) {
        let (a, b) = (f64::from(*a), f64::from(*b));
        count += 1.0;
        sums = (sums.0 + a, sums.1 + b);
        squares = (squares.0 + a * a, squares.1 + b * b);
        product += a * b;
    }
    let spread = (count * squares.0 - sums.0 * sums.0) * (count * squares.1 - sums.1 * sums.1);
    if spread > 0.0 {
        (count * product - sums.0 * sums.1) / spread.sqrt()
    } else {
        0.0
    }
}

/// The bands of a picture, for [`likeness`].
fn bands(picture: &Plane) -> [Plane; BANDS.len()] {
    BANDS.map(|(scale, _)| picture.band(scale, 2.0 * scale))
}

fn likeness(one: &[Plane; BANDS.len()], other: &[Plane; BANDS.len()], mask: &[bool]) -> Likeness {
    std::array::from_fn(|band| correlation(&one[band], &other[band], mask))
}

/// What was measured of one photo, in each way.
struct Measured {
    kind: ItemKind,
    covered: f64,
    ways: [Likeness; WAYS.len()],
}

fn mean<'a>(measured: impl Iterator<Item = &'a Measured>) -> (f64, [Likeness; WAYS.len()]) {
    let (mut count, mut covered, mut ways) = (0.0, 0.0, [[0.0; BANDS.len()]; WAYS.len()]);
    for one in measured {
        count += 1.0;
        covered += one.covered;
        for (sum, value) in ways.iter_mut().flatten().zip(one.ways.iter().flatten()) {
            *sum += value;
        }
    }
    let count = f64::max(count, 1.0);
    (covered / count, ways.map(|way| way.map(|sum| sum / count)))
}

/// A closed pipe is no failure.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

fn tell(name: &str, covered: f64, ways: &[Likeness; WAYS.len()]) {
    say(&format!("{name}: {:.0} % under pieces", covered * 100.0));
    for (way, values) in WAYS.iter().zip(ways) {
        let values: Vec<String> = values.iter().map(|value| format!("{value:7.2}")).collect();
        say(&format!("  {way:28}{}", values.concat()));
    }
}

/// The pictures side by side, in gray.
fn side_by_side(pictures: &[&Plane]) -> Option<RgbImage> {
    let mut rgb = Vec::new();
    for y in 0..HEIGHT as usize {
        for value in pictures.iter().flat_map(|picture| picture.row(y)) {
            rgb.extend([value.round().clamp(0.0, 255.0) as u8; 3]);
        }
    }
    RgbImage::from_raw(WIDTH * u32::try_from(pictures.len()).ok()?, HEIGHT, rgb)
}

/// What the attacker made of a photo.
struct Attempt {
    hash: Plane,
    by_chance: Plane,
    own: Plane,
    goods: Plane,
    covered: Vec<bool>,
}

fn attacked(kind: ItemKind, design: u64) -> Scene {
    let damage = Damage::ALL[usize::try_from(design).unwrap_or(0) % Damage::ALL.len()];
    Scene::new(kind, design).damage(damage, design)
}

/// Measures; none if a photo cannot be fingerprinted or a picture not be written.
fn measured(folder: Option<&Path>) -> Option<Vec<Measured>> {
    let cosines = cosines();
    let own: Vec<Shot> = KINDS
        .into_iter()
        .flat_map(|kind| (0..OWN_EACH).map(move |number| (kind, OWN_DESIGNS + number)))
        .map(|(kind, design)| Shot::of(&Scene::new(kind, design).retaken(design), design))
        .collect::<Option<_>>()?;
    let meaning = Meaning::learned(&own, &cosines);
    let library: Vec<Piece> = own.iter().flat_map(pieces).collect();
    // Neighbors in this order are of different kinds.
    let targets: Vec<(ItemKind, u64)> = (1..=ATTACKED_EACH)
        .flat_map(|design| KINDS.map(|kind| (kind, design)))
        .collect();
    let shots: Vec<Shot> = targets
        .iter()
        .map(|&(kind, design)| Shot::of(&attacked(kind, design), design))
        .collect::<Option<_>>()?;
    let mut random = Random::new(1);
    let mut attempts = Vec::with_capacity(shots.len());
    for (shot, &(kind, design)) in shots.iter().zip(&targets) {
        let again = design + OWN_DESIGNS;
        let goods = pieces(&Shot::of(&Scene::new(kind, design).retaken(again), again)?);
        let hash = meaning.picture(shot.hash, &cosines);
        let (by_chance, _) = rebuilt(&hash, &shot.features, |_| {
            library.get(random.below(library.len()))
        });
        let (from_own, covered) = rebuilt(&hash, &shot.features, |wanted| {
            nearest(library.iter(), wanted)
        });
        let (from_goods, _) = rebuilt(&hash, &shot.features, |wanted| {
            nearest(library.iter().chain(&goods), wanted)
        });
        attempts.push(Attempt {
            hash,
            by_chance,
            own: from_own,
            goods: from_goods,
            covered,
        });
    }
    let others = attempts.iter().cycle().skip(1);
    let mut measured = Vec::with_capacity(shots.len());
    for (((shot, attempt), other), &(kind, design)) in
        shots.iter().zip(&attempts).zip(others).zip(&targets)
    {
        let truth = bands(&shot.plane);
        let like = |picture: &Plane| likeness(&truth, &bands(picture), &attempt.covered);
        measured.push(Measured {
            kind,
            covered: attempt.covered.iter().filter(|is_in| **is_in).count() as f64
                / attempt.covered.len() as f64,
            ways: [
                like(&other.own),
                like(&attempt.hash),
                like(&attempt.by_chance),
                like(&attempt.own),
                like(&attempt.goods),
            ],
        });
        if let Some(folder) = folder {
            let pictures = [&shot.plane, &attempt.hash, &attempt.own, &attempt.goods];
            let name = format!("{kind:?}-{design}.png").to_lowercase();
            let png = encode_png(&side_by_side(&pictures)?);
            std::fs::write(folder.join(name), png).ok()?;
        }
    }
    Some(measured)
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let folder = match arguments.as_slice() {
        [] => None,
        [folder] => Some(Path::new(folder)),
        _ => {
            eprintln!("at most one folder expected, to write the pictures into");
            return ExitCode::from(2);
        }
    };
    if let Some(folder) = folder
        && let Err(error) = std::fs::create_dir_all(folder)
    {
        eprintln!("{}: {error}", folder.display());
        return ExitCode::from(2);
    }
    let Some(measured) = measured(folder) else {
        eprintln!("a photo could not be fingerprinted, or a picture not be written");
        return ExitCode::FAILURE;
    };
    let lengths: Vec<String> = BANDS
        .iter()
        .map(|(_, length)| format!("{length:>7}"))
        .collect();
    say("correlation with the photo, in waves of about so many pixels, of 640");
    say(&format!("  {:28}{}", "", lengths.concat()));
    for kind in KINDS {
        let (covered, ways) = mean(measured.iter().filter(|one| one.kind == kind));
        tell(&format!("{kind:?}"), covered, &ways);
    }
    let (covered, ways) = mean(measured.iter());
    tell("all", covered, &ways);
    for (name, values) in WAYS.iter().zip(&ways).skip(1) {
        let finest = BANDS
            .iter()
            .zip(values.iter().zip(&ways[0]))
            .find(|(_, (value, chance))| *value - *chance >= GAIN)
            .map_or("none".to_owned(), |((_, length), _)| {
                format!("{length} pixels")
            });
        say(&format!(
            "finest waves that come back, {GAIN} above another photo: {finest} ({name})"
        ));
    }
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shot of a kind in a few of its designs, as the attacker has them.
    fn own(kind: ItemKind) -> Vec<Shot> {
        (0..4)
            .filter_map(|design| Shot::of(&Scene::new(kind, design), design))
            .collect()
    }

    /// The picture made of a hash has that hash, but for bits whose frequency is near nothing.
    #[test]
    fn a_hash_is_put_back_into_a_picture_of_that_hash() {
        let (cosines, own) = (cosines(), own(ItemKind::Book));
        let meaning = Meaning::learned(&own, &cosines);
        let picture = meaning.picture(own[0].hash, &cosines);
        let rgb: Vec<u8> = picture
            .data
            .iter()
            .flat_map(|value| [value.round().clamp(0.0, 255.0) as u8; 3])
            .collect();
        let again = Fingerprint::of_rgb(&rgb, WIDTH, HEIGHT).unwrap();
        let distance = |other: Pdq| again.hash().distance(other);
        assert!(distance(own[0].hash) < 64, "{}", distance(own[0].hash));
        assert!(distance(own[0].hash) < distance(own[1].hash));
    }

    /// Somebody who has the very photo gets it back where its keypoints are: the pieces are laid as they were cut.
    #[test]
    fn pieces_of_the_photo_itself_are_laid_where_they_were_cut() {
        let own = own(ItemKind::Book);
        let flat = Plane::new(WIDTH as usize, HEIGHT as usize);
        let features = &own[0].features;
        assert!(features.len() > 50, "{}", features.len());
        let cut = pieces(&own[0]);
        let others = pieces(&own[1]);
        let truth = bands(&own[0].plane);
        let (same, covered) = rebuilt(&flat, features, |wanted| nearest(cut.iter(), wanted));
        let mut turn = others.iter().cycle();
        let (any, _) = rebuilt(&flat, features, |_| turn.next());
        let same = likeness(&truth, &bands(&same), &covered);
        let any = likeness(&truth, &bands(&any), &covered);
        for band in 1..4 {
            assert!(same[band] > 0.5, "{same:?}");
            assert!(same[band] > any[band] + GAIN, "{same:?} {any:?}");
        }
    }
}

//! Which items there are and which photos are taken of each: everything follows from one seed.

use aftercare_scene::random::{Random, mix};
use aftercare_scene::{
    Background, Camera, Damage, Exposure, ItemKind, Light, Neighbor, RgbImage, Scene, View,
};

/// So many items in a row show every kind; the next ones show the kinds in the same order again.
pub const KINDS_IN_A_ROW: u32 = 20;
/// The kinds of twenty items in a row; sold goods are most, flat and repeating ones are all present.
const KINDS: [ItemKind; KINDS_IN_A_ROW as usize] = [
    ItemKind::Mug,
    ItemKind::Carton,
    ItemKind::Kettle,
    ItemKind::Book,
    ItemKind::Plate,
    ItemKind::GiftBox,
    ItemKind::Lamp,
    ItemKind::FruitBox,
    ItemKind::Document,
    ItemKind::Carton,
    ItemKind::Mug,
    ItemKind::Poster,
    ItemKind::Kettle,
    ItemKind::GiftBox,
    ItemKind::Plate,
    ItemKind::Tiles,
    ItemKind::Lamp,
    ItemKind::Carton,
    ItemKind::FruitBox,
    ItemKind::BlankWall,
];

/// Goods that stand around on tables.
const CLUTTER: [ItemKind; 5] = [
    ItemKind::Mug,
    ItemKind::Carton,
    ItemKind::Lamp,
    ItemKind::GiftBox,
    ItemKind::Plate,
];

/// Views of one session of a buyer.
pub const SESSION_VIEWS: u32 = 4;

/// Views of a session that a photo in another light goes on with, by turns.
const LATER_VIEWS: u32 = 3;

/// One item of the suite.
#[derive(Debug, Clone)]
pub struct Item {
    pub number: u32,
    pub kind: ItemKind,
    pub seed: u64,
}

/// One photo of an item. Every photo is made from the item's seed and its own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shot {
    /// The merchant's listing: view 0 and 1.
    Listing(u32),
    /// A buyer's session with the intact item: one table, one light, one phone, several views by hand.
    Intact(u32),
    /// The same for a unit that is really damaged.
    Damaged(u32),
    /// The place of a session later, from nearly one of its views, in another light and at another exposure and balance;
    /// [`Item::later_session`] says which session.
    LaterLight,
    /// The unit of the damaged session before it was damaged, from one of its views.
    BeforeDamage,
    /// A second buyer's single photo of a damaged unit.
    OtherBuyer,
    /// The listing's table and light again, by hand: 0 is nearly the same place, 3 is plainly another.
    Reshot(u32),
    /// The other side of the item on the listing's table.
    OtherSide,
    /// The listing's place by hand in another light.
    OtherLight,
    /// Packing station, camera on a stand: frames of one burst and changes of exposure, focus and balance.
    Stand(u32),
    /// The stand after the light was changed.
    StandLight,
    /// The stand after the item was really damaged (before and after a repair).
    StandDamaged,
    /// Another unit of the same print, photographed almost straight on.
    UnitFront(u32),
    /// The listing's shelf from almost the same place with another item on it.
    Shelf(u32),
    /// Overlapping views of a camera that turns about its center.
    Panorama(u32),
}

/// Frames of one stand.
pub const STAND_FRAMES: u32 = 10;

impl Shot {
    /// The name in the cache and in results.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Listing(view) => format!("listing-{view}"),
            Self::Intact(view) => format!("intact-{view}"),
            Self::Damaged(view) => format!("damaged-{view}"),
            Self::LaterLight => "later-light".to_owned(),
            Self::BeforeDamage => "before-damage".to_owned(),
            Self::OtherBuyer => "other-buyer".to_owned(),
            Self::Reshot(step) => format!("reshot-{step}"),
            Self::OtherSide => "other-side".to_owned(),
            Self::OtherLight => "other-light".to_owned(),
            Self::Stand(frame) => format!("stand-{frame}"),
            Self::StandLight => "stand-light".to_owned(),
            Self::StandDamaged => "stand-damaged".to_owned(),
            Self::UnitFront(unit) => format!("unit-front-{unit}"),
            Self::Shelf(step) => format!("shelf-{step}"),
            Self::Panorama(step) => format!("panorama-{step}"),
        }
    }
}

impl Item {
    /// Item `number` of the suite `seed`.
    #[must_use]
    pub fn new(seed: u64, number: u32) -> Self {
        let kind = KINDS[number as usize % KINDS.len()];
        Self {
            number,
            kind,
            seed: mix(mix(seed) ^ u64::from(number)),
        }
    }

    /// A generator for one purpose of this item.
    #[must_use]
    pub fn random(&self, purpose: u64) -> Random {
        Random::for_purpose(self.seed, purpose)
    }

    /// Whether another unit of it is the same print.
    #[must_use]
    pub const fn is_printed(&self) -> bool {
        matches!(
            self.kind,
            ItemKind::Carton | ItemKind::Book | ItemKind::GiftBox | ItemKind::Poster
        )
    }

    /// Whether its photos show little more than one plane.
    #[must_use]
    pub const fn is_planar(&self) -> bool {
        matches!(
            self.kind,
            ItemKind::Document | ItemKind::Poster | ItemKind::Tiles | ItemKind::BlankWall
        )
    }

    /// Whether a listing photo of it can be told from others at all.
    #[must_use]
    pub const fn is_blank(&self) -> bool {
        matches!(self.kind, ItemKind::BlankWall)
    }

    /// All photos of this item.
    #[must_use]
    pub fn shots(&self) -> Vec<Shot> {
        let mut shots = vec![Shot::Listing(0), Shot::Listing(1)];
        shots.extend((0..SESSION_VIEWS).map(Shot::Intact));
        shots.extend((0..SESSION_VIEWS).map(Shot::Damaged));
        shots.extend([Shot::LaterLight, Shot::BeforeDamage, Shot::OtherBuyer]);
        shots.extend((0..4).map(Shot::Reshot));
        shots.extend([Shot::OtherSide, Shot::OtherLight]);
        shots.extend((0..STAND_FRAMES).map(Shot::Stand));
        shots.extend([Shot::StandLight, Shot::StandDamaged]);
        if self.is_printed() {
            shots.extend((0..2).map(Shot::UnitFront));
        }
        if !self.is_planar() {
            shots.extend((0..2).map(Shot::Shelf));
        }
        if self.is_planar() || self.number.is_multiple_of(4) {
            shots.extend((0..3).map(Shot::Panorama));
        }
        shots
    }

    /// The listing's scene: the merchant's table.
    #[must_use]
    pub fn listing_scene(&self) -> Scene {
        let mut random = self.random(0x1157);
        let mut scene = self.lit(Scene::new(self.kind, self.seed).unit(1), random.next_u64());
        if random.unit() < 0.3 {
            scene = scene.background(Background::Plain, random.next_u64());
        }
        if random.unit() < 0.45 && !self.is_planar() {
            scene = cluttered(scene, &mut random);
        }
        scene
    }

    /// Where the listing's camera stands.
    #[must_use]
    pub fn listing_view(&self) -> View {
        let mut random = self.random(0x11E3);
        match self.kind {
            ItemKind::Document | ItemKind::BlankWall | ItemKind::Tiles => View {
                elevation: random.between(80.0, 88.0),
                ..View::default()
            },
            ItemKind::Poster => View {
                azimuth: random.between(-8.0, 8.0),
                elevation: random.between(5.0, 10.0),
                ..View::default()
            },
            ItemKind::Carton => View {
                azimuth: random.between(-14.0, 14.0),
                elevation: random.between(12.0, 26.0),
                ..View::default()
            },
            ItemKind::Book | ItemKind::GiftBox => View {
                azimuth: random.between(-12.0, 12.0),
                elevation: random.between(45.0, 80.0),
                ..View::default()
            },
            _ => View {
                azimuth: random.between(-12.0, 12.0),
                elevation: random.between(24.0, 40.0),
                ..View::default()
            },
        }
    }

    /// A view of the item by hand: around its usual side, `reach` wide (1 is what a session covers).
    fn by_hand(&self, random: &mut Random, reach: f32) -> View {
        let base = self.listing_view();
        let mut around = |span: f32| random.between(-span, span) * reach;
        let (azimuth, elevation, roll) = (around(28.0), around(14.0), around(6.0));
        let pan = (around(4.0), around(3.0));
        let distance = 1.12 + around(0.2);
        let highest = match self.kind {
            ItemKind::Document | ItemKind::BlankWall | ItemKind::Tiles => 89.0,
            ItemKind::Book | ItemKind::GiftBox => 84.0,
            ItemKind::Poster => 24.0,
            _ => 58.0,
        };
        View {
            azimuth: base.azimuth + azimuth,
            elevation: (base.elevation + elevation).clamp(5.0, highest),
            distance,
            roll,
            pan,
            ..View::default()
        }
    }

    fn damage(&self, purpose: u64) -> (Damage, u64) {
        let mut random = self.random(purpose);
        let kinds: &[Damage] = match self.kind {
            ItemKind::FruitBox | ItemKind::Document => &[Damage::Stain],
            ItemKind::Lamp | ItemKind::BlankWall => &[Damage::Crack, Damage::Stain],
            _ => &Damage::ALL,
        };
        (kinds[random.below(kinds.len())], random.next_u64())
    }

    /// A buyer's home: another table, light and turn; the unit is the buyer's own.
    fn home(&self, purpose: u64) -> Scene {
        let mut random = self.random(purpose);
        let mut scene = Scene::new(self.kind, self.seed)
            .retaken(random.next_u64())
            .unit(2 + purpose);
        scene = self.lit(scene, random.next_u64());
        if self.is_planar() {
            scene = scene.yaw(random.between(-6.0, 6.0));
        }
        if random.unit() < 0.5 && !self.is_planar() {
            scene = cluttered(scene, &mut random);
        }
        scene
    }

    /// The scene of a photo and the camera that takes it. Stand frames share one scene and lens.
    #[must_use]
    pub fn take(&self, shot: Shot) -> (Scene, Camera) {
        let phone = |purpose: u64| Camera::phone(mix(self.seed ^ purpose));
        let listing = || self.listing_scene().view(self.listing_view());
        match shot {
            Shot::Listing(0) => (listing(), phone(0xCA01)),
            Shot::Listing(view) => {
                let mut random = self.random(0x2200 + u64::from(view));
                let base = self.listing_view();
                let turn = if random.unit() < 0.5 { -1.0 } else { 1.0 };
                let second = View {
                    azimuth: base.azimuth + turn * random.between(14.0, 30.0),
                    elevation: (base.elevation + random.between(-6.0, 10.0)).clamp(6.0, 88.0),
                    ..base
                };
                (listing().view(second), phone(0xCA01).frame(1))
            }
            Shot::Intact(view) => (
                self.session(0x1247, view),
                phone(0xCA02).frame(u64::from(view)),
            ),
            Shot::Damaged(view) => {
                let (damage, seed) = self.damage(0xDA01);
                (
                    self.session(0x1248, view).damage(damage, seed),
                    phone(0xCA03).frame(u64::from(view)),
                )
            }
            Shot::LaterLight => self.later(),
            Shot::BeforeDamage => {
                let scene = self.session(0x1248, self.before_view());
                (scene, phone(0xCA03).frame(7))
            }
            Shot::OtherBuyer => {
                let (damage, seed) = self.damage(0xDA02);
                (self.session(0x1249, 0).damage(damage, seed), phone(0xCA04))
            }
            Shot::Reshot(step) => {
                let mut random = self.random(0x2E00 + u64::from(step));
                let reach = [0.04, 0.12, 0.35, 0.8][step as usize % 4];
                let near = self.by_hand(&mut random, reach);
                let base = self.listing_view();
                let view = View {
                    distance: base.distance + (near.distance - 1.12),
                    ..near
                };
                (listing().view(view), phone(0xCA05 + u64::from(step / 2)))
            }
            Shot::OtherSide => {
                let mut random = self.random(0x2F01);
                let view = self.by_hand(&mut random, 0.5);
                let scene = listing().view(View {
                    azimuth: view.azimuth + 180.0,
                    ..view
                });
                (scene, phone(0xCA06))
            }
            Shot::OtherLight => {
                let mut random = self.random(0x2F02);
                let view = self.by_hand(&mut random, 0.15);
                (
                    self.lit(
                        listing().light(Light::in_a_room(random.next_u64())),
                        random.next_u64(),
                    )
                    .view(view),
                    phone(0xCA06),
                )
            }
            Shot::Stand(frame) => (self.stand(), self.stand_camera(frame)),
            Shot::StandLight => {
                let mut random = self.random(0x2F03);
                let light = Light::in_a_room(random.next_u64());
                let scene = self.lit(self.stand().light(light), random.next_u64());
                (scene, self.stand_camera(1))
            }
            Shot::StandDamaged => {
                let (damage, seed) = self.damage(0xDA03);
                (self.stand().damage(damage, seed), self.stand_camera(2))
            }
            Shot::UnitFront(unit) => {
                let mut random = self.random(0x3100 + u64::from(unit));
                let mut view = self.by_hand(&mut random, 0.12);
                view.azimuth = random.between(-3.0, 3.0);
                view.distance = random.between(0.9, 1.05);
                view.elevation = match self.kind {
                    ItemKind::Book | ItemKind::GiftBox => random.between(80.0, 88.0),
                    _ => random.between(5.0, 9.0),
                };
                let scene = self
                    .home(0x31A0 + u64::from(unit))
                    .yaw(random.between(-2.0, 2.0))
                    .view(view);
                (scene, phone(0xCA07 + u64::from(unit)))
            }
            Shot::Shelf(step) => {
                let mut random = self.random(0x3200 + u64::from(step));
                let other = Self {
                    seed: mix(self.seed ^ (0x0DD + u64::from(step))),
                    ..*self
                };
                // The listing's table, light and clutter, with another design in the middle.
                let scene = self.listing_scene().design(other.seed);
                let view = self.by_hand(&mut random, 0.05);
                let view = View {
                    distance: self.listing_view().distance + (view.distance - 1.12),
                    ..view
                };
                (scene.view(view), phone(0xCA09))
            }
            Shot::Panorama(step) => {
                let mut random = self.random(0x3300);
                let view = self.by_hand(&mut random, 0.2);
                let turn = [-9.0, 0.0, 7.5][step as usize % 3];
                let tilt = [1.5, 0.0, -2.0][step as usize % 3];
                let view = View {
                    pan: (view.pan.0 + turn, view.pan.1 + tilt),
                    ..view
                };
                (
                    self.home(0x33A0).view(view),
                    phone(0xCA0A).frame(u64::from(step)),
                )
            }
        }
    }

    /// What hangs on a wall is lit from its front; everything else keeps its light.
    fn lit(&self, scene: Scene, seed: u64) -> Scene {
        if self.kind != ItemKind::Poster {
            return scene;
        }
        let mut random = Random::new(seed);
        scene.light(Light {
            azimuth: random.between(-48.0, 48.0),
            elevation: random.between(25.0, 50.0),
            strength: random.between(0.85, 1.15),
            warmth: random.between(0.0, 0.8),
        })
    }

    fn session(&self, purpose: u64, view: u32) -> Scene {
        let mut random = self.random((purpose << 8) + u64::from(view));
        let view = self.by_hand(&mut random, 1.0);
        self.home(purpose).view(view)
    }

    /// The session that [`Shot::LaterLight`] goes on with, and the view of it that is nearest: by turns the damaged and the
    /// intact one.
    #[must_use]
    pub const fn later_session(&self) -> Shot {
        let turn = self.number + self.number / KINDS_IN_A_ROW;
        let view = turn / 2 % LATER_VIEWS;
        if turn.is_multiple_of(2) {
            Shot::Damaged(view)
        } else {
            Shot::Intact(view)
        }
    }

    /// The view of the damaged session that [`Shot::BeforeDamage`] repeats.
    #[must_use]
    pub const fn before_view(&self) -> u32 {
        (self.number + self.number / KINDS_IN_A_ROW) % SESSION_VIEWS
    }

    /// The lamp on or the sun gone: the shadows fall elsewhere, and the phone answers with another exposure and balance.
    fn later(&self) -> (Scene, Camera) {
        let (scene, _) = self.take(self.later_session());
        let purpose = match self.later_session() {
            Shot::Damaged(view) => (0x1248 << 8) + u64::from(view),
            Shot::Intact(view) | Shot::Listing(view) => (0x1247 << 8) + u64::from(view),
            _ => 0,
        };
        // The same way as the session's view, and then a step aside.
        let view = self.by_hand(&mut self.random(purpose), 1.0);
        let mut random = self.random(0x1A7E);
        let step = self.by_hand(&mut random, 0.3);
        let base = self.listing_view();
        let view = View {
            azimuth: view.azimuth + (step.azimuth - base.azimuth),
            elevation: (view.elevation + (step.elevation - base.elevation)).clamp(5.0, 89.0),
            roll: view.roll + step.roll,
            ..view
        };
        let light = Light {
            warmth: random.between(0.0, 1.0),
            strength: random.between(0.6, 1.25),
            ..Light::in_a_room(random.next_u64())
        };
        let scene = self.lit(scene.view(view).light(light), random.next_u64());
        let phone = match self.later_session() {
            Shot::Damaged(_) => 0xCA03,
            _ => 0xCA02,
        };
        let camera = Camera::phone(mix(self.seed ^ phone))
            .frame(8)
            .exposure(random.between(0.72, 1.35))
            .balance(random.between(-0.9, 0.9));
        (scene, camera)
    }

    fn stand(&self) -> Scene {
        let mut random = self.random(0x57A0);
        let view = View {
            roll: 0.0,
            ..self.by_hand(&mut random, 0.4)
        };
        self.listing_scene()
            .background(Background::ALL[random.below(4)], random.next_u64())
            .view(view)
    }

    /// The camera of the stand: frames differ in noise, and after the first three in one setting each.
    fn stand_camera(&self, frame: u32) -> Camera {
        let camera = Camera::phone(mix(self.seed ^ 0xCA08)).frame(u64::from(frame));
        let mut random = self.random(0x57B0 + u64::from(frame));
        match frame {
            3 => camera.exposure(0.72),
            4 => camera.exposure(1.35),
            5 => camera.out_of_focus(random.between(1.2, 1.6)),
            6 => camera.out_of_focus(random.between(1.8, 2.6)),
            7 => camera.balance(0.8),
            8 => camera.balance(-0.7),
            9 => camera.exposure(0.9).out_of_focus(1.1).balance(0.3),
            _ => camera,
        }
    }

    /// Renders a photo: developed, upright, before it becomes a file.
    #[must_use]
    pub fn render(&self, shot: Shot, side: u32) -> RgbImage {
        let (scene, camera) = self.take(shot);
        let (width, height) = sides(side);
        camera.develop(&scene, width, height)
    }

    /// The light on the stand, which all of its frames share.
    #[must_use]
    pub fn stand_light(&self, side: u32) -> Exposure {
        let (scene, camera) = self.take(Shot::Stand(0));
        let (width, height) = sides(side);
        camera.expose_to(&scene, width, height)
    }

    /// The quality at which the camera of a photo saves it.
    #[must_use]
    pub fn quality(&self, shot: Shot) -> u8 {
        let purpose = match shot {
            Shot::Listing(_) => 1,
            Shot::Intact(_) => 2,
            Shot::Damaged(_) | Shot::BeforeDamage => 3,
            Shot::Stand(_) | Shot::StandLight | Shot::StandDamaged => 4,
            _ => 5,
        };
        [88, 90, 92, 93, 95][self.random(0x9A00 + purpose).below(5)]
    }
}

/// Width and height of a photo with this longer side.
#[must_use]
pub const fn sides(longer: u32) -> (u32, u32) {
    (longer, longer * 3 / 4)
}

fn cluttered(mut scene: Scene, random: &mut Random) -> Scene {
    let count = 1 + random.below(3);
    for number in 0..count {
        let side = if number % 2 == 0 { 1.0 } else { -1.0 };
        let place = (side * random.between(15.0, 24.0), random.between(6.0, 26.0));
        scene = scene.neighbor(Neighbor {
            kind: CLUTTER[random.below(CLUTTER.len())],
            design: random.next_u64(),
            place,
            yaw: random.between(-40.0, 40.0),
        });
    }
    scene
}

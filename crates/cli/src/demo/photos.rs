//! The demo's photos, made by code: listing pictures, an honest photo of a cracked mug, and the same
//! photo sent again by somebody else, mirrored and saved anew.

use aftercare_scene::{Background, Camera, Damage, ItemKind, Light, RgbImage, Scene, View};

/// Size of the demo's photos in pixels.
const WIDTH: u32 = 1_200;
const HEIGHT: u32 = 900;

/// Photos of the three stories.
pub struct Photos {
    /// The mug on the product page.
    pub mug_listing: Vec<u8>,
    /// The lamp on the product page.
    pub lamp_listing: Vec<u8>,
    /// An earlier buyer's honest photo of a cracked mug.
    pub earlier_crack: Vec<u8>,
    /// The earlier photo, mirrored and saved again: another claim.
    pub reused_crack: Vec<u8>,
    /// The whole mug before packing, by the merchant.
    pub packing: Vec<u8>,
    /// A new photo taken on request.
    pub retaken: Vec<u8>,
    /// An honest photo of a chipped lamp.
    pub lamp_chip: Vec<u8>,
    /// The lamp that flickers, by the customer.
    pub lamp_before: Vec<u8>,
    /// The repaired lamp, by the technician.
    pub after_repair: Vec<u8>,
}

impl Photos {
    /// Renders all of them; the same every time.
    #[must_use]
    pub fn render() -> Self {
        let mug = Scene::new(ItemKind::Mug, 11);
        let lamp = Scene::new(ItemKind::Lamp, 12);
        let home = |scene: Scene, seed: u64| {
            scene
                .background(Background::Wood, seed)
                .light(Light::in_a_room(seed))
                .view(View::by_hand(seed))
        };
        let cracked = home(Scene::new(ItemKind::Mug, 11).damage(Damage::Crack, 21), 31);
        let earlier_crack = Camera::phone(41).shoot(&cracked, WIDTH, HEIGHT);
        let reused = mirrored(&earlier_crack.picture);
        Self {
            mug_listing: Camera::phone(51)
                .quality(92)
                .shoot(&mug, WIDTH, HEIGHT)
                .jpeg,
            lamp_listing: Camera::phone(52)
                .quality(92)
                .shoot(&lamp, WIDTH, HEIGHT)
                .jpeg,
            reused_crack: aftercare_scene::encode_jpeg(&reused, 78, None),
            earlier_crack: earlier_crack.jpeg,
            packing: shot(home(Scene::new(ItemKind::Mug, 11), 32), 42),
            retaken: shot(
                home(Scene::new(ItemKind::Mug, 11).damage(Damage::Chip, 22), 33),
                43,
            ),
            lamp_chip: shot(
                home(Scene::new(ItemKind::Lamp, 12).damage(Damage::Chip, 23), 34),
                44,
            ),
            lamp_before: shot(home(Scene::new(ItemKind::Lamp, 12), 36), 46),
            after_repair: shot(home(Scene::new(ItemKind::Lamp, 12), 35), 45),
        }
    }
}

fn shot(scene: Scene, camera: u64) -> Vec<u8> {
    Camera::phone(camera).shoot(&scene, WIDTH, HEIGHT).jpeg
}

fn mirrored(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    RgbImage::from_fn(width, height, |x, y| *picture.get_pixel(width - 1 - x, y))
}

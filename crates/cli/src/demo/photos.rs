//! The demo's photos, made by code: the listing of the shop, the listing photo with a crack painted on
//! it, a new photo of a mug that is really cracked, and a buyer's own photo of the clean gift carton with
//! a stain painted in, which a second view does not confirm.

use aftercare_scene::{
    Background, Camera, Damage, ItemKind, Light, RgbImage, Scene, View, paint_on,
};

/// Size of the demo's photos in pixels.
const WIDTH: u32 = 1_200;
const HEIGHT: u32 = 900;

/// Photos of the stories.
pub struct Photos {
    /// The mug on the product page.
    pub mug_listing: Vec<u8>,
    /// The lamp on the product page.
    pub lamp_listing: Vec<u8>,
    /// The mug of the product page with a crack painted on, saved again: a forged photo.
    pub forged_crack: Vec<u8>,
    /// The whole mug before packing, by the merchant.
    pub packing: Vec<u8>,
    /// A new photo, taken on request, of a mug that is really chipped.
    pub retaken: Vec<u8>,
    /// An honest photo of a mug that is really cracked.
    pub cracked: Vec<u8>,
    /// A buyer's own photo of the clean carton of the mug, with a stain painted in.
    pub own_painted: Vec<u8>,
    /// The same carton once more, taken on request: clean.
    pub own_again: Vec<u8>,
    /// A mug that is really chipped, in a photo that says of itself that AI changed it. The file was made by the tests of
    /// crate `labels`: nothing in the product can write such a label.
    pub labeled: &'static [u8],
    /// The same mug, taken again on request.
    pub unlabeled: Vec<u8>,
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
        let listing = Camera::phone(51).quality(92).shoot(&mug, WIDTH, HEIGHT);
        let carton = Scene::new(ItemKind::GiftBox, 4_204);
        let first = View {
            azimuth: 4.0,
            elevation: 40.0,
            distance: 1.05,
            ..View::default()
        };
        // A moment later, from a little further round.
        let again = View {
            azimuth: 1.0,
            elevation: 42.0,
            ..first
        };
        let own = Camera::phone(47).shoot(&carton.clone().view(first), WIDTH, HEIGHT);
        Self {
            forged_crack: painted(&listing.picture, Damage::Crack, 21),
            mug_listing: listing.jpeg,
            lamp_listing: Camera::phone(52)
                .quality(92)
                .shoot(&lamp, WIDTH, HEIGHT)
                .jpeg,
            packing: shot(home(Scene::new(ItemKind::Mug, 11), 32), 42),
            retaken: shot(
                home(Scene::new(ItemKind::Mug, 11).damage(Damage::Chip, 22), 33),
                43,
            ),
            cracked: shot(
                home(Scene::new(ItemKind::Mug, 11).damage(Damage::Crack, 21), 31),
                41,
            ),
            own_painted: painted(&own.picture, Damage::Stain, 4_204),
            own_again: shot(carton.view(again), 47),
            labeled: include_bytes!("labeled.jpg"),
            unlabeled: shot(
                home(Scene::new(ItemKind::Mug, 11).damage(Damage::Chip, 22), 62),
                61,
            ),
            lamp_before: shot(home(Scene::new(ItemKind::Lamp, 12), 36), 46),
            after_repair: shot(home(Scene::new(ItemKind::Lamp, 12), 35), 45),
        }
    }
}

/// Damage painted on a picture, and the picture saved again as messengers do.
fn painted(picture: &RgbImage, damage: Damage, seed: u64) -> Vec<u8> {
    let mut picture = picture.clone();
    paint_on(&mut picture, damage, seed);
    aftercare_scene::encode_jpeg(&picture, 82, None)
}

fn shot(scene: Scene, camera: u64) -> Vec<u8> {
    Camera::phone(camera).shoot(&scene, WIDTH, HEIGHT).jpeg
}

//! The demo's photos, made by code: the listing of the shop, the listing photo with a crack painted on
//! it, a new photo of a mug that is really cracked, and a buyer's own photo of an intact mug with
//! damage painted in, which a second view does not confirm.

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
    /// A buyer's own photo of an intact mug, with a crack painted in.
    pub own_painted: Vec<u8>,
    /// The same mug once more, taken on request: intact.
    pub own_again: Vec<u8>,
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
        let own = home(Scene::new(ItemKind::Mug, 11), 37);
        // A moment later, from a little further round.
        let first = View::by_hand(37);
        let by_hand_again = View {
            azimuth: first.azimuth + 7.0,
            elevation: first.elevation + 4.0,
            distance: first.distance * 1.06,
            ..first
        };
        Self {
            forged_crack: painted(&listing.picture, 21),
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
            own_painted: painted(&Camera::phone(47).shoot(&own, WIDTH, HEIGHT).picture, 24),
            own_again: shot(own.view(by_hand_again), 47),
            lamp_before: shot(home(Scene::new(ItemKind::Lamp, 12), 36), 46),
            after_repair: shot(home(Scene::new(ItemKind::Lamp, 12), 35), 45),
        }
    }
}

/// A crack painted on a picture, and the picture saved again as messengers do.
fn painted(picture: &RgbImage, seed: u64) -> Vec<u8> {
    let mut picture = picture.clone();
    paint_on(&mut picture, Damage::Crack, seed);
    aftercare_scene::encode_jpeg(&picture, 82, None)
}

fn shot(scene: Scene, camera: u64) -> Vec<u8> {
    Camera::phone(camera).shoot(&scene, WIDTH, HEIGHT).jpeg
}

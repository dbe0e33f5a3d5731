//! Rendered photos for the tests, made once.

use std::sync::LazyLock;

use aftercare_evidence::Fingerprint;
use aftercare_scene::{Camera, ItemKind, RgbImage, Scene};

/// Size of the test photos: large enough for the hash, small enough to render many.
pub(crate) const SIDES: (u32, u32) = (360, 270);

/// One photo of each product in two designs.
pub(crate) fn products() -> &'static [(Scene, Camera, RgbImage)] {
    static PRODUCTS: LazyLock<Vec<(Scene, Camera, RgbImage)>> = LazyLock::new(|| {
        let kinds = ItemKind::PRODUCTS
            .into_iter()
            .flat_map(|kind| [(kind, 1), (kind, 2)]);
        kinds
            .map(|(kind, seed)| {
                let (scene, camera) = (Scene::new(kind, seed), Camera::phone(seed));
                let picture = camera.develop(&scene, SIDES.0, SIDES.1);
                (scene, camera, picture)
            })
            .collect()
    });
    &PRODUCTS
}

pub(crate) fn fingerprint(picture: &RgbImage) -> Fingerprint {
    Fingerprint::of_rgb(picture.as_raw(), picture.width(), picture.height())
        .expect("a rendered picture has pixels")
}

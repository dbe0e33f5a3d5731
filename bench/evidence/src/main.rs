//! Times.
use aftercare_scene::*;
fn main() {
    for kind in ItemKind::ALL {
        let scene = Scene::new(kind, 5);
        let t = std::time::Instant::now();
        let p = Camera::phone(1).shoot(&scene, 1600, 1200);
        let a = t.elapsed();
        let t = std::time::Instant::now();
        let _ = scene.render(1600, 1200);
        println!("{kind:?} shoot {a:?} trace {:?} {}", t.elapsed(), p.jpeg.len());
    }
}

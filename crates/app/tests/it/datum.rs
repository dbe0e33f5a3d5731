//! Coordinates that come in: their datum is named, and they are converted once.

use crate::world::World;

#[tokio::test]
async fn coordinates_of_a_chinese_map_are_converted_once_when_they_come_in() {
    let world = World::new().await;
    let at = async |code: &str| {
        let outlets = world.app.outlets(&world.dispatcher).await.unwrap();
        let outlet = outlets
            .into_iter()
            .find(|outlet| outlet.code == code)
            .unwrap();
        (outlet.latitude_e6, outlet.longitude_e6)
    };
    // Where a receiver says 39.9075, 116.3913 the maps of the vendors say 39.9089, 116.3975.
    let text = "code,name,county,latitude,longitude,坐标系\n\
        W,甲,110101,39.9075,116.3913,\nG,乙,110101,39.9089,116.3975,GCJ-02\n";
    assert_eq!(world.import_outlets(text).await, [""; 0]);
    assert_eq!(at("W").await, (39_907_500, 116_391_300));
    let converted = at("G").await;
    let near = |one: i32, other: i32| (one - other).abs() < 300;
    assert!(
        near(converted.0, 39_907_500) && near(converted.1, 116_391_300),
        "{converted:?}"
    );
    // The same file again changes nothing, and a datum that nobody knows is refused.
    assert_eq!(world.import_outlets(text).await, [""; 0]);
    assert_eq!(at("G").await, converted);
    let wrong = "code,name,county,latitude,longitude,datum\nX,丙,110101,39.9,116.4,mars\n";
    assert_eq!(world.import_outlets(wrong).await, ["cell_datum"]);
}

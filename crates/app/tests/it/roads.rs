//! Ways that an OSRM server measures: a small server on this machine speaks its table service, and fails in every way that
//! a server can.

use crate::world::{World, repair_input};
use aftercare_app::people::Place;
use aftercare_app::planning::Board;
use aftercare_domain::time::MINUTE_MS;
use aftercare_outbound::{Client, Settings, networks};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// How the server answers.
#[derive(Clone)]
enum Manner {
    /// As OSRM does: the way north takes so many seconds for each thousandth of a degree, every other one ten.
    Measures(f64),
    Says(&'static str, String),
    Hangs,
}

struct Server {
    address: SocketAddr,
    manner: Arc<Mutex<Manner>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            manner: Arc::new(Mutex::new(Manner::Measures(60.0))),
            asked: Arc::default(),
        };
        let (manner, asked) = (Arc::clone(&server.manner), Arc::clone(&server.asked));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut read = Vec::new();
                while !read.ends_with(b"\r\n\r\n") {
                    let mut piece = [0; 4_096];
                    let count = stream.read(&mut piece).await.unwrap_or(0);
                    if count == 0 {
                        break;
                    }
                    read.extend_from_slice(&piece[..count]);
                }
                let head = String::from_utf8_lossy(&read).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                asked.lock().unwrap().push(path.clone());
                let manner = manner.lock().unwrap().clone();
                let (status, body) = match manner {
                    Manner::Measures(north) => ("200 OK", table(&path, north)),
                    Manner::Says(status, body) => (status, body),
                    Manner::Hangs => {
                        tokio::spawn(async move {
                            let _held = stream;
                            std::future::pending::<()>().await;
                        });
                        continue;
                    }
                };
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        server
    }

    fn now(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

/// The answer of the table service to a path, as its documentation says.
fn table(path: &str, north: f64) -> String {
    let rest = path.strip_prefix("/table/v1/driving/").unwrap();
    let (places, query) = rest.split_once('?').unwrap();
    let places: Vec<(f64, f64)> = places
        .split(';')
        .map(|place| {
            let (east, north) = place.split_once(',').unwrap();
            (east.parse().unwrap(), north.parse().unwrap())
        })
        .collect();
    assert!(places.len() <= 100, "more than OSRM takes");
    let list = |name: &str| -> Vec<usize> {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, list) = pairs.find(|(known, _)| *known == name).unwrap();
        list.split(';').map(|at| at.parse().unwrap()).collect()
    };
    let destinations = list("destinations");
    let rows: Vec<Vec<Option<f64>>> = list("sources")
        .into_iter()
        .map(|from| {
            let ways = destinations.iter().map(|to| {
                let (here, there) = (places[from], places[*to]);
                let up = (there.1 - here.1) * 1_000.0;
                // Nobody can drive to the north pole.
                (there.1 < 89.0).then(|| {
                    if up > 0.5 {
                        up.round() * north
                    } else {
                        (up.abs() + (there.0 - here.0).abs() * 1_000.0).round() * 10.0
                    }
                })
            });
            ways.collect()
        })
        .collect();
    serde_json::json!({"code": "Ok", "durations": rows}).to_string()
}

fn client(allowed: &str) -> Client {
    Client::new(&Settings {
        allowed: networks(allowed).unwrap(),
        patience: Some(Duration::from_millis(400)),
        ..Settings::default()
    })
    .unwrap()
}

async fn repair_at(world: &World, latitude_e6: i32) {
    let mut input = repair_input();
    input.person.place = Some(Place {
        latitude_e6,
        longitude_e6: 120_170_000,
    });
    world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
}

async fn board(world: &World) -> Board {
    world.app.board(&world.dispatcher).await.unwrap()
}

/// Minutes of the way to the first visit of the first technician, who lives at 30.25, 120.17.
fn way(board: &Board) -> i64 {
    let visit = &board.technicians[0].visits[0];
    visit.start.since_ms(visit.leaves) / MINUTE_MS
}

#[tokio::test]
async fn ways_are_measured_by_the_operators_server_and_the_board_says_so() {
    let world = World::new().await;
    let server = Server::start().await;
    repair_at(&world, 30_270_000).await;
    let straight = board(&world).await;
    assert_eq!(straight.roads.source, "straight");
    assert_eq!(world.app.roads_turn().await.unwrap(), 0, "none is named");
    world
        .app
        .measure_roads_at(&server.url(), client("127.0.0.0/8"))
        .unwrap();
    assert_eq!(world.app.roads_turn().await.unwrap(), 1);
    let measured = board(&world).await;
    assert_eq!(
        (measured.roads.source.as_str(), measured.roads.measured),
        ("osrm", 2)
    );
    // Twenty thousandths of a degree to the north, a minute each.
    assert_eq!(way(&measured), 20);
    assert!(way(&straight) < 10, "{}", way(&straight));
    // Only rounded places were said, and nothing is asked for twice.
    let paths = server.take();
    assert_eq!(paths.len(), 1);
    assert!(paths[0].contains("120.17,30.25;120.17,30.27"), "{paths:?}");
    assert_eq!(world.app.roads_turn().await.unwrap(), 0);
    // A new place is measured beside what is known.
    repair_at(&world, 30_280_000).await;
    board(&world).await;
    assert_eq!(world.app.roads_turn().await.unwrap(), 1);
    assert_eq!(board(&world).await.roads.measured, 3);
    // After a restart it is asked again before anybody is told anything, and the plan is the same.
    let before = board(&world).await;
    let world = world.restarted().await;
    world
        .app
        .measure_roads_at(&server.url(), client("127.0.0.0/8"))
        .unwrap();
    assert_eq!(board(&world).await, before);
    assert_eq!(world.app.roads_turn().await.unwrap(), 0);
    // When it does not answer any more, the first plan after a start has straight lines and says why.
    let world = world.restarted().await;
    server.now(Manner::Hangs);
    world
        .app
        .measure_roads_at(&server.url(), client("127.0.0.0/8"))
        .unwrap();
    let silent = board(&world).await;
    assert_eq!(silent.roads.source, "straight");
    assert!(silent.roads.en.contains("in time"), "{:?}", silent.roads);
    server.now(Manner::Measures(60.0));
    world.clock.advance_ms(5 * MINUTE_MS);
    assert_eq!(world.app.roads_turn().await.unwrap(), 1);
    assert_eq!(board(&world).await.technicians, before.technicians);
}

#[tokio::test]
async fn a_server_that_fails_leaves_straight_lines_and_the_reason() {
    let too_much = format!(
        "{{\"code\": \"Ok\", \"message\": \"{}\"}}",
        "x".repeat(80_000)
    );
    let ok = |durations: &str| format!("{{\"code\": \"Ok\", \"durations\": {durations}}}");
    for (manner, reason) in [
        (
            Manner::Says(
                "400 Bad Request",
                "{\"code\": \"TooBig\", \"message\": \"Too many table coordinates\"}".to_owned(),
            ),
            "TooBig Too many table coordinates",
        ),
        (
            Manner::Says("502 Bad Gateway", "<html>".to_owned()),
            "502: not the JSON",
        ),
        (Manner::Says("200 OK", too_much), "more than is read"),
        (
            Manner::Says("200 OK", ok("[[0, 1, 2]]")),
            "a table of another size",
        ),
        (
            Manner::Says("200 OK", ok("[[0, -5], [1, 0]]")),
            "a way of -5 s",
        ),
        (
            Manner::Says("200 OK", ok("[[0, 1e300], [1, 0]]")),
            "a way of",
        ),
        (Manner::Hangs, "in time"),
    ] {
        let world = World::new().await;
        let server = Server::start().await;
        repair_at(&world, 30_270_000).await;
        let before = board(&world).await;
        server.now(manner);
        world
            .app
            .measure_roads_at(&server.url(), client("127.0.0.0/8"))
            .unwrap();
        assert_eq!(world.app.roads_turn().await.unwrap(), 1);
        let after = board(&world).await;
        assert_eq!(after.roads.source, "straight");
        assert!(
            after.roads.en.contains(reason),
            "{reason}: {:?}",
            after.roads
        );
        assert_eq!(after.technicians, before.technicians);
        // It is left alone for a while, and asked again after that.
        server.now(Manner::Measures(60.0));
        assert_eq!(world.app.roads_turn().await.unwrap(), 0);
        world.clock.advance_ms(5 * MINUTE_MS);
        assert_eq!(world.app.roads_turn().await.unwrap(), 1);
        assert_eq!(board(&world).await.roads.source, "osrm");
    }
}

#[tokio::test]
async fn a_private_address_is_asked_only_if_the_operator_allows_it() {
    let world = World::new().await;
    let server = Server::start().await;
    repair_at(&world, 30_270_000).await;
    board(&world).await;
    world
        .app
        .measure_roads_at(&server.url(), client(""))
        .unwrap();
    assert_eq!(world.app.roads_turn().await.unwrap(), 1);
    let roads = board(&world).await.roads;
    assert_eq!(roads.source, "straight");
    assert!(roads.zh.contains("address_refused"), "{roads:?}");
    assert!(server.take().is_empty(), "nothing was sent");
    let named = ["http", "://somebody@127.0.0.1"].concat();
    for wrong in ["osrm", "ftp://127.0.0.1", &named] {
        assert!(world.app.measure_roads_at(wrong, client("")).is_err());
    }
}

#[tokio::test]
async fn no_road_to_a_place_is_a_straight_line_to_it_and_nobodys_failure() {
    let world = World::new().await;
    let server = Server::start().await;
    repair_at(&world, 30_270_000).await;
    let straight = board(&world).await;
    let none = "{\"code\": \"Ok\", \"durations\": [[0, null], [null, 0]]}".to_owned();
    server.now(Manner::Says("200 OK", none));
    world
        .app
        .measure_roads_at(&server.url(), client("127.0.0.0/8"))
        .unwrap();
    world.app.roads_turn().await.unwrap();
    let measured = board(&world).await;
    assert_eq!(measured.roads.source, "osrm");
    assert_eq!(way(&measured), way(&straight));
}

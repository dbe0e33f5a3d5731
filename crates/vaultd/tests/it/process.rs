//! The process itself: this test binary, started again to do nothing but that.

use crate::{NOW_MS, Shop, root};
use aftercare_vault::PeopleKeeper as _;
use aftercare_vaultd::{Keeper, Peers, Quotas, bind, serve};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const FOLDER: &str = "AFTERCARE_TEST_KEEPER";
const SOCKET: &str = "AFTERCARE_TEST_SOCKET";
const UID: &str = "AFTERCARE_TEST_UID";

/// In an ordinary run there is nothing to keep, and it ends at once; started by the other tests it answers until it is killed.
#[test]
fn keeps_keys_where_it_is_started_for_it() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let socket = std::env::var(SOCKET).unwrap();
    let uid = std::env::var(UID).unwrap().parse().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        // Nobody is refused for their number here.
        let quotas = Quotas {
            user: 1_000_000,
            users: 1_000_000,
            system: 1_000_000,
        };
        let keeper = Keeper::open(Path::new(&folder), &root(), quotas, NOW_MS).unwrap();
        let bound = bind(Path::new(&socket), Peers { uid, group: false }).await;
        let keeper = Arc::new(keeper);
        serve(bound.unwrap(), keeper, || NOW_MS, std::future::pending())
            .await
            .unwrap();
    });
}

/// A process that is killed when it is dropped.
pub struct Running(Child);

impl Running {
    pub async fn start(shop: &Shop) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["process::keeps_keys_where_it_is_started_for_it", "--exact"])
            .env(FOLDER, shop.keeper())
            .env(SOCKET, shop.socket())
            .env(UID, shop.uid().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut running = Self(child);
        for _ in 0..600 {
            if shop.client().ready().await.is_ok() {
                return running;
            }
            if let Some(ended) = running.0.try_wait().unwrap() {
                panic!("it ended: {ended}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it does not answer");
    }

    /// As a power cut would, for the process.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

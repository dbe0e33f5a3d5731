//! Measured ways between the places of a plan, from an OSRM server of the operator's; straight lines until it has
//! answered, and again where it does not, with the reason said.
//!
//! It is asked for its table service (`/table/v1`, OSRM 5) by coordinates that are rounded to about 100 m, as a plan knows
//! places anyway. Who lives there is never said.

use crate::app::App;
use crate::error::AppError;
use crate::limits::{ROAD_AGAIN_MS, ROAD_BLOCK, ROAD_FIRST_WAIT, ROAD_PLACES_MAX, ROAD_WAY_S_MAX};
use crate::people::Place;
use aftercare_dispatch::travel::{Table, UNMEASURED};
use aftercare_domain::Timestamp;
use aftercare_domain::ids::TenantId;
use aftercare_outbound::{Client, OutboundError, Target};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex as StdMutex, OnceLock, PoisonError};
use utoipa::ToSchema;

/// Places are rounded to so many millionths of a degree, about 100 m.
const CELL_E6: i32 = 1_000;

/// A place as the server is asked for it: thousandths of a degree, latitude first.
pub(crate) type Cell = (i32, i32);

/// The cell of a place.
pub(crate) fn cell(place: Place) -> Cell {
    let round = |e6: i32| e6.saturating_add(CELL_E6 / 2).div_euclid(CELL_E6);
    (round(place.latitude_e6), round(place.longitude_e6))
}

/// Measured ways between some places.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct RoadTable {
    rows: BTreeMap<Cell, u32>,
    /// None before anything was measured.
    pub table: Option<Arc<Table>>,
}

impl RoadTable {
    /// The number of a place, from 1; 0 for one that was not measured.
    pub(crate) fn row(&self, place: Place) -> u32 {
        self.rows.get(&cell(place)).map_or(0, |row| row + 1)
    }

    /// Ways between two places, for a test.
    #[cfg(test)]
    pub(crate) fn of(cells: [Cell; 2], seconds: [u32; 4]) -> Self {
        Self {
            rows: cells.into_iter().zip(0..).collect(),
            table: Table::new(2, seconds.to_vec()).ok().map(Arc::new),
        }
    }

    fn way(&self, from: Cell, to: Cell) -> Option<u32> {
        let (from, to) = (self.rows.get(&from)?, self.rows.get(&to)?);
        self.table.as_ref()?.way(*from, *to)
    }
}

/// How the ways of a plan are known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RoadsKnown {
    /// `osrm`, or `straight` for straight lines.
    pub source: String,
    /// Places of the plan whose ways were measured.
    pub measured: usize,
    /// The same in words, with the reason for straight lines.
    pub zh: String,
    pub en: String,
}

/// What a tenant's server has said.
#[derive(Clone)]
struct Known {
    table: Arc<RoadTable>,
    failed: Option<Failed>,
}

/// Why there are no measured ways, and when to ask again.
#[derive(Clone)]
struct Failed {
    again: Timestamp,
    zh: String,
    en: String,
}

/// The operator's server and what it said.
#[derive(Default)]
pub(crate) struct Roads {
    source: OnceLock<Source>,
    /// Where nothing was measured: the same one every time, so that a plan sees that nothing changed.
    nothing: Arc<RoadTable>,
    tenants: StdMutex<HashMap<TenantId, Known>>,
}

struct Source {
    /// Without a slash at its end.
    base: String,
    client: Client,
}

impl Roads {
    fn known(&self, tenant: TenantId) -> Known {
        // What is in there is exchanged as a whole.
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.get(&tenant).cloned().unwrap_or_else(|| Known {
            table: Arc::clone(&self.nothing),
            failed: None,
        })
    }

    fn keep(&self, tenant: TenantId, known: Known) {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.insert(tenant, known);
    }

    /// The measured ways of a tenant; none where the server does not answer any more.
    pub(crate) fn table(&self, tenant: TenantId) -> Arc<RoadTable> {
        self.known(tenant).table
    }
}

/// Why an answer is of no use, in Chinese and English.
struct Useless {
    zh: String,
    en: String,
}

impl From<OutboundError> for Useless {
    fn from(error: OutboundError) -> Self {
        Self {
            zh: format!("路网服务没有回答（{}）", error.code()),
            en: format!("the road server did not answer: {error}"),
        }
    }
}

impl Useless {
    fn said(status: u16, what: &str) -> Self {
        let what: String = what.chars().take(120).collect();
        Self {
            zh: format!("路网服务的回答不能用（{status}：{what}）"),
            en: format!("the road server answered {status}: {what}"),
        }
    }
}

/// The answer of the table service, as far as it is read.
#[derive(Deserialize)]
struct Answered {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    durations: Vec<Vec<Option<f64>>>,
}

impl App {
    /// Says which OSRM server measures ways, such as `http://osrm.example.com:5000`, and through whom it is asked; the first
    /// call counts.
    ///
    /// # Errors
    /// An address that is none, as text.
    pub fn measure_roads_at(&self, address: &str, client: Client) -> Result<(), OutboundError> {
        let base = address.trim_end_matches('/').to_owned();
        format!("{base}/table/v1/driving/0,0").parse::<Target>()?;
        // A second call keeps the first server.
        let _ = self.roads().source.set(Source { base, client });
        Ok(())
    }

    /// Asks for ways that plans need and that are not known yet; how many plans got some. Nothing waits for it.
    ///
    /// # Errors
    /// None of the server's: what it does not answer stays a straight line, and the board says why.
    pub async fn roads_turn(&self) -> Result<usize, AppError> {
        let Some(source) = self.roads().source.get() else {
            return Ok(0);
        };
        let mut changed = 0;
        for (tenant, wanted) in self.places_planned() {
            let known = self.roads().known(tenant);
            let now = self.now();
            if known
                .failed
                .as_ref()
                .is_some_and(|failed| now < failed.again)
                || wanted
                    .iter()
                    .all(|cell| known.table.rows.contains_key(cell))
            {
                continue;
            }
            self.measure_ways(source, tenant, known, wanted).await;
            self.send_change(tenant, None);
            changed += 1;
        }
        Ok(changed)
    }

    /// Ways for the first plan of a tenant after the start, which waits for them: whom it has is whom it had before a
    /// restart. When the server takes too long, ways are straight lines until it has answered.
    pub(crate) async fn first_roads(
        &self,
        tenant: TenantId,
        wanted: BTreeSet<Cell>,
    ) -> Arc<RoadTable> {
        let known = self.roads().known(tenant);
        let is_new = known.table.table.is_none() && known.failed.is_none();
        if let Some(source) = self.roads().source.get()
            && is_new
            && !wanted.is_empty()
        {
            let measured = self.measure_ways(source, tenant, known, wanted);
            if tokio::time::timeout(ROAD_FIRST_WAIT, measured)
                .await
                .is_err()
            {
                tracing::warn!(%tenant, "the plan is made before its ways are measured");
            }
        }
        self.roads().table(tenant)
    }

    /// Asks for the ways between these places, and keeps them or why there are none.
    async fn measure_ways(
        &self,
        source: &Source,
        tenant: TenantId,
        known: Known,
        wanted: BTreeSet<Cell>,
    ) {
        let now = self.now();
        let measured = if wanted.len() > ROAD_PLACES_MAX {
            Err(Useless {
                zh: format!("计划里的地点多于 {ROAD_PLACES_MAX} 个"),
                en: format!("the plan has more than {ROAD_PLACES_MAX} places"),
            })
        } else {
            measure(source, &known.table, wanted).await
        };
        let known = match measured {
            Ok(table) => Known {
                table: Arc::new(table),
                failed: None,
            },
            Err(useless) => {
                tracing::warn!(%tenant, why = %useless.en, "ways are straight lines");
                Known {
                    table: Arc::clone(&self.roads().nothing),
                    failed: Some(Failed {
                        again: now.plus_ms(ROAD_AGAIN_MS),
                        zh: useless.zh,
                        en: useless.en,
                    }),
                }
            }
        };
        self.roads().keep(tenant, known);
    }

    /// How the ways of a tenant's plan are known.
    pub(crate) fn roads_known(&self, tenant: TenantId) -> RoadsKnown {
        let known = self.roads().known(tenant);
        let straight = |zh: String, en: String| RoadsKnown {
            source: "straight".to_owned(),
            measured: 0,
            zh: format!("路程按直线距离的 1.35 倍估算{zh}。"),
            en: format!("Ways are straight lines times 1.35{en}."),
        };
        if self.roads().source.get().is_none() {
            return straight(String::new(), String::new());
        }
        if let Some(failed) = known.failed {
            return straight(
                format!("，因为{}", failed.zh),
                format!(", because {}", failed.en),
            );
        }
        let measured = known.table.rows.len();
        if measured == 0 {
            return straight(
                "，路网服务还在测算".to_owned(),
                " until the road server has answered".to_owned(),
            );
        }
        RoadsKnown {
            source: "osrm".to_owned(),
            measured,
            zh: format!("路程按路网测算（{measured} 个地点）；还没测到的按直线估算。"),
            en: format!(
                "Ways are measured on roads between {measured} places, and straight lines elsewhere."
            ),
        }
    }
}

/// Measures what is not known yet between the wanted places.
async fn measure(
    source: &Source,
    known: &RoadTable,
    wanted: BTreeSet<Cell>,
) -> Result<RoadTable, Useless> {
    // What is known comes first, so that a new place costs the last rows and columns alone.
    let (mut cells, new): (Vec<Cell>, Vec<Cell>) = wanted
        .into_iter()
        .partition(|cell| known.rows.contains_key(cell));
    cells.extend(new);
    let places = cells.len();
    let mut seconds = vec![UNMEASURED; places * places];
    for (from, rows) in cells.chunks(ROAD_BLOCK).enumerate() {
        for (to, columns) in cells.chunks(ROAD_BLOCK).enumerate() {
            let mut ways = Vec::new();
            for row in rows {
                let measured = |column: &Cell| known.way(*row, *column);
                ways.push(columns.iter().map(measured).collect::<Vec<_>>());
            }
            let is_known = rows
                .iter()
                .chain(columns)
                .all(|cell| known.rows.contains_key(cell));
            if !is_known {
                ways = block(source, rows, columns).await?;
            }
            for (row, ways) in ways.into_iter().enumerate() {
                for (column, way) in ways.into_iter().enumerate() {
                    let at = (from * ROAD_BLOCK + row) * places + to * ROAD_BLOCK + column;
                    if let (Some(cell), Some(way)) = (seconds.get_mut(at), way) {
                        *cell = way;
                    }
                }
            }
        }
    }
    let table = Table::new(places, seconds).map_err(|bad| Useless {
        zh: bad.to_string(),
        en: bad.to_string(),
    })?;
    Ok(RoadTable {
        rows: cells.into_iter().zip(0..).collect(),
        table: Some(Arc::new(table)),
    })
}

/// Ways between some places and some others, row by row; none where no road leads.
async fn block(
    source: &Source,
    rows: &[Cell],
    columns: &[Cell],
) -> Result<Vec<Vec<Option<u32>>>, Useless> {
    let mut path = format!("{}/table/v1/driving/", source.base);
    let thousandths = |degrees: i32| f64::from(degrees) / 1_000.0;
    for (number, (latitude, longitude)) in rows.iter().chain(columns).enumerate() {
        let apart = if number > 0 { ";" } else { "" };
        let (east, north) = (thousandths(*longitude), thousandths(*latitude));
        let _ = write!(path, "{apart}{east},{north}");
    }
    let list = |from: usize, count: usize| {
        let numbers: Vec<String> = (from..from + count)
            .map(|number| number.to_string())
            .collect();
        numbers.join(";")
    };
    let _ = write!(
        path,
        "?sources={}&destinations={}&generate_hints=false",
        list(0, rows.len()),
        list(rows.len(), columns.len())
    );
    let target: Target = path.parse()?;
    let answer = source.client.get(&target).await?;
    let said = |what: &str| Useless::said(answer.status, what);
    if answer.cut {
        return Err(said("more than is read"));
    }
    let Ok(read) = serde_json::from_slice::<Answered>(&answer.body) else {
        return Err(said("not the JSON of a table"));
    };
    if answer.status != 200 || read.code != "Ok" {
        return Err(said(&format!("{} {}", read.code, read.message)));
    }
    let is_square = read.durations.len() == rows.len()
        && read.durations.iter().all(|row| row.len() == columns.len());
    if !is_square {
        return Err(said("a table of another size"));
    }
    let mut ways = Vec::new();
    for row in read.durations {
        let mut seconds = Vec::new();
        for way in row {
            seconds.push(match way {
                None => None,
                Some(way) if (0.0..=ROAD_WAY_S_MAX).contains(&way) => Some(whole_seconds(way)),
                Some(way) => return Err(said(&format!("a way of {way} s"))),
            });
        }
        ways.push(seconds);
    }
    Ok(ways)
}

/// Seconds rounded up.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and a week"
)]
fn whole_seconds(way: f64) -> u32 {
    way.ceil() as u32
}

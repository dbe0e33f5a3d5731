//! Whom a tenant can send, from where, and for what: technicians, outlets, and what kinds of visits need.
//!
//! They are read when one of them changed, and once a day because divisions change, so that an offer does not read
//! thousands of rows.

use crate::app::App;
use crate::areas::{Areas, Served};
use crate::equipment::{Equipment, Need};
use crate::error::AppError;
use crate::hours::{Absence, WorkHours};
use crate::nearest::Lack;
use crate::people::Place;
use crate::places::TOWN_DIGITS;
use aftercare_domain::event::WorkKind;
use aftercare_domain::ids::{OutletId, TechnicianId, TenantId};
use aftercare_domain::time::MINUTE_MS;
use aftercare_domain::{Role, Timestamp};
use aftercare_region::Date;
use aftercare_store::Write;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use tokio::sync::Mutex;

/// A technician whose account is in use.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Person {
    pub id: TechnicianId,
    pub name: String,
    pub skills: Vec<String>,
    /// What is served, as it is stored.
    pub served: Vec<Served>,
    /// All areas of that today.
    pub areas: Arc<Areas>,
    /// Counties of which single towns are served.
    pub town_counties: BTreeSet<String>,
    pub home: Place,
    pub reach_m: u32,
    pub hours: WorkHours,
    pub absences: Vec<Absence>,
    pub equipment: Equipment,
    /// The outlet that sends them.
    pub outlet: Option<OutletId>,
    /// Switched on.
    pub active: bool,
}

impl Person {
    /// Whether an absence of theirs holds at a time.
    pub(crate) fn is_away(&self, at: Timestamp) -> bool {
        self.absences.iter().any(|absence| absence.holds(at))
    }

    /// Whether they work at a time: in their hours, and not away.
    pub(crate) fn works_at(&self, at: Timestamp) -> bool {
        let midnight = at.china_midnight();
        let minute = at.since_ms(midnight) / MINUTE_MS;
        let mut spans = self.hours.on_midnight(midnight.0).iter();
        let on = spans.any(|span| {
            (i64::from(span.from_minute)..i64::from(span.until_minute)).contains(&minute)
        });
        on && !self.is_away(at)
    }

    /// Whether single towns of a county are served.
    pub(crate) fn serves_town_of(&self, county: &str) -> bool {
        self.town_counties.contains(county)
    }

    /// What a visit needs of whoever has its skill, and they do not have at a time.
    pub(crate) fn lacks(&self, need: &Need, at: Timestamp) -> impl Iterator<Item = Lack> {
        let mine = &self.equipment;
        [
            (mine.level(&need.skill) < need.level, Lack::Level),
            (
                !mine.is_certified(&need.skill, need.certificate, at),
                Lack::Certificate,
            ),
            (!mine.has_parts(&need.parts), Lack::Parts),
        ]
        .into_iter()
        .filter_map(|(holds, lack)| holds.then_some(lack))
    }
}

/// An outlet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outlet {
    pub id: OutletId,
    pub name: String,
    pub county: String,
    /// What it serves today.
    pub areas: Arc<Areas>,
    pub place: Place,
}

/// Everybody of a tenant.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Staff {
    /// By id.
    people: Vec<Person>,
    by_skill: HashMap<String, Vec<usize>>,
    /// By code.
    outlets: Vec<Outlet>,
    by_county: HashMap<String, usize>,
    /// Towns that somebody serves by name: elsewhere the county says enough.
    towns: BTreeSet<String>,
    /// What kinds of visits need.
    needs: Vec<Need>,
}

impl Staff {
    pub(crate) fn new(mut people: Vec<Person>, outlets: Vec<Outlet>) -> Self {
        people.sort_by_key(|who| who.id);
        let mut by_skill: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, who) in people.iter().enumerate() {
            for skill in &who.skills {
                by_skill.entry(skill.clone()).or_default().push(number);
            }
        }
        let mut by_county = HashMap::new();
        for (number, outlet) in outlets.iter().enumerate() {
            by_county.entry(outlet.county.clone()).or_insert(number);
        }
        Self {
            people,
            by_skill,
            outlets,
            by_county,
            towns: BTreeSet::new(),
            needs: Vec::new(),
        }
    }

    /// The same with the towns that somebody serves by name.
    pub(crate) fn with_towns(self, towns: BTreeSet<String>) -> Self {
        Self { towns, ..self }
    }

    /// The area that whoever goes must serve: the town of a visit where somebody serves it by name, else the county.
    pub(crate) fn area_of<'a>(&self, county: &'a str, town: Option<&'a str>) -> &'a str {
        town.filter(|town| self.towns.contains(*town))
            .unwrap_or(county)
    }

    /// The same with what kinds of visits need.
    pub(crate) fn with_needs(self, needs: Vec<Need>) -> Self {
        Self { needs, ..self }
    }

    /// What a visit of that skill and kind needs.
    pub(crate) fn need(&self, skill: &str, kind: WorkKind) -> Need {
        Need::of(&self.needs, skill, kind)
    }

    /// Whether visits of a skill can need a certificate.
    pub(crate) fn asks_certificate(&self, skill: &str) -> bool {
        let mut needs = self.needs.iter();
        needs.any(|need| need.certificate && need.skill == skill)
    }

    /// Everybody, switched on or not, by id.
    pub(crate) fn people(&self) -> &[Person] {
        &self.people
    }

    /// Who is switched on, by id.
    pub(crate) fn active(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|who| who.active)
    }

    /// Everybody with a skill, switched on or not, by id.
    pub(crate) fn with_skill(&self, skill: &str) -> impl Iterator<Item = &Person> {
        let found = self.by_skill.get(skill).map_or(&[][..], Vec::as_slice);
        found.iter().filter_map(|number| self.people.get(*number))
    }

    /// Who has this id and is switched on.
    pub(crate) fn who(&self, id: TechnicianId) -> Option<&Person> {
        let found = self.people.binary_search_by_key(&id, |who| who.id).ok()?;
        self.people.get(found).filter(|who| who.active)
    }

    /// Absences that somebody has and had not earlier; none at all when anything else is not as it was.
    pub(crate) fn absences_since(&self, earlier: &Self) -> Option<Vec<(TechnicianId, Absence)>> {
        let mut found = Vec::new();
        let mut without = self.clone();
        for (who, before) in without.people.iter_mut().zip(&earlier.people) {
            if before
                .absences
                .iter()
                .any(|old| !who.absences.contains(old))
            {
                return None;
            }
            let new = who.absences.iter().copied();
            let new = new.filter(|absence| !before.absences.contains(absence));
            found.extend(new.map(|absence| (who.id, absence)));
            who.absences.clone_from(&before.absences);
        }
        (without == *earlier).then_some(found)
    }

    pub(crate) fn outlets(&self) -> &[Outlet] {
        &self.outlets
    }

    /// The first outlet of a county.
    pub(crate) fn outlet_in(&self, county: &str) -> Option<&Outlet> {
        self.outlets.get(*self.by_county.get(county)?)
    }
}

/// The staff of all tenants.
#[derive(Default)]
pub(crate) struct Staffs {
    /// How often a tenant's staff changed since the start.
    changes: Arc<StdMutex<HashMap<TenantId, u64>>>,
    read: Mutex<HashMap<TenantId, Known>>,
}

struct Known {
    /// How often it had changed before it was read.
    changes: u64,
    day: Date,
    staff: Arc<Staff>,
    /// Counties of a division on that day, and towns that a town's code stands for.
    counties: HashMap<String, Arc<Vec<String>>>,
}

impl Staffs {
    /// Remembers what these rows change, when it is called: once they are committed, whoever still waits for that.
    pub(crate) fn noting(&self, writes: &[Write]) -> impl FnOnce() + Send + use<> {
        let whose = writes.iter().filter_map(|write| match write {
            Write::Technician(row) => Some(row.tenant),
            Write::Outlet(row) => Some(row.tenant),
            // Its settings say what visits need.
            Write::Tenant(row) => Some(row.id),
            Write::User(row) => row.technician.map(|_| row.tenant),
            _ => None,
        });
        let (tenants, changes): (Vec<_>, _) = (whose.collect(), Arc::clone(&self.changes));
        move || {
            // A count cannot be left half written.
            let mut changes = changes.lock().unwrap_or_else(PoisonError::into_inner);
            for tenant in tenants {
                *changes.entry(tenant).or_default() += 1;
            }
        }
    }

    /// Forgets everybody, so that the next look reads them again.
    pub(crate) async fn forget(&self) {
        self.read.lock().await.clear();
    }

    fn changes(&self, tenant: TenantId) -> u64 {
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        changes.get(&tenant).copied().unwrap_or_default()
    }
}

impl App {
    /// Technicians and outlets as they stand.
    pub(crate) async fn staff(&self, tenant: TenantId) -> Result<Arc<Staff>, AppError> {
        let day = self.today();
        let mut read = self.staffs().read.lock().await;
        // Counted before it is read: a change in between makes the next look read again.
        let changes = self.staffs().changes(tenant);
        let before = read.remove(&tenant);
        if let Some(known) = before
            .as_ref()
            .filter(|known| known.changes == changes && known.day == day)
        {
            let staff = Arc::clone(&known.staff);
            read.extend(before.map(|known| (tenant, known)));
            return Ok(staff);
        }
        let (before, mut counties) = match before {
            Some(known) if known.day == day => (Some(known.staff), known.counties),
            Some(known) => (Some(known.staff), HashMap::new()),
            None => (None, HashMap::new()),
        };
        let staff = Arc::new(self.read_staff(tenant, &mut counties).await?);
        // Nothing that is made of it has to be made again when it stands as before.
        let staff = before.filter(|before| **before == *staff).unwrap_or(staff);
        let known = Known {
            changes,
            day,
            staff: Arc::clone(&staff),
            counties,
        };
        read.insert(tenant, known);
        Ok(staff)
    }

    async fn read_staff(
        &self,
        tenant: TenantId,
        known: &mut HashMap<String, Arc<Vec<String>>>,
    ) -> Result<Staff, AppError> {
        let able: HashSet<_> = self
            .users_with_role(tenant, Role::Technician)
            .await?
            .into_iter()
            .collect();
        let rows: Vec<_> = self.store().technicians(tenant).await?;
        let outlets = self.store().outlets(tenant).await?;
        // Who serves a whole county serves each of its towns that others serve by name.
        let mut towns: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let of_outlets = outlets.iter().filter_map(|outlet| outlet.areas.as_deref());
        let of_people = rows.iter().map(|row| row.counties.as_slice());
        for entries in of_outlets.chain(of_people) {
            let served = entries.iter().map(|entry| Served::stored(entry).code);
            for code in served.filter(|code| code.len() == TOWN_DIGITS) {
                for town in self.areas_today(code, known).iter() {
                    if !towns.contains_key(town) {
                        towns.insert(town.clone(), self.counties_of_town(town));
                    }
                }
            }
        }
        let mut unions: HashMap<Vec<String>, Arc<Areas>> = HashMap::new();
        let mut union_of = |entries: Vec<String>, known: &mut HashMap<String, Arc<Vec<String>>>| {
            let union = unions.entry(entries).or_insert_with_key(|entries| {
                let mut union = Areas::default();
                for entry in entries {
                    let Served { code, days } = Served::stored(entry);
                    let mut areas: BTreeSet<String> =
                        self.areas_today(code, known).iter().cloned().collect();
                    let inside = towns
                        .iter()
                        .filter(|(_, homes)| homes.iter().any(|home| areas.contains(home)))
                        .map(|(town, _)| town.clone());
                    let inside: Vec<String> = inside.collect();
                    areas.extend(inside);
                    union.add(&Arc::new(areas), days);
                }
                Arc::new(union)
            });
            Arc::clone(union)
        };
        let mut people = Vec::new();
        for row in rows {
            if !able.contains(&row.user) {
                continue;
            }
            let entries = crate::areas::served_by(&row, &outlets).to_vec();
            let served: Vec<Served> = entries.iter().map(|entry| Served::stored(entry)).collect();
            let areas = union_of(entries, known);
            people.push(Person {
                id: row.id,
                name: row.display_name,
                skills: row.skills,
                areas,
                town_counties: served
                    .iter()
                    .filter(|served| served.code.len() == TOWN_DIGITS)
                    .flat_map(|served| self.counties_of_town(&served.code))
                    .collect(),
                served,
                home: Place {
                    latitude_e6: row.latitude_e6,
                    longitude_e6: row.longitude_e6,
                },
                reach_m: row.reach_m,
                hours: WorkHours::stored(&row.hours),
                absences: Absence::stored(&row.absences),
                equipment: Equipment::stored(&row.equipment),
                outlet: row.outlet,
                active: row.active,
            });
        }
        let outlets = outlets.into_iter().map(|row| Outlet {
            id: row.id,
            name: row.name,
            county: row.county,
            areas: union_of(row.areas.unwrap_or_default(), known),
            place: Place {
                latitude_e6: row.latitude_e6,
                longitude_e6: row.longitude_e6,
            },
        });
        let outlets: Vec<Outlet> = outlets.collect();
        let needs = self.needs_of(tenant).await?;
        Ok(Staff::new(people, outlets)
            .with_towns(towns.into_keys().collect())
            .with_needs(needs))
    }

    /// The areas of today that a code stands for.
    fn areas_today(
        &self,
        code: String,
        known: &mut HashMap<String, Arc<Vec<String>>>,
    ) -> Arc<Vec<String>> {
        let areas = known.entry(code).or_insert_with_key(|code| {
            Arc::new(if code.len() == TOWN_DIGITS {
                self.towns_today(code)
            } else {
                self.counties_of_division(code)
            })
        });
        Arc::clone(areas)
    }
}

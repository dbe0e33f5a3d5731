//! Day by day: members take the list and look at their own photos, people claim, processes go on, members cheat.

use aftercare_ledger::SigningKey;
use std::collections::BTreeSet;

use super::book::Book;
use super::photo::Photo;
use super::{Outcome, Scenario};
use crate::limits::{DAY_S, MAX_PAGE_ENTRIES, REPLY_DAYS};
use crate::random::Random;
use crate::{
    Bad, Colleague, Command, Day, Effect, GroupId, Index, Item, Judgement, MemberId, MemberKey,
    Nearness, Process, Query, Question, Replica, Seat, Shows, Stage, Tag, What,
};

/// The first day: late enough that members can have judged before.
const FIRST_DAY: u32 = 20_000;
/// Days from a claim to the final decision.
const DECISION_DAYS: u32 = 7;
/// Days from a wrong publication until whoever sent the photo objects.
const OBJECTION_DAYS: u32 = 5;
/// Photos of the catalogue of each platform.
const CATALOGUE: usize = 20;
/// The group that votes for itself.
const SYBIL_GROUP: GroupId = GroupId(60_000);
/// A member that is to be voted in.
const SYBIL_OUTSIDER: MemberId = MemberId(60_001);
const PEOPLE: [Colleague; 3] = [Colleague(1), Colleague(2), Colleague(3)];

struct Platform {
    member: MemberId,
    group: GroupId,
    replica: Replica,
    catalogue: Vec<Photo>,
    own: Vec<Item>,
    own_index: Index,
    running: Vec<Running>,
    looked_to: u64,
}

/// A photo that was judged forged, on its way into the list.
struct Running {
    photo: Photo,
    judged_on: Day,
    noticed_on: Day,
    process: Process,
    honest: bool,
    item: Option<u64>,
}

struct Forger {
    stock: Vec<Photo>,
}

struct World<'s> {
    scenario: &'s Scenario,
    random: Random,
    key: SigningKey,
    book: Book,
    platforms: Vec<Platform>,
    forgers: Vec<Forger>,
    poisons: BTreeSet<u64>,
    next_origin: u64,
    outcome: Outcome,
}

/// Plays a scenario; answers what had happened by the end of each day.
///
/// # Errors
/// [`Bad`] when the list refuses what its rules allow, or a member the list, which would be a mistake in here.
pub fn run(scenario: &Scenario) -> Result<Vec<Outcome>, Bad> {
    let mut world = World::new(scenario)?;
    (0..scenario.days).map(|day| world.play(day)).collect()
}

pub(super) fn wrong(error: impl std::fmt::Display) -> Bad {
    Bad::new("simulation", error.to_string())
}

impl<'s> World<'s> {
    fn new(scenario: &'s Scenario) -> Result<Self, Bad> {
        let key = SigningKey::generate("exchange.example/simulated").map_err(wrong)?;
        let honest = scenario.platforms;
        let mut members: Vec<(MemberId, GroupId)> = (0..honest + scenario.poisoning_members)
            .map(|number| (MemberId(number), GroupId(number)))
            .collect();
        let sybils = (0..scenario.sybil_members).map(|number| MemberId(1_000 + number));
        members.extend(sybils.map(|member| (member, SYBIL_GROUP)));
        let book = Book::founded(key.name(), Day(FIRST_DAY).start_s(), &members)?;
        let mut world = Self {
            scenario,
            random: Random::new(scenario.seed),
            book,
            platforms: Vec::new(),
            forgers: Vec::new(),
            poisons: BTreeSet::new(),
            next_origin: 0,
            outcome: Outcome::default(),
            key,
        };
        for number in 0..honest {
            let catalogue: Vec<Photo> = (0..CATALOGUE).map(|_| world.photo()).collect();
            let mut platform = Platform {
                member: MemberId(number),
                group: GroupId(number),
                replica: Replica::new(world.key.verifier(), Vec::new(), 0),
                own: Vec::new(),
                own_index: Index::new(),
                running: Vec::new(),
                looked_to: 0,
                catalogue,
            };
            for photo in platform.catalogue.clone() {
                platform.keep(&photo);
            }
            world.platforms.push(platform);
        }
        for _ in 0..scenario.forging_buyers {
            world.forgers.push(Forger { stock: Vec::new() });
        }
        Ok(world)
    }

    fn photo(&mut self) -> Photo {
        self.next_origin += 1;
        Photo::new(self.next_origin, &mut self.random)
    }

    fn play(&mut self, day: u32) -> Result<Outcome, Bad> {
        let today = Day(FIRST_DAY + day);
        let now_s = today.start_s() + 1;
        self.outcome.day = day;
        self.book.append(now_s, What::Beat).map_err(wrong)?;
        self.synchronize(now_s)?;
        self.look_at_new_items(now_s)?;
        for number in 0..self.platforms.len() {
            for _ in 0..self.scenario.honest_claims_a_day {
                self.honest_claim(number, today, now_s)?;
            }
        }
        for number in 0..self.forgers.len() {
            let pause = self.scenario.forger_pause_days;
            if (day + u32::try_from(number).unwrap_or(0)).is_multiple_of(pause) {
                self.forged_claim(number, today, now_s)?;
            }
        }
        for number in 0..self.platforms.len() {
            self.go_on(number, today, now_s)?;
        }
        self.poison(today, now_s);
        self.vote_for_themselves(now_s);
        self.outcome.items = self.book.list.register().items().count() as u64;
        Ok(self.outcome)
    }

    fn synchronize(&mut self, now_s: u64) -> Result<(), Bad> {
        let checkpoint = self.book.list.checkpoint(&self.key).map_err(wrong)?;
        let size = self.book.list.register().len();
        for platform in &mut self.platforms {
            loop {
                let page = self
                    .book
                    .list
                    .page(
                        platform.replica.cursor(),
                        MAX_PAGE_ENTRIES,
                        &checkpoint,
                        size,
                    )
                    .map_err(wrong)?;
                if platform.replica.take(&page, now_s).map_err(wrong)? == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Members compare what came with their own photos.
    fn look_at_new_items(&mut self, now_s: u64) -> Result<(), Bad> {
        for platform in &mut self.platforms {
            let size = platform.replica.cursor();
            for place in platform.looked_to..size {
                let Some(held) = platform.replica.register().item(place) else {
                    continue;
                };
                if held.group == platform.group {
                    continue;
                }
                let nearness = platform.nearness(&held.item);
                let entry = platform.replica.object(place, nearness, platform.member);
                if let Some(entry) = entry
                    && self.book.append(now_s, entry).is_ok()
                    && self.poisons.contains(&place)
                {
                    self.outcome.poison_frozen += 1;
                }
            }
            platform.looked_to = size;
        }
        // What was objected to is frozen for the others with their next page.
        self.synchronize(now_s)
    }

    fn effect(&self, platform: usize, photo: &Photo, now_s: u64) -> Effect {
        self.platforms[platform]
            .replica
            .effect(&photo.query(), now_s, |print| photo.is_copy_of(print))
    }

    fn honest_claim(&mut self, number: usize, today: Day, now_s: u64) -> Result<(), Bad> {
        let photo = if self.random.happens(self.scenario.near_catalogue) {
            let which = self.random.below(CATALOGUE);
            self.platforms[number].catalogue[which].copy(None, &mut self.random)
        } else {
            self.photo()
        };
        self.outcome.honest_claims += 1;
        // There is no third variant; one that refused would have to be counted here.
        match self.effect(number, &photo, now_s) {
            Effect::Nothing => {}
            Effect::HumanLooks(_) => self.outcome.honest_to_human += 1,
        }
        if self.random.happens(self.scenario.wrongly_judged) {
            self.judge(number, photo, today, true)?;
        }
        Ok(())
    }

    fn forged_claim(&mut self, number: usize, today: Day, now_s: u64) -> Result<(), Bad> {
        let platforms = self.platforms.len();
        let at = self.random.below(platforms);
        let stock = self.forgers[number].stock.len();
        let photo = if stock > 0 && self.random.happens(self.scenario.reused) {
            let which = self.random.below(stock);
            let crop = self
                .random
                .happens(self.scenario.cropped)
                .then_some(self.scenario.crop_loss);
            self.forgers[number].stock[which].copy(crop, &mut self.random)
        } else {
            let photo = self.photo();
            self.forgers[number].stock.push(photo.clone());
            photo
        };
        self.outcome.forged_claims += 1;
        let group = self.platforms[at].group;
        let is_listed = self.platforms[at]
            .replica
            .register()
            .items()
            .any(|(_, held)| {
                held.group != group && held.counts_at(now_s) && photo.is_copy_of(&held.item.print)
            });
        let share = match self.effect(at, &photo, now_s) {
            Effect::Nothing => self.scenario.found_alone,
            Effect::HumanLooks(_) => self.scenario.found_with_match,
        };
        if is_listed {
            self.outcome.reused_after_publication += 1;
            if self.effect(at, &photo, now_s) != Effect::Nothing {
                self.outcome.recognized += 1;
            }
        }
        if self.random.happens(share) {
            self.judge(at, photo, today, false)?;
        }
        Ok(())
    }

    /// A human judges a photo forged, two people find that it shows nobody, and the notice is given.
    fn judge(&mut self, number: usize, photo: Photo, today: Day, honest: bool) -> Result<(), Bad> {
        let platform = &mut self.platforms[number];
        let judged_on = today.plus(DECISION_DAYS);
        let at_s = judged_on.start_s();
        let judgement = Judgement {
            by: PEOPLE[0],
            at_s,
            is_final: true,
        };
        let item = Item {
            sha256: photo.sha256(),
            print: photo.print(),
            publisher: platform.member,
            judged_on,
            noticed_on: judged_on,
        };
        let nearness = platform.nearness(&item);
        if nearness.check().is_err() {
            return Ok(());
        }
        let mut process = Process::begin(platform.group, judgement).map_err(wrong)?;
        let steps = [
            Command::Confirm {
                by: PEOPLE[1],
                shows: Shows::default(),
            },
            Command::Confirm {
                by: PEOPLE[2],
                shows: Shows::default(),
            },
            Command::GiveNotice,
        ];
        for step in steps {
            process = process.carry_out(step, nearness, at_s).map_err(wrong)?;
        }
        if honest && self.random.happens(self.scenario.reply_believed) {
            for step in [Command::Reply, Command::ConsiderReply { stands: false }] {
                process = process.carry_out(step, nearness, at_s).map_err(wrong)?;
            }
        }
        platform.running.push(Running {
            photo,
            judged_on,
            noticed_on: judged_on,
            process,
            honest,
            item: None,
        });
        Ok(())
    }

    /// Publishes what is due, and corrects what was wrong.
    fn go_on(&mut self, number: usize, today: Day, now_s: u64) -> Result<(), Bad> {
        let platform = &mut self.platforms[number];
        for running in &mut platform.running {
            match (running.process.stage(), running.item) {
                (Stage::Noticed { until_s, .. }, None)
                    if now_s >= until_s && today >= running.noticed_on.plus(REPLY_DAYS) =>
                {
                    let publish = Command::Publish { by: PEOPLE[0] };
                    running.process = running
                        .process
                        .carry_out(publish, Nearness::default(), now_s)
                        .map_err(wrong)?;
                    let item = Item {
                        sha256: running.photo.sha256(),
                        print: running.photo.print(),
                        publisher: platform.member,
                        judged_on: running.judged_on,
                        noticed_on: running.noticed_on,
                    };
                    let place = self
                        .book
                        .append(now_s, What::Published { item })
                        .map_err(wrong)?;
                    running.item = Some(place);
                    self.outcome.honest_published += u64::from(running.honest);
                }
                (Stage::Published { at_s }, Some(item))
                    if running.honest && now_s >= at_s + u64::from(OBJECTION_DAYS) * DAY_S =>
                {
                    for step in [Command::Dispute, Command::Answer { stands: false }] {
                        running.process = running
                            .process
                            .carry_out(step, Nearness::default(), now_s)
                            .map_err(wrong)?;
                    }
                    let ended = What::Ended {
                        by: platform.member,
                        item,
                        tag: Tag::FalsePositive,
                    };
                    self.book.append(now_s, ended).map_err(wrong)?;
                    self.outcome.honest_corrected += 1;
                }
                _ => {}
            }
        }
        platform
            .running
            .retain(|running| !matches!(running.process.stage(), Stage::Ended(_)));
        Ok(())
    }

    /// Members publish photos of other people's catalogues, and lie about the days.
    fn poison(&mut self, today: Day, now_s: u64) {
        for number in 0..self.scenario.poisoning_members {
            for _ in 0..self.scenario.poison_a_day {
                let victim = self.random.below(self.platforms.len());
                let which = self.random.below(CATALOGUE);
                let photo = self.platforms[victim].catalogue[which].copy(None, &mut self.random);
                let noticed_on = Day(today.0 - REPLY_DAYS);
                let item = Item {
                    sha256: photo.sha256(),
                    print: photo.print(),
                    publisher: MemberId(self.scenario.platforms + number),
                    judged_on: noticed_on,
                    noticed_on,
                };
                if let Ok(place) = self.book.append(now_s, What::Published { item }) {
                    self.poisons.insert(place);
                    self.outcome.poison_published += 1;
                }
            }
        }
    }

    /// Every member of the group votes, as often as it likes; the honest ones vote no.
    fn vote_for_themselves(&mut self, now_s: u64) {
        let friend = Question::Admit(Seat {
            member: SYBIL_OUTSIDER,
            group: GroupId(60_001),
            key: MemberKey([0; 32]),
        });
        let rival = Question::Suspend(MemberId(0));
        for question in [friend, rival] {
            for number in 0..self.scenario.sybil_members {
                let by = MemberId(1_000 + number);
                let _ = self.book.append(
                    now_s,
                    What::Voted {
                        by,
                        question,
                        yes: true,
                    },
                );
            }
        }
        let members = self.book.list.register().members();
        self.outcome.sybil_successes = u64::from(members.group(SYBIL_OUTSIDER).is_ok())
            + u64::from(members.group(MemberId(0)).is_err());
    }
}

impl Platform {
    /// Keeps an own photo that items are compared with.
    fn keep(&mut self, photo: &Photo) {
        let Ok(place) = u32::try_from(self.own.len()) else {
            return;
        };
        self.own.push(Item {
            sha256: photo.sha256(),
            print: photo.print(),
            publisher: self.member,
            judged_on: Day(0),
            noticed_on: Day(0),
        });
        let own = &self.own;
        self.own_index
            .add(&[place], |place| own.get(usize::try_from(place).ok()?));
    }

    fn nearness(&self, item: &Item) -> Nearness {
        let found = self.own_index.search(
            &Query::of_item(item),
            |place| self.own.get(usize::try_from(place).ok()?),
            |print| print.verification == item.print.verification,
        );
        Nearness {
            catalogue: !found.is_empty(),
            accepted_claims: 0,
        }
    }
}

//! What technicians are owed: worked out by hand, recounted in another way over a month of jobs, and once only.

use aftercare_domain::event::QuoteLine;
use aftercare_domain::ids::{CaseId, TechnicianId, WorkOrderId};
use aftercare_domain::settlement::{Job, LineKind, Month, Reworked, Tariff, lines_of, share};
use aftercare_domain::{Day, Fen};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

fn tariff() -> Tariff {
    Tariff {
        base: BTreeMap::from([
            ("repair".to_owned(), Fen(2_000)),
            ("install".to_owned(), Fen(3_500)),
        ]),
        labor_permille: 655,
        parts_permille: 85,
        travel_permille: 1_000,
        parts_codes: vec!["PART-".to_owned(), "P-".to_owned()],
        travel_codes: vec!["WAY".to_owned()],
        per_km: Fen(123),
        free_m: 3_000,
        back_charge_permille: 500,
    }
}

fn quote(code: &str, fen: i64) -> QuoteLine {
    QuoteLine {
        code: code.to_owned(),
        label: code.to_owned(),
        amount: Fen(fen),
        list: None,
    }
}

fn who(number: u128) -> TechnicianId {
    TechnicianId(Uuid::from_u128(number))
}

fn job(number: u128, quote: Vec<QuoteLine>) -> Job {
    Job {
        work_order: WorkOrderId(Uuid::from_u128(number)),
        case: CaseId(Uuid::from_u128(number)),
        technician: who(1),
        kind: "repair".to_owned(),
        done: Day::parse("2026-10-15").expect("a day"),
        quote,
        distance_m: 7_500,
        reworks: None,
    }
}

#[test]
fn labor_parts_travel_and_what_is_taken_back_are_worked_out_to_the_fen() {
    let mut work = job(
        7,
        vec![
            quote("VISIT", 3_333),
            quote("PART-1", 9_999),
            quote("WAY", 500),
        ],
    );
    work.reworks = Some(Reworked {
        technician: who(2),
        failed: true,
    });
    let lines: Vec<_> = lines_of(&work, &tariff())
        .into_iter()
        .map(|line| (line.kind, line.technician, line.amount.0))
        .collect();
    assert_eq!(
        lines,
        [
            // 2,000 + 2,183.115
            (LineKind::Labor, who(1), 4_183),
            // 849.915
            (LineKind::Parts, who(1), 850),
            // 500 + 4.5 km of 123, 553.5
            (LineKind::Travel, who(1), 1_054),
            // Half of 6,087, half a fen upwards.
            (LineKind::BackCharge, who(2), -3_044),
        ]
    );
    work.reworks = Some(Reworked {
        technician: who(2),
        failed: false,
    });
    let kinds: Vec<_> = lines_of(&work, &tariff())
        .iter()
        .map(|line| line.kind)
        .collect();
    assert_eq!(kinds, [LineKind::Labor, LineKind::Parts, LineKind::Travel]);
    // Of nothing there is a line all the same: it says that the work is settled.
    let nothing = lines_of(&job(8, Vec::new()), &Tariff::default());
    assert_eq!(nothing.len(), 1);
    assert_eq!(
        (nothing[0].kind, nothing[0].amount),
        (LineKind::Labor, Fen::ZERO)
    );
}

#[test]
fn a_tariff_beyond_the_whole_or_below_zero_is_refused() {
    assert_eq!(tariff().check(), Ok(()));
    let wrong: [fn(&mut Tariff); 5] = [
        |tariff| tariff.labor_permille = 1_001,
        |tariff| tariff.per_km = Fen(-1),
        |tariff| tariff.base = BTreeMap::from([("repair".to_owned(), Fen(i64::MAX))]),
        |tariff| tariff.parts_codes = vec![" ".to_owned()],
        |tariff| tariff.travel_codes = vec!["A".to_owned(); 51],
    ];
    for change in wrong {
        let mut changed = tariff();
        change(&mut changed);
        let refused = changed.check().expect_err("not valid");
        assert_eq!(refused.rule, "tariff_not_valid");
    }
}

#[test]
fn months_are_those_of_the_calendar() {
    let month = Month::parse("2026-02").expect("a month");
    assert_eq!(month.to_string(), "2026-02");
    assert_eq!(month.last_day().to_string(), "2026-02-28");
    for text in ["2026-13", "2026-2", "2026-02-01", ""] {
        assert_eq!(Month::parse(text), None, "{text}");
    }
}

/// A month of work: numbers that follow from one another, so that it is the same every time.
fn month(jobs: u64) -> Vec<Job> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = |most: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    };
    let codes = ["VISIT", "PART-PUMP", "P-9", "WAY-2", "", "SPART-1"];
    (1..=jobs)
        .map(|number| {
            let lines = next(6);
            let quote = (0..lines)
                .map(|_| {
                    let code = codes[usize::try_from(next(6)).expect("small")];
                    quote(code, i64::try_from(next(50_000)).expect("small"))
                })
                .collect();
            let mut work = job(u128::from(number), quote);
            work.technician = who(u128::from(next(40)));
            work.kind =
                ["repair", "install", "clean"][usize::try_from(next(3)).expect("small")].to_owned();
            work.distance_m = u32::try_from(next(30_000)).expect("small");
            work.reworks = (next(12) == 0).then(|| Reworked {
                technician: who(u128::from(next(40))),
                failed: next(3) > 0,
            });
            work
        })
        .collect()
}

/// What each is owed, counted another way: twice the exact thousandths and one, halved.
fn recount(jobs: &[Job]) -> BTreeMap<TechnicianId, i64> {
    let round = |thousandths: i64| (2 * thousandths + 1_000) / 2_000;
    let mut owed: BTreeMap<TechnicianId, i64> = BTreeMap::new();
    for job in jobs {
        let (mut labor, mut parts, mut travel) = (0, 0, 0);
        for line in &job.quote {
            match line.code.as_str() {
                "PART-PUMP" | "P-9" => parts += line.amount.0,
                "WAY-2" => travel += line.amount.0,
                _ => labor += line.amount.0,
            }
        }
        let base = match job.kind.as_str() {
            "repair" => 2_000,
            "install" => 3_500,
            _ => 0,
        };
        let beyond = (i64::from(job.distance_m) - 3_000).max(0);
        let earned = base + round(labor * 655) + round(parts * 85) + travel + round(beyond * 123);
        *owed.entry(job.technician).or_default() += earned;
        if let Some(Reworked {
            technician,
            failed: true,
        }) = job.reworks
        {
            *owed.entry(technician).or_default() -= round(earned * 500);
        }
    }
    owed
}

#[test]
fn a_month_of_five_thousand_jobs_is_settled_as_an_independent_recount_has_it() {
    let jobs = month(5_000);
    let mut owed: BTreeMap<TechnicianId, i64> = BTreeMap::new();
    let mut sources = BTreeSet::new();
    let mut taken_back = 0;
    for line in jobs.iter().flat_map(|job| lines_of(job, &tariff())) {
        *owed.entry(line.technician).or_default() += line.amount.0;
        taken_back += usize::from(line.kind == LineKind::BackCharge);
        assert!(sources.insert(line.source.clone()), "{} twice", line.source);
    }
    assert_eq!(owed, recount(&jobs));
    assert!(
        owed.len() == 40 && taken_back > 100,
        "{} {taken_back}",
        owed.len()
    );
}

fn any_job() -> impl Strategy<Value = Job> {
    let codes = ["VISIT", "PART-PUMP", "WAY"];
    (
        1_u128..60,
        vec((0_usize..3, 0_i64..1_000_000), 0..5),
        any::<u32>(),
        any::<(bool, bool)>(),
    )
        .prop_map(move |(number, lines, distance_m, (again, failed))| {
            let lines = lines.into_iter();
            let lines = lines.map(|(code, fen)| quote(codes[code], fen)).collect();
            let mut work = job(number, lines);
            work.distance_m = distance_m;
            work.reworks = again.then(|| Reworked {
                technician: who(2),
                failed,
            });
            work
        })
}

proptest! {
    #[test]
    fn whatever_is_drawn_up_in_whatever_order_nothing_is_settled_twice(
        jobs in vec(any_job(), 0..40), drafts in vec(0_usize..40, 0..40),
    ) {
        // One work order is one job, however often it is come across.
        let jobs: BTreeMap<_, _> = jobs.into_iter().map(|job| (job.work_order, job)).collect();
        let all: Vec<&Job> = jobs.values().collect();
        let mut settled: BTreeMap<String, i64> = BTreeMap::new();
        let mut paid = 0_i64;
        let everything = 0..all.len();
        for place in drafts.into_iter().chain(everything) {
            let Some(job) = all.get(place) else {
                continue;
            };
            for line in lines_of(job, &tariff()) {
                if settled.insert(line.source, line.amount.0).is_none() {
                    paid += line.amount.0;
                }
            }
        }
        let once: i64 = all.iter().flat_map(|job| lines_of(job, &tariff())).map(|line| line.amount.0).sum();
        prop_assert_eq!(paid, once);
        prop_assert_eq!(settled.values().sum::<i64>(), once);
    }

    #[test]
    fn a_share_is_never_more_than_the_whole_and_off_by_half_a_fen_at_most(
        amount in 0_i64..=1_000_000_000, permille in 0_u16..=1_000,
    ) {
        let part = share(Fen(amount), permille).0;
        prop_assert!((0..=amount).contains(&part));
        let off = 2 * (part * 1_000 - amount * i64::from(permille));
        prop_assert!((-1_000..=1_000).contains(&off));
    }
}

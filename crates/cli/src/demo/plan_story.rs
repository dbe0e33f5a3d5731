//! The story of the plan: typed addresses, times that are offered, and a technician who falls sick.

use super::stories::{consent, text};
use super::world::World;
use aftercare_app::actions::Action;
use aftercare_app::intake::RepairInput;
use aftercare_app::people::PersonInput;
use aftercare_app::planning::SlotsInput;
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::Timestamp;
use aftercare_domain::event::WorkKind;
use anyhow::Context as _;

/// Whose lamp does not work, and where: invented streets of real districts.
const REPORTS: [(&str, &str, &str); 3] = [
    ("赵晓例", "13800000005", "杭州西湖区样板路 6 号"),
    ("孙晓样", "13800000006", "浙江杭州拱墅区示例街 9 号"),
    ("周晓试", "13800000007", "杭州市余杭区例子巷 3 号"),
];
/// Times that are read out of those that are offered.
const TIMES_SHOWN: usize = 3;

fn clock(time: Timestamp) -> String {
    let text = time.to_china_text();
    let (day, clock) = (text.get(5..10), text.get(11..16));
    format!("{} {}", day.unwrap_or(""), clock.unwrap_or(""))
}

impl World {
    /// Story 6: three reports of today are planned, and planned again when somebody falls sick.
    pub async fn plan_story(&self) -> anyhow::Result<()> {
        self.say("故事六 · 排班", "Story 6 · the plan");
        // Streets stay sealed here too: only the district that an address tells is printed.
        let asked = self.app.read_address("西湖区样板路 6 号");
        let places: Vec<&str> = asked
            .choices
            .iter()
            .map(|place| place.name.as_str())
            .collect();
        self.note(&format!(
            "只写“西湖区…”：反问是哪一个 / asked back which: {}",
            places.join("、")
        ));
        let mut receipts = Vec::new();
        for (name, phone, address) in REPORTS {
            receipts.push(self.report_with_time(name, phone, address).await?);
        }
        self.show_board("排好了", "planned").await?;
        let technicians = self.app.technicians(&self.people.dispatcher).await?;
        let first = technicians
            .iter()
            .find(|technician| technician.display_name.starts_with("王师傅"))
            .context("the first technician is missing")?
            .id;
        let dispatcher = &self.people.dispatcher;
        // Sick for today, as it is entered on the page of technicians; who is back sooner cancels the rest of it.
        let today = self.app.now().to_china_text();
        let today = today.get(..10).unwrap_or_default();
        self.app.add_absence(dispatcher, first, today, "").await?;
        self.show_board(
            "王师傅病了，登记今天请假，重排",
            "the first technician is sick, away today: planned again",
        )
        .await?;
        self.app.remove_absence(dispatcher, first, today).await?;
        for receipt in &receipts {
            self.agree(receipt).await?;
        }
        self.show_board(
            "王师傅好了，师傅们已接单，时间已约",
            "back again: accepted and agreed",
        )
        .await
    }

    async fn report_with_time(
        &self,
        name: &str,
        phone: &str,
        address: &str,
    ) -> anyhow::Result<IntakeReceipt> {
        let reading = self.app.read_address(address);
        let county = reading.county.context("the address is open")?;
        let slots = SlotsInput {
            kind: WorkKind::Repair,
            product: Some(self.goods.lamp),
            skill: String::new(),
            county,
            town: reading.town.clone(),
            place: None,
        };
        let slots = self.app.visit_slots(self.tenant, &slots).await?.slots;
        let shown: Vec<String> = slots
            .iter()
            .take(TIMES_SHOWN)
            .map(|slot| format!("{}–{}", clock(slot.from), &clock(slot.until)[6..]))
            .collect();
        self.note(&format!(
            "地址在{}；可上门 / times: {}",
            reading.name.unwrap_or_default(),
            shown.join("，")
        ));
        let chosen = slots.first().context("nobody can come")?;
        let receipt = self
            .app
            .report_repair(
                self.tenant,
                None,
                RepairInput {
                    kind: WorkKind::Repair,
                    product: Some(self.goods.lamp),
                    skill: String::new(),
                    county: String::new(),
                    description: text("台灯不亮。"),
                    from: Some(chosen.from),
                    until: Some(chosen.until),
                    urgent: false,
                    order_number: String::new(),
                    person: PersonInput {
                        name: text(name),
                        phone: text(phone),
                        address: text(address),
                        place: None,
                    },
                    consent: consent(),
                },
                Vec::new(),
                None,
            )
            .await?;
        self.app.settle().await?;
        Ok(receipt)
    }

    /// Whoever was asked accepts, and with that the time that was chosen is agreed, or another one where it cannot be kept.
    async fn agree(&self, receipt: &IntakeReceipt) -> anyhow::Result<()> {
        let order = self.work_order(receipt.case).await?;
        let offer = order.offers.last().context("nobody was asked")?;
        let window = order.window.context("no time was wished for")?;
        let asked = [
            &self.people.first_technician,
            &self.people.second_technician,
        ]
        .into_iter()
        .find(|who| {
            who.signed_in().and_then(|signed_in| signed_in.technician) == Some(offer.technician)
        })
        .context("somebody else was asked")?;
        let (case, offer) = (receipt.case, offer.id);
        let accept = Action::AcceptOffer {
            work_order: None,
            offer,
        };
        self.app.act(asked, case, accept, Vec::new(), None).await?;
        if self.work_order(case).await?.agreed {
            return Ok(());
        }
        let schedule = Action::Schedule {
            work_order: None,
            from: window.from,
            until: window.until,
        };
        self.app
            .act(asked, case, schedule, Vec::new(), None)
            .await?;
        Ok(())
    }

    async fn show_board(&self, zh: &str, en: &str) -> anyhow::Result<()> {
        self.note(&format!("{zh} / {en}"));
        let board = self.app.board(&self.people.dispatcher).await?;
        for who in &board.technicians {
            let visits: Vec<String> = who
                .visits
                .iter()
                .map(|visit| format!("{} {} {}", clock(visit.start), visit.number, visit.step))
                .collect();
            let visits = if visits.is_empty() {
                "—".to_owned()
            } else {
                visits.join("，")
            };
            self.note(&format!("  {}: {visits}", who.name));
        }
        for row in &board.waiting {
            self.note(&format!("  ! {}: {} / {}", row.number, row.zh, row.en));
        }
        Ok(())
    }
}

//! The stories, as the people in them would live them.

use super::photos::Photos;
use super::world::World;
use aftercare_app::Principal;
use aftercare_app::actions::{
    Action, CitationInput, DecisionInput, QuoteLineInput, ResolutionInput,
};
use aftercare_app::intake::{ClaimInput, ConsentInput, NOTICE_VERSION, PURPOSES, RepairInput};
use aftercare_app::people::{PersonInput, Place};
use aftercare_app::views::{ClaimDetail, IntakeReceipt, WorkOrderDetail};
use aftercare_domain::Day;
use aftercare_domain::audit::PersonField;
use aftercare_domain::event::{ClaimReason, Look, Means, WorkKind, WorkOutcome};
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use aftercare_domain::{Fen, Timestamp};
use anyhow::Context as _;

pub(super) fn text(words: &str) -> aftercare_vault::Plain<String> {
    aftercare_vault::Plain::new(words.to_owned())
}

pub(super) fn consent() -> ConsentInput {
    ConsentInput {
        notice_version: NOTICE_VERSION.to_owned(),
        purposes: vec![PURPOSES[0].to_owned()],
    }
}

fn refund(yuan: i64) -> ResolutionInput {
    ResolutionInput {
        kind: "refund".to_owned(),
        amount: Some(Fen(yuan * 100)),
    }
}

fn cite(rule: &str, version: &str) -> CitationInput {
    CitationInput {
        rule: rule.to_owned(),
        version: version.to_owned(),
    }
}

impl World {
    pub(super) async fn work_order(&self, case: CaseId) -> anyhow::Result<WorkOrderDetail> {
        let detail = self.app.case_detail(&self.people.agent, case).await?;
        detail
            .work_orders
            .into_iter()
            .next_back()
            .context("the case has no repair")
    }

    async fn claim(&self, case: CaseId) -> anyhow::Result<ClaimDetail> {
        let detail = self.app.case_detail(&self.people.reviewer, case).await?;
        detail
            .claims
            .into_iter()
            .next_back()
            .context("the case has no claim")
    }

    /// Story 1: a lamp is repaired at home.
    pub async fn repair_story(&self, photos: &Photos) -> anyhow::Result<()> {
        self.say("故事一 · 报修", "Story 1 · a repair");
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
                    description: text("台灯打开后闪几下就灭，换过灯泡也一样。"),
                    from: None,
                    until: None,
                    urgent: false,
                    order_number: "DEMO-1001".to_owned(),
                    person: PersonInput {
                        name: text("林晓示"),
                        phone: text("13800000001"),
                        address: text("浙江省杭州市西湖区样板路 18 号 3 单元 502"),
                        place: Some(Place {
                            latitude_e6: 30_250_000,
                            longitude_e6: 120_170_000,
                        }),
                    },
                    consent: consent(),
                },
                vec![Self::photo(EvidenceKind::RepairPhoto, &photos.lamp_before)],
                None,
            )
            .await?;
        let customer = self.taken(&receipt).await?;
        let case = receipt.case;
        self.settle(case).await?;
        // The nearest technician does not answer: after ten minutes the next one is asked.
        self.live_through(case, 10 * MINUTE_MS + 1_000).await?;
        self.live_through(case, 4 * MINUTE_MS).await?;
        let order = self.work_order(case).await?;
        let offer = order.offers.last().context("nobody was asked")?.id;
        let technician = &self.people.second_technician;
        self.act(
            technician,
            case,
            Action::AcceptOffer {
                work_order: None,
                offer,
            },
        )
        .await?;
        let from = Timestamp(self.app.now().0 + 3 * HOUR_MS);
        self.act(
            technician,
            case,
            Action::Schedule {
                work_order: None,
                from,
                until: Timestamp(from.0 + 2 * HOUR_MS),
            },
        )
        .await?;
        let revealed = self
            .app
            .reveal(
                technician,
                case,
                &[PersonField::Phone, PersonField::Address],
                "电话确认上门时间",
            )
            .await?;
        self.note(&format!(
            "师傅查看了电话和地址，理由已记入日志第 {} 条",
            revealed.seq
        ));
        self.live_through(case, 2 * HOUR_MS + 30 * MINUTE_MS)
            .await?;
        self.act(technician, case, Action::SetOut { work_order: None })
            .await?;
        self.live_through(case, 40 * MINUTE_MS).await?;
        self.act(technician, case, Action::Arrive { work_order: None })
            .await?;
        self.act(
            technician,
            case,
            Action::Diagnose {
                work_order: None,
                fault_code: "POWER-02".to_owned(),
                note: "电源板电容老化。".to_owned(),
            },
        )
        .await?;
        let line = |code: &str| QuoteLineInput {
            code: code.to_owned(),
            label: String::new(),
            amount: None,
        };
        self.act(
            technician,
            case,
            Action::Quote {
                work_order: None,
                lines: vec![line("VISIT"), line("LAMP-PSU")],
                under_warranty: false,
            },
        )
        .await?;
        let quote = self
            .work_order(case)
            .await?
            .quote
            .context("there is no quote")?
            .id;
        self.live_through(case, 3 * MINUTE_MS).await?;
        self.act(
            &customer,
            case,
            Action::AnswerQuote {
                work_order: None,
                quote,
                consent: true,
            },
        )
        .await?;
        self.act(technician, case, Action::StartWork { work_order: None })
            .await?;
        self.live_through(case, 35 * MINUTE_MS).await?;
        self.act_with(
            technician,
            case,
            Action::Finish {
                work_order: None,
                outcome: WorkOutcome::Fixed,
                actions: ["SWAP-PSU", "TEST"].map(str::to_owned).to_vec(),
                note: "更换电源板，试灯 15 分钟正常。".to_owned(),
            },
            vec![Self::photo(EvidenceKind::RepairPhoto, &photos.after_repair)],
        )
        .await?;
        let charge = self.work_order(case).await?.charge;
        let paid = Action::RecordPayment {
            work_order: None,
            amount: charge.context("there is no price")?.due,
            means: Means::Cash,
            reference: String::new(),
        };
        self.act(technician, case, paid).await?;
        let charge = self.work_order(case).await?.charge;
        let right = Action::AnswerPayment {
            work_order: None,
            payment: charge
                .and_then(|charge| Some(charge.payments.first()?.payment))
                .context("there is no payment")?,
            right: true,
        };
        self.act(&customer, case, right).await?;
        self.live_through(case, HOUR_MS).await?;
        self.act(&customer, case, Action::ConfirmWork { work_order: None })
            .await?;
        self.settle(case).await?;
        self.end(case).await
    }

    async fn claim_for(
        &self,
        order_number: &str,
        phone: &str,
        name: &str,
        ask: ResolutionInput,
        statement: &str,
        photo: &[u8],
    ) -> anyhow::Result<IntakeReceipt> {
        Ok(self
            .app
            .file_claim(
                self.tenant,
                None,
                ClaimInput {
                    order_number: order_number.to_owned(),
                    line: None,
                    reason: ClaimReason::Damaged,
                    ask,
                    statement: text(statement),
                    person: PersonInput {
                        name: text(name),
                        phone: text(phone),
                        address: text(""),
                        place: None,
                    },
                    consent: consent(),
                },
                vec![Self::photo(EvidenceKind::DamagePhoto, photo)],
                None,
            )
            .await?)
    }

    /// Story 2: a claim whose photo is the shop's own listing photo with a crack painted on. The automatic
    /// payment is held and a human looks; both sides are heard, a human decides, and on appeal another.
    pub async fn forged_story(&self, photos: &Photos) -> anyhow::Result<()> {
        self.say(
            "故事二 · 照片由商品主图改成",
            "Story 2 · a photo made from the listing",
        );
        let receipt = self
            .claim_for(
                "DEMO-1003",
                "13800000003",
                "陈试用",
                refund(68),
                "杯子收到就是裂的，申请仅退款。",
                &photos.forged_crack,
            )
            .await?;
        let buyer = self.taken(&receipt).await?;
        let case = receipt.case;
        let filed = Day::of(self.claim(case).await?.filed_at).to_string();
        self.settle(case).await?;
        self.live_through(case, 2 * HOUR_MS).await?;
        self.act(
            &self.people.reviewer,
            case,
            look(
                Look::CannotTell,
                "角度、背景和商品主图一样，看不出是在哪里拍的。",
            ),
        )
        .await?;
        self.show_findings(case).await?;
        self.live_through(case, 5 * HOUR_MS).await?;
        self.act_with(
            &self.people.merchant,
            case,
            Action::Contest {
                claim: None,
                statement: "发货前拍过整杯照片，杯身完好；请买家补拍实物。".to_owned(),
            },
            vec![Self::photo(EvidenceKind::PackingPhoto, &photos.packing)],
        )
        .await?;
        self.settle(case).await?;
        self.live_through(case, 3 * HOUR_MS).await?;
        self.act(
            &buyer,
            case,
            Action::AddEvidence {
                claim: None,
                answers: None,
                text: "照片是家人发给我的，我再拍一张实物。".to_owned(),
            },
        )
        .await?;
        self.live_through(case, 2 * DAY_MS).await?;
        self.act(
            &self.people.reviewer,
            case,
            Action::TakeReview { claim: None },
        )
        .await?;
        let evidence: Vec<_> = self
            .claim(case)
            .await?
            .evidence
            .iter()
            .map(|photo| photo.id)
            .collect();
        self.live_through(case, 4 * HOUR_MS).await?;
        // The merchant's photo came after the first look: it gets one of its own.
        self.act(
            &self.people.reviewer,
            case,
            look(
                Look::CannotTell,
                "商家的照片里杯身完好，是不是同一只看不出来。",
            ),
        )
        .await?;
        self.act(
            &self.people.reviewer,
            case,
            Action::Decide {
                claim: None,
                decision: DecisionInput {
                    grant: false,
                    resolution: None,
                    reasons: "现有照片由商品主图制作，标出的裂纹在主图上没有，不能说明这只杯子的情况，因此不支持凭它仅退款。7 天内可以补拍实物申诉，也可以退货退款。".to_owned(),
                    citations: vec![cite("pack:default/evidence", "1"), cite("law:consumer/24", &filed)],
                    evidence,
                },
            },
        )
        .await?;
        self.settle(case).await?;
        self.live_through(case, DAY_MS).await?;
        self.act(
            &buyer,
            case,
            Action::Appeal {
                claim: None,
                statement: "补拍了杯口的缺口，愿意把杯子寄回。".to_owned(),
            },
        )
        .await?;
        self.act_with(
            &buyer,
            case,
            Action::AddEvidence {
                claim: None,
                answers: None,
                text: String::new(),
            },
            vec![Self::photo(EvidenceKind::DamagePhoto, &photos.retaken)],
        )
        .await?;
        self.settle(case).await?;
        self.live_through(case, 26 * HOUR_MS).await?;
        self.act(
            &self.people.second_reviewer,
            case,
            Action::TakeReview { claim: None },
        )
        .await?;
        // The photo came after the first look: it gets one of its own before what was found about it opens.
        self.act(
            &self.people.second_reviewer,
            case,
            look(Look::Supports, "补拍的照片能看到杯口缺口。"),
        )
        .await?;
        let evidence = self
            .claim(case)
            .await?
            .evidence
            .last()
            .map(|photo| vec![photo.id])
            .unwrap_or_default();
        self.act(
            &self.people.second_reviewer,
            case,
            Action::DecideAppeal {
                claim: None,
                freight: None,
                decision: DecisionInput {
                    grant: true,
                    resolution: Some(ResolutionInput {
                        kind: "return".to_owned(),
                        amount: Some(Fen(6_800)),
                    }),
                    reasons: "补拍的照片能看到杯口缺口，买家愿意寄回，支持退货退款。".to_owned(),
                    citations: vec![cite("law:consumer/24", &filed)],
                    evidence,
                },
            },
        )
        .await?;
        self.settle(case).await?;
        self.live_through(case, 5 * HOUR_MS).await?;
        self.act(
            &buyer,
            case,
            Action::ShipReturn {
                claim: None,
                waybill: "示例快递 SF-DEMO-0003".to_owned(),
            },
        )
        .await?;
        self.live_through(case, 2 * DAY_MS).await?;
        self.act(
            &self.people.merchant,
            case,
            Action::ReceiveReturn {
                claim: None,
                as_described: true,
            },
        )
        .await?;
        self.settle(case).await?;
        self.end(case).await
    }

    /// Story 3: an honest claim with a new photo of a mug that is really cracked is paid.
    pub async fn honest_story(&self, photos: &Photos) -> anyhow::Result<()> {
        self.say("故事三 · 如实的申请", "Story 3 · an honest claim");
        let receipt = self
            .claim_for(
                "DEMO-1004",
                "13800000004",
                "吴样例",
                refund(68),
                "收到时杯身有一道裂纹，包装没有破。",
                &photos.cracked,
            )
            .await?;
        self.taken(&receipt).await?;
        let case = receipt.case;
        self.settle(case).await?;
        self.show_findings(case).await?;
        self.live_through(case, 90 * MINUTE_MS).await?;
        self.act(&self.people.merchant, case, Action::Agree { claim: None })
            .await?;
        self.settle(case).await?;
        self.end(case).await
    }

    /// Story 4: a buyer's own photo with damage painted in. No reference of it exists; a second view,
    /// taken on request, shows the same place intact. A human looks before anybody is told, and decides.
    pub async fn own_photo_story(&self, photos: &Photos) -> anyhow::Result<()> {
        self.say(
            "故事四 · 补拍没有看到这处损坏",
            "Story 4 · a second view without the damage",
        );
        let receipt = self
            .claim_for(
                "DEMO-1002",
                "13800000002",
                "周示范",
                refund(68),
                "礼盒上有一大块污渍，没法送人。",
                &photos.own_painted,
            )
            .await?;
        let buyer = self.taken(&receipt).await?;
        let case = receipt.case;
        self.settle(case).await?;
        self.live_through(case, HOUR_MS).await?;
        let asked = self.claim(case).await?.evidence;
        let asked = asked.first().context("the claim has no photo")?.id;
        self.act(
            &self.people.reviewer,
            case,
            Action::AskNewPhoto {
                claim: None,
                evidence: asked,
            },
        )
        .await?;
        self.live_through(case, 2 * HOUR_MS).await?;
        self.act_with(
            &buyer,
            case,
            Action::AddEvidence {
                claim: None,
                answers: Some(asked),
                text: "换个角度又拍了一张。".to_owned(),
            },
            vec![Self::photo(EvidenceKind::DamagePhoto, &photos.own_again)],
        )
        .await?;
        self.settle(case).await?;
        self.live_through(case, HOUR_MS).await?;
        self.act(
            &self.people.reviewer,
            case,
            look(
                Look::CannotTell,
                "两张照片像是同一个礼盒，只有一张上有污渍。",
            ),
        )
        .await?;
        self.show_findings(case).await?;
        self.live_through(case, HOUR_MS).await?;
        self.act(
            &self.people.merchant,
            case,
            Action::Contest {
                claim: None,
                statement: "两张照片对不上，愿意承担运费请买家寄回检测。".to_owned(),
            },
        )
        .await?;
        self.live_through(case, 2 * DAY_MS).await?;
        self.act(
            &self.people.reviewer,
            case,
            Action::TakeReview { claim: None },
        )
        .await?;
        self.act(
            &self.people.reviewer,
            case,
            Action::Decide {
                claim: None,
                decision: DecisionInput {
                    grant: false,
                    resolution: None,
                    reasons: "补拍的照片里，同一处没有污渍，现有照片不能说明收到时有损坏。7 天内可以补充材料申诉，也可以退货退款。".to_owned(),
                    citations: vec![cite("pack:default/evidence", "1")],
                    evidence: vec![asked],
                },
            },
        )
        .await?;
        self.settle(case).await?;
        self.end(case).await
    }

    /// Story 5: a photo that says of itself that AI changed it. That is a note beside the photo and weighs nothing; a new photo
    /// shows the damage again, and the claim is paid.
    pub async fn labeled_story(&self, photos: &Photos) -> anyhow::Result<()> {
        self.say(
            "故事五 · 照片带有 AI 标识",
            "Story 5 · a photo with an AI label",
        );
        let receipt = self
            .claim_for(
                "DEMO-1005",
                "13800000008",
                "郑试例",
                refund(68),
                "杯口磕掉了一块。照片用手机的 AI 修图调亮过。",
                photos.labeled,
            )
            .await?;
        let buyer = self.taken(&receipt).await?;
        let case = receipt.case;
        self.settle(case).await?;
        self.live_through(case, HOUR_MS).await?;
        let asked = self.claim(case).await?.evidence;
        let asked = asked.first().context("the claim has no photo")?.id;
        self.act(
            &self.people.reviewer,
            case,
            Action::AskNewPhoto {
                claim: None,
                evidence: asked,
            },
        )
        .await?;
        self.live_through(case, 2 * HOUR_MS).await?;
        self.act_with(
            &buyer,
            case,
            Action::AddEvidence {
                claim: None,
                answers: Some(asked),
                text: "重新拍了一张，没有修过。".to_owned(),
            },
            vec![Self::photo(EvidenceKind::DamagePhoto, &photos.unlabeled)],
        )
        .await?;
        self.settle(case).await?;
        self.show_marks(case).await?;
        self.live_through(case, HOUR_MS).await?;
        self.act(&self.people.merchant, case, Action::Agree { claim: None })
            .await?;
        self.settle(case).await?;
        self.end(case).await
    }

    /// Shows what the photos say of themselves, as the reviewer reads it.
    async fn show_marks(&self, case: CaseId) -> anyhow::Result<()> {
        for photo in self.claim(case).await?.evidence {
            for mark in photo.marks.unwrap_or_default() {
                self.note(&format!("{}：{} / {}", photo.number, mark.zh, mark.en));
            }
        }
        Ok(())
    }

    /// Shows the findings as both sides and the reviewer read them.
    async fn show_findings(&self, case: CaseId) -> anyhow::Result<()> {
        let claim = self.claim(case).await?;
        for finding in claim.findings.unwrap_or_default() {
            self.note(&format!("{}：{}", finding.evidence, finding.zh));
        }
        Ok(())
    }

    /// The claimant, through link and code, as on a phone.
    async fn taken(&self, receipt: &IntakeReceipt) -> anyhow::Result<Principal> {
        self.note(&format!(
            "{} 已受理，日志第 {} 条；进度 {}{}，验证码 {}",
            receipt.number, receipt.seq, self.base, receipt.link, receipt.code
        ));
        self.show_new_events(receipt.case).await?;
        self.claimant(receipt).await
    }
}

/// A look at what is there; [`World::act`] says what that is.
fn look(look: Look, note: &str) -> Action {
    Action::FirstLook {
        claim: None,
        look,
        note: note.to_owned(),
        seen: Vec::new(),
    }
}

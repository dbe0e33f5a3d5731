//! What each event means, in words for people. Never a verdict on a person: a sentence says what
//! happened, to which thing, and what comes next.

mod charged;

use crate::platforms::platform_words;
use crate::rule_packs::law_behind_words;
use aftercare_domain::clock::ClockName;
use aftercare_domain::event::{
    Body, Escalation, HearingCause, Look, MessagesEnd, PlatformOutcome, RecoveryEnd, Resolution,
    ReviewCause, Satisfaction, SharingStep, StatutoryGround, Verdict, Window, WorkOutcome,
};
use aftercare_domain::{Actor, Party, Role, Timestamp};

/// A sentence in both languages.
pub type Words = (String, String);

fn words(zh: impl Into<String>, en: impl Into<String>) -> Words {
    (zh.into(), en.into())
}

/// Who acted, as both sides see it: a role, never a name.
#[must_use]
pub const fn who(actor: Actor) -> &'static str {
    match actor {
        Actor::Claimant { .. } => "claimant",
        Actor::Human(human) => match human.role {
            Role::Technician => "technician",
            role => role.name(),
        },
        Actor::Technician { .. } => "technician",
        Actor::Integrator { .. } => "integrator",
        Actor::System => "system",
    }
}

/// A resolution in words, such as `仅退款 ¥68.00`.
#[must_use]
pub fn resolution(resolution: Resolution) -> Words {
    match resolution {
        Resolution::Refund { amount } => {
            words(format!("仅退款 {amount}"), format!("refund of {amount}"))
        }
        Resolution::Return { amount } => words(
            format!("退货退款 {amount}"),
            format!("return, then refund of {amount}"),
        ),
        Resolution::Exchange => words("换货", "exchange"),
        Resolution::Partial { amount } => words(
            format!("部分退款 {amount}，商品留下"),
            format!("partial refund of {amount}, the item stays"),
        ),
        Resolution::Inspection => words("师傅上门检测", "inspection by a technician"),
    }
}

/// What a clock waits for, in words.
#[must_use]
pub fn clock(name: ClockName) -> Words {
    match name {
        ClockName::OfferAnswer => words("师傅答复", "the technician's answer"),
        ClockName::Response => words("有师傅接单", "a technician to accept"),
        ClockName::Arrival => words("师傅上门", "the technician's arrival"),
        ClockName::QuoteConsent => words("您确认报价", "your answer to the quote"),
        ClockName::Parts => words("配件到货", "spare parts"),
        ClockName::Confirmation => words("您确认完工", "your confirmation"),
        ClockName::WorkWarranty => words("维修质保", "the warranty of the work"),
        ClockName::FirstLook => words("审核员初看", "a reviewer's first look"),
        ClockName::MerchantAnswer => words("商家答复", "the merchant's answer"),
        ClockName::SettlementAnswer => words("买家答复方案", "the buyer's answer"),
        ClockName::EvidenceRound => words("双方补充证据", "evidence of both sides"),
        ClockName::Review => words("审核员决定", "a reviewer's decision"),
        ClockName::Appeal => words("申诉期", "an appeal"),
        ClockName::SecondReview => words("复核员决定", "the second reviewer's decision"),
        ClockName::ReturnShipping => words("买家寄回", "the buyer to send it back"),
        ClockName::ReturnInspection => words("商家验货", "the merchant to inspect the return"),
        ClockName::Execution => words(
            "退款、换货或寄还商品",
            "the refund, the exchange or the goods to be sent back",
        ),
        ClockName::Scheduling => words("约定上门时间", "a visit time"),
        ClockName::VisitReport => words("师傅反馈进展", "the technician's report"),
        ClockName::Dispute => words("处理完工异议", "the dispute about the work"),
        ClockName::Attention => words("调度员跟进", "a dispatcher to see to it"),
        ClockName::Screening => words("照片核对", "the checks of the photos"),
        ClockName::NewPhoto => words("补拍照片", "a new photo"),
        ClockName::Inspection => words("上门检测", "the inspection"),
        ClockName::CustomerPayment => words("客户付款", "the payment"),
        ClockName::Callback => words("回电", "the call back"),
    }
}

fn escalation(why: Escalation) -> Words {
    match why {
        Escalation::NoCoverage => words("这里暂无师傅覆盖", "no technician covers the place yet"),
        Escalation::NoCandidateLeft => {
            words("附近师傅都问过了", "every nearby technician was asked")
        }
        Escalation::NotAccepted => words("时限内无人接单", "nobody accepted in time"),
        Escalation::NoShow => words(
            "约好的时间过了，还没有到达的记录",
            "the agreed time is over and no arrival is recorded",
        ),
        Escalation::QuoteDeclined => words("客户没有同意报价", "the customer declined the quote"),
        Escalation::Disputed => words("客户对完工有异议", "the customer disputes the work"),
        Escalation::QuoteUnanswered => {
            words("客户没有答复报价", "the customer did not answer the quote")
        }
        Escalation::NotScheduled => words("还没约好上门时间", "no visit was agreed in time"),
        Escalation::NoReport => words(
            "师傅到场后没有反馈",
            "the technician has not reported since arriving",
        ),
        Escalation::NotFixed => words("没有修好", "the item is not fixed"),
        Escalation::PartsOverdue => words("配件超期", "spare parts are overdue"),
        Escalation::WarrantyUnknown => words(
            "不确定是否在保修期内，请补全订单",
            "it is not known whether it is under warranty; please complete the order",
        ),
        Escalation::PhotosAlike => words(
            "有完工照片和以前的照片相同或几乎相同，请对比",
            "a photo of the finished work is the same as an earlier one, or almost; please compare them",
        ),
        Escalation::InvoiceWanted => words("客户申请了发票", "the customer asked for an invoice"),
        Escalation::PaymentOpen => words("有款未付或有异议", "a payment is open or disputed"),
        Escalation::NothingMoves => words("这一单没有人在跟进", "nobody is seeing to it"),
        Escalation::CustomerWrote => words(
            "客户有留言，等待答复",
            "the customer wrote and waits for an answer",
        ),
    }
}

/// What happened, in words.
#[must_use]
#[expect(clippy::too_many_lines, reason = "one sentence an event")]
pub fn describe(body: &Body) -> Words {
    match body {
        Body::CaseOpened { .. } => words("已受理。", "The case was taken."),
        Body::MessagesSettled { how } => match how {
            MessagesEnd::Phoned => words(
                "您的留言已由同事和您沟通过。",
                "A colleague spoke with the customer about what was written.",
            ),
            MessagesEnd::NothingAsked => words(
                "留言已看过，不需要回复。",
                "What was written was read; it asks for nothing.",
            ),
        },
        Body::OrderLinked { .. } => words("补上了订单。", "The order was added."),
        Body::CaseClosed {} => words("本案已办结。", "The case is closed."),
        Body::CaseReopened { .. } => words("本案重新打开。", "The case was opened again."),
        Body::StatementAdded { files, .. } if !files.is_empty() => words(
            "有一条留言，附照片或语音。",
            "A message came with photos or a voice note.",
        ),
        Body::StatementAdded { .. } => words("有一条留言。", "A message was written."),
        Body::ClockStarted {
            clock: key, due_at, ..
        } => {
            let (zh, en) = clock(key.name);
            let due_at = due_at.to_china_minute();
            words(
                format!("开始计时：{zh}，{due_at} 前。"),
                format!("A clock runs for {en}, until {due_at}."),
            )
        }
        Body::ClockPaused {
            clock: key, until, ..
        } => {
            let (zh, en) = clock(key.name);
            match until.map(Timestamp::to_china_minute) {
                Some(until) => words(
                    format!("暂停计时：{zh}，最晚 {until} 自动继续。"),
                    format!("The clock for {en} is held, until {until} at the latest."),
                ),
                None => words(
                    format!("暂停计时：{zh}。"),
                    format!("The clock for {en} is held."),
                ),
            }
        }
        Body::ClockResumed {
            clock: key,
            due_at,
            lapsed,
            ..
        } => {
            let (zh, en) = clock(key.name);
            let due_at = due_at.to_china_minute();
            if *lapsed {
                return words(
                    format!("暂停已到最长时限，自动继续计时：{zh}，{due_at} 前。"),
                    format!(
                        "The clock for {en} was held as long as it may be and runs again by itself, until {due_at}."
                    ),
                );
            }
            words(
                format!("继续计时：{zh}，{due_at} 前。"),
                format!("The clock for {en} runs again, until {due_at}."),
            )
        }
        Body::ClockExtended {
            clock: key, due_at, ..
        } => {
            let (zh, en) = clock(key.name);
            let due_at = due_at.to_china_minute();
            words(
                format!("延长一次：{zh}，改为 {due_at} 前。"),
                format!("The time for {en} was extended once, until {due_at}."),
            )
        }
        Body::ClockRebased {
            clock: key,
            due_at,
            rule,
            ..
        } => {
            let (zh, en) = clock(key.name);
            let due_at = due_at.to_china_minute();
            if rule.rule.starts_with("platform:") {
                return words(
                    format!("平台的期限在先：{zh}，{due_at} 前。"),
                    format!("The platform's deadline is earlier. {en}: until {due_at}."),
                );
            }
            words(
                format!("规则更新，已用时间照算：{zh}，{due_at} 前。"),
                format!("The rules changed; time already used counts. {en}: until {due_at}."),
            )
        }
        Body::ClockStopped { clock: key } => {
            let (zh, en) = clock(key.name);
            words(
                format!("停止计时：{zh}。"),
                format!("The clock for {en} stopped."),
            )
        }
        Body::ClockExpired { clock: key } => {
            let (zh, en) = clock(key.name);
            words(
                format!("时间到：{zh}。"),
                format!("The time for {en} ran out."),
            )
        }
        Body::RepairRequested { .. } => words("已登记报修。", "The repair was requested."),
        Body::RepairVerified { covered: true, .. } => words(
            "信息已核对，附近有师傅。",
            "Checked; a technician covers the place.",
        ),
        Body::RepairVerified { covered: false, .. } => words(
            "信息已核对，由调度员人工安排。",
            "Checked; a dispatcher arranges it by hand.",
        ),
        Body::RepairOffered {
            distance_m, rank, ..
        } => words(
            format!("已询问第 {rank} 位师傅（约 {} 公里）。", km(*distance_m)),
            format!(
                "Technician no. {rank} was asked (about {} km away).",
                km(*distance_m)
            ),
        ),
        Body::OfferDeclined { .. } => words(
            "这位师傅来不了，继续安排。",
            "That technician cannot come; the next is asked.",
        ),
        Body::OfferLapsed { .. } => words(
            "这位师傅没有答复，继续安排。",
            "That technician did not answer; the next is asked.",
        ),
        Body::OfferTaken { .. } => words(
            "同时询问的另一位师傅先接了单。",
            "Another technician who was asked at the same time accepted first.",
        ),
        Body::OfferAccepted { response_ms, .. } => words(
            format!("师傅已接单，用时 {} 分钟。", minutes(*response_ms)),
            format!(
                "A technician accepted, {} minutes after the request.",
                minutes(*response_ms)
            ),
        ),
        Body::PhoneCorrected { .. } => words("联系电话已更正。", "The phone number was put right."),
        Body::PlaceTold { .. } => {
            words("上门地点已经核对。", "The place of the visit is known now.")
        }
        Body::HelperNamed { .. } => words("还有一位师傅同行。", "A second technician comes along."),
        Body::HelperReleased { .. } => words(
            "同行的师傅有变化。",
            "The second technician no longer comes along.",
        ),
        Body::PartsTaken { parts, beyond, .. } => {
            let list = |none: &str| {
                if parts.is_empty() {
                    none.to_owned()
                } else {
                    crate::equipment::written_parts(parts).join(", ")
                }
            };
            let (zh, en) = (
                format!("用掉的配件：{}。", list("无")),
                format!("Parts used: {}.", list("none")),
            );
            if beyond.is_empty() {
                return words(zh, en);
            }
            let missing = crate::equipment::written_parts(beyond).join(", ");
            words(
                format!("{zh}其中车上没有登记的：{missing}，请核对。"),
                format!("{en} Not on the van's list: {missing}. Please check."),
            )
        }
        Body::DispatcherCalled { why, .. } => {
            let (zh, en) = escalation(*why);
            words(
                format!("已请调度员处理：{zh}。"),
                format!("A dispatcher was called: {en}."),
            )
        }
        Body::TechnicianReleased { .. } => words("换一位师傅。", "Another technician is arranged."),
        Body::VisitScheduled { window, .. } => words(
            format!(
                "上门时间：{} 至 {}。",
                window.from.to_china_minute(),
                until_of(*window)
            ),
            format!(
                "The visit is between {} and {}.",
                window.from.to_china_minute(),
                until_of(*window)
            ),
        ),
        Body::ChosenTimeMissed { window, .. } => words(
            format!(
                "希望的时间 {} 至 {} 现在排不开。",
                window.from.to_china_minute(),
                until_of(*window)
            ),
            format!(
                "The wished time between {} and {} cannot be kept any more.",
                window.from.to_china_minute(),
                until_of(*window)
            ),
        ),
        Body::VisitTimesProposed { .. } => words(
            "想和您改上门时间；您没有选之前，约好的时间不变。",
            "We would like to come at another time. Until you choose one, the agreed time stands.",
        ),
        Body::VisitTimeKept { .. } => words(
            "客户保留原来的上门时间。",
            "The customer keeps the agreed time.",
        ),
        Body::VisitPlaced { from: Some(_), .. } | Body::VisitPutBack { from: Some(_), .. } => {
            words("换一位师傅上门。", "Another technician comes.")
        }
        Body::VisitPlaced { .. } => words(
            "调度员给这次上门安排了师傅。",
            "A dispatcher arranged who is to come.",
        ),
        Body::VisitPutBack { .. } => words(
            "调度员撤销了这次安排。",
            "The dispatcher took that arrangement back.",
        ),
        Body::CustomerAbsent { .. } => words(
            "师傅到了，没有见到人；请重新约时间。",
            "The technician was there and met nobody; please agree on another time.",
        ),
        Body::CustomerTold { response_ms, .. } => words(
            format!(
                "已告诉客户有师傅接单，距报修 {} 分钟。",
                minutes(*response_ms)
            ),
            format!(
                "The customer was told that a technician accepted, {} minutes after the request.",
                minutes(*response_ms)
            ),
        ),
        Body::TechnicianEnRoute { .. } => words("师傅已出发。", "The technician is on the way."),
        Body::TechnicianArrived { .. } => words("师傅已到。", "The technician has arrived."),
        Body::NoShowRecorded { .. } => words(
            "约好的时间过了，还没有师傅到达的记录。",
            "The agreed time is over, and no arrival is recorded yet.",
        ),
        Body::RepairDiagnosed { .. } => words("检测完成。", "The fault was found."),
        Body::QuoteProposed {
            total,
            under_warranty,
            ..
        } => {
            if *under_warranty {
                words("保内维修，不收费。", "Under warranty: nothing to pay.")
            } else {
                words(
                    format!("报价 {total}，您同意后才开工。"),
                    format!("The quote is {total}; work starts only if you agree."),
                )
            }
        }
        Body::QuoteConsented { .. } => words("客户同意报价。", "The customer agreed to the quote."),
        Body::QuoteDeclined { .. } => words(
            "客户没有同意报价，未开工，不收费。",
            "The customer declined; no work was done and nothing is owed.",
        ),
        Body::WorkStarted { .. } => words("开始维修。", "The work started."),
        Body::PartsAwaited { .. } => words("等待配件。", "Waiting for spare parts."),
        Body::PartsArrived { .. } => words("配件已到。", "The spare parts arrived."),
        Body::WorkPhotosAdded { evidence, .. } => words(
            format!("补充了 {} 张照片或视频。", evidence.len()),
            format!("{} photos or clips were added.", evidence.len()),
        ),
        Body::WorkPhotosAlike { .. } => words(
            "有完工照片和以前的照片相同或几乎相同。这不说明任何人做错了什么：请打开两张照片对比。",
            "A photo of the finished work is the same as an earlier one, or almost. That says nothing about anybody: please open the two and compare them.",
        ),
        Body::WorkRated { satisfaction, .. } => match satisfaction {
            Satisfaction::Satisfied => words("客户满意。", "The customer is satisfied."),
            Satisfaction::Partly => words("客户基本满意。", "The customer is satisfied in part."),
            Satisfaction::Dissatisfied => words("客户不满意。", "The customer is not satisfied."),
        },
        Body::RatingAnswered { .. } => {
            words("师傅回应了评价。", "The technician answered the rating.")
        }
        Body::InvoiceRequested { .. } => {
            words("客户申请发票。", "The customer asks for an invoice.")
        }
        Body::CustomerPayment { step, .. } => charged::describe(step),
        Body::InvoiceSent { .. } => words("发票已发出。", "The invoice was sent."),
        Body::WorkPhotosCompared { .. } => words("照片已经对比过。", "The photos were compared."),
        Body::WorkDone { outcome, .. } => match outcome {
            WorkOutcome::Fixed => words("维修完成。", "The repair is done."),
            WorkOutcome::NotFixed => words("这次没有修好。", "It could not be repaired this time."),
            WorkOutcome::NoFaultFound => words("没有发现故障。", "No fault was found."),
        },
        Body::WorkConfirmed {
            by_clock: false, ..
        } => words("客户确认完工。", "The customer confirmed the work."),
        Body::WorkConfirmed { by_clock: true, .. } => words(
            "到期自动确认，不影响质量问题的权利。",
            "Confirmed by the clock; no right about quality is given up.",
        ),
        Body::WorkDisputeSettled { upheld: true, .. } => {
            words("已核实：这次没有修好。", "Settled: the item was not fixed.")
        }
        Body::WorkDisputeSettled { upheld: false, .. } => {
            words("已核实：维修合格。", "Settled: the work is right.")
        }
        Body::WorkDisputed { .. } => words("客户对完工有异议。", "The customer disputes the work."),
        Body::WorkWarrantyStarted { until, .. } => words(
            format!("维修质保至 {}。", until.to_china_minute()),
            format!(
                "The work is under warranty until {}.",
                until.to_china_minute()
            ),
        ),
        Body::WorkWarrantyEnded { .. } => {
            words("维修质保到期。", "The warranty of the work ended.")
        }
        Body::RepairWithdrawn { .. } => words("已撤回报修。", "The repair was withdrawn."),
        Body::RepairFailed { failures, .. } => words(
            format!("质保期内第 {failures} 次没修好。"),
            format!("Repair failure no. {failures} within the warranty."),
        ),
        Body::SamePartFailed { parts, .. } => words(
            format!("以前换过的部件又坏了：{}。", parts.join("、")),
            format!(
                "Parts that were replaced before failed again: {}.",
                parts.join(", ")
            ),
        ),
        Body::StatutoryClaimOffered {
            ground,
            law,
            law_at_offer,
            ..
        } => {
            let (zh, en) = match ground {
                StatutoryGround::SecondFailedRepair => (
                    "两次没有修好：您可以直接申请换货或退货。",
                    "Two repairs failed: you may ask for an exchange or a return at once.",
                ),
                StatutoryGround::PartsOverdue => (
                    "配件超期：您可以直接申请换货。",
                    "Spare parts took too long: you may ask for an exchange at once.",
                ),
                StatutoryGround::SamePartTwice => (
                    "同一部件换过后又坏了：您可以申请换货或退货，由人工判断。",
                    "The same part failed again after it was replaced: you may ask for an exchange or a return, which a person decides.",
                ),
            };
            let by = law_behind_words(law, law_at_offer.as_ref());
            words(format!("{zh}{}。", by.zh), format!("{en} {}.", by.en))
        }
        Body::ClaimFiled { ask, .. } => {
            let (zh, en) = resolution(*ask);
            words(
                format!("提出申请：{zh}。"),
                format!("A claim was filed: {en}."),
            )
        }
        Body::EvidenceAdded { evidence, .. } => words(
            format!("补充了 {} 份照片或视频。", evidence.len()),
            format!("{} photo(s) or clip(s) were added.", evidence.len()),
        ),
        // What was found is shown by the findings, when they may be shown; never here.
        Body::EvidenceScreened { .. } => {
            words("一份照片或视频核对完成。", "A photo or clip was checked.")
        }
        Body::ClaimInspected { photos, .. } => words(
            format!("{} 份照片或视频核对完成。", photos.len()),
            format!("{} photo(s) or clip(s) were checked.", photos.len()),
        ),
        Body::PhotoSharing { step, .. } => {
            let (zh, en) = sharing(step);
            words(zh, en)
        }
        // Told when somebody has looked at the photos; never before.
        Body::PhotosKnownElsewhere { known, .. } => words(
            format!(
                "{} 张照片与其他平台认定为伪造的照片相似，由人工查看，必要时多给 {} 小时。这只说明照片相似。",
                known.photos.len(),
                known.longer_h
            ),
            format!(
                "{} photo(s) resemble photos that other platforms judged forged: a person looks, with {} hours more where needed. That speaks about the photos only.",
                known.photos.len(),
                known.longer_h
            ),
        ),
        Body::NewPhotoAsked { .. } => words(
            "请补拍一张能看到损坏处的照片。",
            "Please take a new photo that shows the damage.",
        ),
        Body::EvidenceDisputed { .. } => {
            words("对方对一张照片有异议。", "The other side disputes a photo.")
        }
        Body::EvidenceJudged { accepted, .. } => {
            if *accepted {
                words("审核员采用了一张照片。", "A reviewer accepted a photo.")
            } else {
                words("审核员没有采用一张照片。", "A reviewer set a photo aside.")
            }
        }
        Body::ChallengeDrawn { task, until, .. } => {
            let said = task.words();
            words(
                format!(
                    "买家取得拍摄要求（{} 前有效）：{}",
                    until.to_china_minute(),
                    said.zh
                ),
                format!(
                    "The buyer drew a photo on request, until {}: {}",
                    until.to_china_minute(),
                    said.en
                ),
            )
        }
        Body::FirstLookRequired { .. } => words(
            "由审核员先看照片。",
            "A person is checking the photo first.",
        ),
        Body::FirstLook { look, .. } => match look {
            Look::Supports => words(
                "审核员初看：照片支持申请。",
                "First look: the photos support the claim.",
            ),
            Look::DoesNotSupport => words(
                "审核员初看：照片不支持申请。",
                "First look: the photos do not support the claim.",
            ),
            Look::CannotTell => words("审核员初看：看不出来。", "First look: it cannot be told."),
        },
        Body::MerchantWindowOpened { .. } => {
            words("请商家答复。", "The merchant is asked to answer.")
        }
        Body::MerchantAgreed {
            resolution: agreed, ..
        } => {
            let (zh, en) = resolution(*agreed);
            words(
                format!("商家同意：{zh}。"),
                format!("The merchant agreed: {en}."),
            )
        }
        Body::MerchantContested { .. } => words(
            "商家不同意，已说明理由。",
            "The merchant disagrees and gave reasons.",
        ),
        Body::MerchantSilent { .. } => words(
            "商家没有答复，转给审核员。",
            "The merchant did not answer; a reviewer takes over.",
        ),
        Body::SettlementOffered {
            resolution: offered,
            ..
        } => {
            let (zh, en) = resolution(*offered);
            words(
                format!("商家提出方案：{zh}。"),
                format!("The merchant offers: {en}."),
            )
        }
        Body::SettlementAccepted { .. } => words("买家接受方案。", "The buyer accepted the offer."),
        Body::SettlementDeclined { .. } => {
            words("买家没有接受方案。", "The buyer declined the offer.")
        }
        Body::EvidenceRoundOpened { .. } => words("双方补充证据。", "Both sides may add evidence."),
        Body::EvidenceRoundDone { .. } => {
            words("一方表示补充完毕。", "One side has nothing more to add.")
        }
        Body::HumanReviewOpened { why, .. } => with_reviewer(*why),
        Body::ReturnReminded { .. } => words(
            "退回的商品还没有寄出，已提醒买家；如仍未寄出，将由审核员查看。",
            "The goods that are to come back were not sent yet: the buyer was reminded, and a reviewer looks if they still do not come.",
        ),
        Body::ExecutionOverdue { .. } => words(
            "退款、换货或寄还商品超时，已上报。",
            "The payment, the exchange or the goods to be sent back are late; this was escalated.",
        ),
        Body::EvidenceRoundClosed { .. } => words("补充证据结束。", "The evidence round is over."),
        Body::ReviewAssigned { second, .. } => {
            if *second {
                words("已安排另一位复核员。", "Another reviewer was assigned.")
            } else {
                words("已安排审核员。", "A reviewer was assigned.")
            }
        }
        Body::ReviewOverdue { .. } => words(
            "审核超时，已上报。",
            "The review is overdue; this was escalated.",
        ),
        Body::ClaimDecided { verdict, .. } => decided(verdict, false),
        Body::AppealFiled { .. } => words("提出申诉。", "An appeal was filed."),
        Body::AppealDecided { verdict, .. } => decided(verdict, true),
        Body::ClaimFinal { .. } => words("结果生效。", "The outcome is final."),
        Body::ReturnShipped { .. } => words("买家已寄回。", "The buyer sent it back."),
        Body::ReturnReceived { as_described, .. } => {
            if *as_described {
                words("商家已收到退货。", "The merchant received the return.")
            } else {
                words(
                    "商家收到退货，认为不符。",
                    "The merchant received the return and disagrees about it.",
                )
            }
        }
        Body::ExchangeShipped { .. } => words("换新已发出。", "The new item was sent."),
        Body::GoodsOwed { .. } => words(
            "这个申请不再退款，商家须把已寄来的商品寄还买家。",
            "Nothing is refunded on this claim any more: the merchant sends the goods that came back to the buyer.",
        ),
        Body::GoodsSentBack { .. } => words(
            "商家已把商品寄还买家。",
            "The merchant sent the goods back to the buyer.",
        ),
        Body::PaymentAuthorized { amount, .. } => words(
            format!("同意退款 {amount}。"),
            format!("A refund of {amount} was authorized."),
        ),
        Body::ClaimExecuted { amount, .. } => words(
            format!("已退款 {amount}，原路退回。"),
            format!("{amount} was paid back to where it came from."),
        ),
        Body::ClaimClosed { .. } => words("申请办结。", "The claim is closed."),
        Body::ClaimWithdrawn { .. } => words("申请已撤回。", "The claim was withdrawn."),
        Body::FraudReferralMade { .. } => {
            words("已转风控人员核对。", "A risk manager was asked to look.")
        }
        Body::FraudReferralWithdrawn { .. } => {
            words("风控核对已撤回。", "That request was taken back.")
        }
        Body::PlatformLinked { platform, .. } => {
            let (zh, en) = platform_words(*platform);
            words(
                format!("这是{zh}的售后单，由平台裁定。"),
                format!("This is an after-sales case of {en}, which decides it."),
            )
        }
        Body::PlatformRead { status, .. } => words(
            format!("平台售后单有更新：{status}。"),
            format!("The platform's case was read again: {status}."),
        ),
        Body::PlatformDecided {
            outcome,
            above_paid,
            ..
        } => match outcome {
            PlatformOutcome::Granted {
                resolution: granted,
            } => {
                let (zh, en) = resolution(*granted);
                match above_paid {
                    Some(above) => words(
                        format!(
                            "已登记平台的结果：{zh}，比实付减去已退的余额高 {above}；按平台的实际处理登记，这里不再付款。"
                        ),
                        format!(
                            "Recorded: the platform granted {en}, {above} above what was paid less what was refunded. It is recorded as the platform did it; nothing is paid from here."
                        ),
                    ),
                    None => words(
                        format!("已登记平台的结果：{zh}。"),
                        format!("Recorded: the platform granted {en}."),
                    ),
                }
            }
            PlatformOutcome::Rejected => words(
                "已登记平台的结果：不支持买家的申请。",
                "Recorded: the platform did not grant the claim.",
            ),
            PlatformOutcome::TakenBack => words(
                "已登记平台的结果：买家撤回了申请。",
                "Recorded: the buyer took the claim back on the platform.",
            ),
        },
        Body::HearingOpened {
            party,
            about,
            until,
            ..
        } => hearing(*party, *about, *until),
        Body::EvidenceQuestioned { .. } => words(
            "商家问一张照片是否由 AI 生成；这只是一个疑问，由审核员查看。",
            "The merchant asks whether a photo was made by AI: a question, which a reviewer looks at.",
        ),
        Body::CounterOffered {
            resolution: offered,
            ..
        } => {
            let (zh, en) = resolution(*offered);
            words(
                format!("买家提出方案：{zh}。"),
                format!("The buyer offers: {en}."),
            )
        }
        Body::AskChanged { ask, .. } => {
            let (zh, en) = resolution(*ask);
            words(
                format!("买家改为要求：{zh}。"),
                format!("The buyer now asks for: {en}."),
            )
        }
        Body::CounterAccepted { .. } => words("商家接受方案。", "The merchant accepted the offer."),
        Body::CounterDeclined { .. } => {
            words("商家没有接受方案。", "The merchant declined the offer.")
        }
        // What it says is told when it takes effect.
        Body::DecisionProposed { .. } => words(
            "审核员已有意见；按规则还要另一位审核员确认后才生效。",
            "A reviewer has come to a view; by the rules another reviewer confirms it before it takes effect.",
        ),
        Body::DecisionConfirmed { .. } => {
            words("另一位审核员已确认。", "Another reviewer confirmed it.")
        }
        Body::DecisionReturned { .. } => words(
            "另一位审核员没有确认，重新审核。",
            "Another reviewer did not confirm it; the claim is reviewed again.",
        ),
        Body::DecisionSampled { .. } => words(
            "这个决定被抽中复看，结果不受影响。",
            "This decision was drawn to be looked at again; its outcome does not change.",
        ),
        Body::DecisionLookedAgain { .. } => words(
            "抽查复看完成，结果不受影响。",
            "The second look is done; the outcome does not change.",
        ),
        Body::ReviewerRecused { .. } => words(
            "一位审核员申请回避。",
            "A reviewer stepped back because of a conflict of interest.",
        ),
        Body::PaidDecisionContested { freight, .. } if freight.0 > 0 => words(
            format!("商家请求复核已付的退款，并称付了运费 {freight}；由另一位审核员决定。"),
            format!(
                "The merchant contests the paid refund and says that it paid {freight} of freight; another reviewer decides."
            ),
        ),
        Body::PaidDecisionContested { .. } => words(
            "商家请求复核已付的退款，由另一位审核员决定。",
            "The merchant contests the paid refund; another reviewer decides.",
        ),
        Body::RecoveryOpened { price, freight, .. } => words(
            format!("复核后应退回货款 {price}，运费 {freight}。"),
            format!(
                "After the second review {price} of the price and {freight} of freight are owed back."
            ),
        ),
        Body::RecoverySettled { how, amount, .. } => match how {
            RecoveryEnd::Repaid => words(
                format!("已退回 {amount}，追偿了结。"),
                format!("{amount} was paid back; nothing more is owed."),
            ),
            RecoveryEnd::Compensated => words(
                format!("平台按规则补偿商家 {amount}，追偿了结。"),
                format!("The platform compensated the merchant by {amount}, by its rules."),
            ),
            RecoveryEnd::Waived => words("商家不再追偿。", "The merchant asks for nothing back."),
        },
        Body::HistoryObjected {} => words(
            "买家不同意使用历史结果；此后规则不再读取。",
            "The buyer objects to the use of earlier outcomes; no rule reads them any more.",
        ),
        Body::HistoryErased {} => words(
            "按买家要求，此前的历史结果不再计入。",
            "At the buyer's request earlier outcomes count no more.",
        ),
        Body::AdviceSigned { .. } => {
            words("法律定性意见已签署。", "Advice about the law was signed.")
        }
        Body::EvidenceRead { .. } => words(
            "有人记下了从一份材料上读到的内容。",
            "Somebody wrote down what a piece of evidence shows.",
        ),
    }
}

/// Why a reviewer has a claim now: what happened, or did not, and to which thing.
fn with_reviewer(why: ReviewCause) -> Words {
    let (zh, en) = match why {
        ReviewCause::MerchantSilent
        | ReviewCause::EvidenceRoundClosed
        | ReviewCause::SettlementDeclined
        | ReviewCause::CounterDeclined
        | ReviewCause::ReviewersDiffer => {
            return words("已转给审核员。", "A reviewer has the case now.");
        }
        ReviewCause::SettlementUnanswered => {
            ("方案到期没有答复", "The offer was not answered in time")
        }
        ReviewCause::CounterUnanswered => (
            "买家的方案到期没有答复",
            "The buyer's offer was not answered in time",
        ),
        ReviewCause::Inspected => ("师傅已上门检测", "A technician has looked at the item"),
        ReviewCause::NotInspected => (
            "没有按时上门检测",
            "No technician looked at the item in time",
        ),
        ReviewCause::ReturnDisputed => {
            ("退回的商品有争议", "The goods that came back are disputed")
        }
        ReviewCause::ReturnUnanswered => (
            "退回的商品到期没有验收",
            "The goods that came back were not looked at in time",
        ),
        ReviewCause::ReturnNotSent => (
            "要退回的商品没有登记寄出",
            "The goods that were to come back were not recorded as sent",
        ),
        ReviewCause::AmountNotFree => (
            "订单已另有退款",
            "The order was refunded otherwise meanwhile",
        ),
        ReviewCause::ExchangeNotSent => {
            ("换新没有登记发出", "The new item was not recorded as sent")
        }
        ReviewCause::GoodsNotSentBack => (
            "要寄还买家的商品没有登记寄出",
            "The goods for the buyer were not recorded as sent back",
        ),
        ReviewCause::ReportCame => (
            "师傅的检测结果在裁定确认之前到了，裁定须重新作出",
            "What a technician saw came in before the decision was confirmed, so it is made anew",
        ),
    };
    words(
        format!("{zh}，已转给审核员。"),
        format!("{en}; a reviewer has the case now."),
    )
}

/// What a side can read now, and until when a decision waits for what it says. A finding speaks about a photo.
fn hearing(party: Party, about: HearingCause, until: Option<Timestamp>) -> Words {
    let (side_zh, side_en) = match party {
        Party::Claimant => ("买家", "the buyer"),
        Party::Merchant => ("商家", "the merchant"),
    };
    let (mut zh, mut en) = match about {
        HearingCause::Findings => (
            format!("{side_zh}照片的检查结果已经公开，双方都能看到；它说的是照片，不是人。"),
            format!(
                "What the checks found about a photo of {side_en} is open to both sides now; it speaks about the photo, not about a person."
            ),
        ),
        HearingCause::Report => (
            format!("师傅的检测报告{side_zh}可以看到了。"),
            format!("The technician's report is there for {side_en} to read."),
        ),
    };
    if let Some(until) = until.map(Timestamp::to_china_minute) {
        zh.push_str(&format!(
            "{until} 前不会作出决定，除非{side_zh}表示没有要补充的。"
        ));
        en.push_str(&format!(
            " No decision is made before {until}, unless {side_en} has nothing to add."
        ));
    }
    (zh, en)
}

/// What a step of a photo on its way into the list of an exchange says.
pub(crate) const fn sharing(step: &SharingStep) -> (&'static str, &'static str) {
    match step {
        SharingStep::Proposed { .. } => (
            "提议列入名单：裁定认为照片是伪造的。",
            "Proposed: the decision found the photo forged.",
        ),
        SharingStep::Looked { shows, .. } if shows.nobody() => (
            "一位同事确认：照片里没有人脸、证件、地址或住处。",
            "A colleague confirms that it shows no face, document, address or home.",
        ),
        SharingStep::Looked { .. } => (
            "照片里有人脸、证件、地址或住处：不会列入名单。",
            "It shows a face, a document, an address or a home: it does not go into the list.",
        ),
        SharingStep::Noticed { .. } => (
            "已告知照片的提交者，可以在 15 天内答复。",
            "Whoever sent the photo was told, and has 15 days to reply.",
        ),
        SharingStep::Replied { .. } => ("收到答复。", "A reply came."),
        SharingStep::Considered { stands: true, .. } => (
            "答复已经看过，认定不变。",
            "The reply was considered; the finding stands.",
        ),
        SharingStep::Considered { stands: false, .. } => (
            "答复有理：不会列入名单。",
            "The reply was right: it does not go into the list.",
        ),
        SharingStep::Published { .. } => (
            "已决定列入名单，等待送达。名单里只有照片的指纹和日期，没有任何个人信息。",
            "It was decided to publish it, and it is on its way. The list has fingerprints of the photo and days, and nothing of a person.",
        ),
        SharingStep::LetBe { .. } => ("不再列入名单。", "It does not go into the list."),
    }
}

fn decided(verdict: &Verdict, on_appeal: bool) -> Words {
    let (who_zh, who_en) = if on_appeal {
        ("复核", "On appeal")
    } else {
        ("决定", "Decision")
    };
    match verdict {
        Verdict::Granted {
            resolution: granted,
        } => {
            let (zh, en) = resolution(*granted);
            words(
                format!("{who_zh}：支持，{zh}。"),
                format!("{who_en}: granted, {en}."),
            )
        }
        Verdict::Rejected => words(
            format!("{who_zh}：不支持。"),
            format!("{who_en}: not granted."),
        ),
    }
}

/// The end of a span as it is said after its beginning: without the day where that is the same.
fn until_of(window: Window) -> String {
    let from = window.from.to_china_minute();
    let until = window.until.to_china_minute();
    let on_that_day = until
        .split_once(' ')
        .filter(|(day, _)| from.starts_with(*day));
    let time = on_that_day.map(|(_, time)| time.to_owned());
    time.unwrap_or(until)
}

fn km(meters: u32) -> String {
    format!("{}.{}", meters / 1000, meters % 1000 / 100)
}

fn minutes(ms: i64) -> i64 {
    ms / aftercare_domain::time::MINUTE_MS
}

#[cfg(test)]
mod tests {
    use super::until_of;
    use aftercare_domain::Timestamp;
    use aftercare_domain::event::Window;
    use aftercare_domain::time::{DAY_MS, HOUR_MS};

    #[test]
    fn a_day_is_said_once_where_a_span_ends_on_it() {
        // 1970-01-01, 08:00 in China.
        let from = Timestamp(0);
        let until = |ms| {
            until_of(Window {
                from,
                until: Timestamp(ms),
            })
        };
        assert_eq!(until(2 * HOUR_MS), "10:00");
        assert_eq!(until(DAY_MS), "1970-01-02 08:00");
    }
}

//! Every refusal of the deciders: the rule's name, and what to do, in both languages. One table, so
//! that a rule cannot be named in two ways and none is without a reason; `RULES` lists them.

use crate::refused::Refused;

macro_rules! refusals {
    ($($rule:ident: $zh:literal, $en:literal;)+) => {
        $(
            #[doc = $en]
            #[must_use]
            pub fn $rule() -> Refused {
                Refused::new(stringify!($rule), $zh, $en)
            }
        )+

        /// The names of all rules of the deciders, in the order of this file.
        pub const RULES: &[&str] = &[$(stringify!($rule)),+];
    };
}

refusals! {
    // ---- any command ----
    clock_went_back: "服务器时间比本案最近一条记录还早，可能被调回过；数据没有丢失，请管理员校准时间后重试。", "The server's clock is earlier than the latest event of this case: it went back. Nothing was lost; ask an administrator to set the clock, then try again.";
    rules_not_valid: "生效的规则包低于法定下限或不完整，请管理员修正规则包后重试。", "The rule pack in force breaks a legal floor or is incomplete: ask an administrator to correct it, then try again.";
    not_permitted: "您的身份不能做这一步，请由有权限的人员操作。", "Your role may not do this: ask somebody whose role may.";
    case_not_opened: "案件还没有建立，请先建立案件。", "The case does not exist yet: open it first.";
    case_already_opened: "案件已经建立，不必重复建立。", "The case is already open: there is no need to open it again.";
    case_closed: "案件已经结案；如需继续，请先重新打开案件并说明原因。", "The case is closed: open it again with a reason to go on.";
    case_not_closed: "案件没有结案，不需要重新打开。", "The case is not closed, so it need not be opened again.";
    still_open: "案件里还有未完结的工单或索赔，请先办完或撤回。", "A repair or claim of this case is still open: finish or withdraw it first.";
    case_full: "本案记录已达上限，请另建案件并注明本案编号。", "This case has reached its limit of events: open another case and name this one in it.";
    notice_missing: "缺少隐私告知的版本号，请让当事人看到告知后再提交。", "The version of the privacy notice is missing: show the notice to the person, then submit.";
    id_taken: "编号已被使用，请重新提交以取得新编号。", "This id is already used: submit again to get a new one.";
    text_missing: "必填的文字是空的，请填写后再提交。", "A required text is empty: fill it in and submit again.";
    text_too_long: "文字超过长度上限，请缩短后再提交。", "A text is beyond its limit of length: shorten it and submit again.";
    too_much_evidence: "照片和文件超过数量上限，请只保留最能说明问题的几张。", "There are more photos and files than the limit allows: keep those that show the matter best.";
    evidence_unknown: "找不到所指的照片或文件，请核对编号。", "That piece of evidence is not in this case or claim: check its id.";
    work_order_unknown: "本案没有这张工单，请核对编号。", "This case has no such work order: check its id.";
    claim_unknown: "本案没有这个索赔，请核对编号。", "This case has no such claim: check its id.";
    order_known: "本案已经有订单，不能再换。", "This case has its order already, which is not changed.";
    no_message_waits: "没有等待回复的留言，可能同事刚刚回复过，请刷新页面。", "No message waits for an answer: a colleague may have answered just now. Refresh the page.";
    message_newer: "客户又发来了新的留言，请先看完再处理。", "The customer has written again meanwhile: read that first.";
    no_warranty_to_reopen: "没有仍在保修期内的维修，请换一个重新打开的原因。", "No work of this case is under warranty: give another reason to reopen.";
    statutory_not_offered: "系统还没有提供三包退换权利；请先由维修记录触发，或按普通索赔提交。", "No statutory exchange or refund is on offer here: file an ordinary claim, or let the repair record give rise to it.";

    // ---- clocks ----
    clock_unknown: "没有这个时限，请刷新页面核对。", "There is no such clock on this case: refresh the page and check.";
    clock_not_running: "这个时限没有在走，无需此操作。", "That clock is not running, so there is nothing to do to it.";
    clock_not_due: "时限还没有到，请等到期后再处理。", "That clock has not run out yet: wait until it is due.";
    clock_not_paused: "这个时限没有暂停，不需要恢复。", "That clock is not paused, so it need not be resumed.";
    clock_cannot_pause: "这个时限涉及当事人的权利或报价应答，不能暂停。", "That clock guards somebody's right, or is too short to hold: it cannot be paused.";
    held_too_often: "这个时限已经暂停过多次，不能再暂停：每次暂停都有最长时限，双方不能一直等下去。", "That clock was held as often as the limit allows and cannot be held again: a pause has an end, and so has waiting.";
    clock_cannot_extend: "这个时限不能延长；商家答复期和双方补充材料的期限可以各申请延长一次。", "That clock cannot be extended: only the merchant's answer and the evidence round can, once each.";
    clock_already_extended: "已经延长过一次，不能再延长，请在期限内办理。", "It was extended once already and cannot be again: act before it runs out.";

    platform_does_not_wait: "平台的期限在先，平台不等的时间不能延长。", "The platform's deadline comes first: what the platform does not wait for cannot be extended.";

    // ---- the platform that decides ----
    not_party_mode: "这个案件由我们裁定，不能挂接平台的售后单。", "This case is decided here: it cannot be a case of an outside platform.";
    platform_linked_already: "这项申请已经挂接了平台的售后单。", "This claim is a case of an outside platform already.";
    platform_not_linked: "这项申请没有挂接平台的售后单。", "This claim is not a case of an outside platform.";
    platform_decided_already: "平台的结果已经登记过。", "What the platform decided has been recorded already.";
    grant_above_paid: "平台支持的金额高于实付减去已退的余额。请到平台核对；平台确实这样处理的，请确认后如实登记，我们不会再付款。", "What the platform granted is above what was paid for this line less what was refunded. Check it there; if the platform really did so, say so and record it: nothing is paid from here.";

    // ---- repair ----
    too_many_work_orders: "本案工单数量已达上限，请另建案件。", "This case has as many work orders as the limit allows: open another case.";
    county_not_valid: "区县代码须为六位数字，请重新选择所在区县。", "The county must be a six-digit division code: choose the county again.";
    window_not_valid: "上门时段须先后正确、在未来一年内，且不超过三天，请重选。", "A visit window must begin before it ends, end in the future, lie within a year and last at most three days: choose again.";
    inspection_needs_claim: "检测工单必须对应一个未完结的索赔，其他工单不能对应索赔。", "A work order of kind inspect needs an open claim, and only such a one may name a claim.";
    warranty_over: "原维修已不在保修期内，请新报一次维修。", "The earlier work is not under warranty any more: request a new repair.";
    rework_already_open: "这次维修已有返修工单在处理，请在该工单中补充说明。", "That work is already being done again: add to the open work order.";
    rework_differs: "返修的服务类型须与原维修一致，否则请新报一次。", "Rework must be of the same kind as the earlier work: otherwise request a new one.";
    already_verified: "工单已经核实过。", "The work order has already been verified.";
    not_ready_to_offer: "工单现在不能派单：需已核实、没有等待答复的派单，也没有已接单的师傅。", "The work order cannot be offered now: it must be verified, with no offer waiting and no technician on it.";
    no_candidate_left: "没有尚未询问过的合适师傅，请调度员指定人选。", "Every suitable technician has been asked: a dispatcher must name one.";
    too_many_offers: "这张工单派单次数已达上限，请调度员线下联系。", "This work order was offered as often as the limit allows: a dispatcher must arrange it in person.";
    offer_not_open: "这次派单已经有答复或已过期，请刷新页面。", "That offer has been answered or has lapsed: refresh the page.";
    no_technician: "工单现在没有可以退回的师傅。", "No technician is on this work order who could be released now.";
    place_settled: "师傅已出发，或这次维修已结束，不能再改地点。", "The technician has set out, or this repair is over: its place stands.";
    cannot_help: "现在不能安排同行的师傅：需有师傅接单，维修未完成，且不是同一个人。", "Nobody can come along now: a technician must have accepted, the work not be done, and it must be somebody else.";
    no_parts_taken: "上门完成后才能登记用掉的配件。", "Parts can be counted once the work is done.";
    parts_not_valid: "配件要写名称和数量，最多 50 种，每种至少 1 件。", "Write parts and how many of each: at most 50 parts, at least one piece.";
    cannot_schedule: "现在不能约定上门时间：需有师傅接单，且维修未完成。", "No visit can be agreed now: a technician must have accepted and the work not be done.";
    customer_agrees_first: "时间已经和客户约好，不能单方改动；请发起改期，客户选定后才变。", "A time was agreed with the customer and does not move without consent: propose other times, and the customer chooses.";
    time_not_offered: "这个时间现在排不了，请从列出的时间里选一个。", "This time cannot be kept as the plan stands: choose one of those that are offered.";
    times_not_valid: "改期要给出一到十个时间，且只有约好时间、师傅还没出发时可以发起。", "Propose one to ten times, after a time was agreed and before the technician set out.";
    no_times_proposed: "现在没有等待选择的改期时间。", "No other times wait for an answer.";
    visit_under_way: "师傅已出发、在现场，或维修已经开始，不能再挪动；要换人请先收回工单。", "The technician has set out or the work has begun, so the visit stays where it is: take the work back first if somebody else is to come.";
    customer_is_asked: "客户正在选择新的上门时间，答复之前不能挪动。", "The customer is choosing another time: the visit stays where it is until that is answered.";
    outside_wish: "客户希望的是别的时间，请先和客户商量。", "The customer asked for another time: agree with them first.";
    nothing_to_put_back: "没有可以撤销的挪动：师傅已答复、时间已约好，或已经撤销过。", "No move can be taken back: it was answered, a time was agreed, or it was taken back already.";
    not_scheduled: "还没有约定上门时间，请先约定。", "No visit is agreed: agree one first.";
    not_on_the_way: "没有约定的上门，不能登记到达。", "No visit is under way, so no arrival can be recorded.";
    not_arrived: "师傅还没有登记到达，请先登记到达。", "The technician has not arrived: record the arrival first.";
    diagnose_first: "请先登记故障诊断，再报价或开工。", "Record the diagnosis first, then quote or start the work.";
    cannot_quote: "现在不能报价：需在到达之后、完工之前。", "No quote can be made now: it must be after the arrival and before the work is done.";
    quote_not_valid: "报价须有一到五十行，每行金额不为负且总额不超限，请修改报价。", "A quote needs 1 to 50 labeled lines, no negative amount, and a total within range: correct it.";
    warranty_is_free: "保修内的维修不能收费；收费项目请单独报价并说明不在保修内。", "Work under warranty is free: quote what is charged separately, as not under warranty.";
    too_many_quotes: "这张工单报价次数已达上限，请调度员介入。", "This work order was quoted as often as the limit allows: ask a dispatcher.";
    quote_not_pending: "这份报价不在等待答复，请查看最新报价。", "That quote is not waiting for an answer: look at the latest one.";
    consent_first: "收费维修须先得到客户对报价的同意，请等待或联系客户。", "Paid work needs the customer's consent to the quote first: wait for it or contact the customer.";
    cannot_start: "现在不能开工：需在师傅到达之后、完工之前。", "The work cannot start now: the technician must be on site and the work not be done.";
    cannot_await_parts: "现在不能登记等待配件：需在诊断之后、完工之前。", "Parts cannot be awaited now: it must be after the diagnosis and before the work is done.";
    not_waiting_for_parts: "这张工单没有在等配件。", "This work order is not waiting for parts.";
    cannot_finish: "现在不能完工：需先开工，或在诊断后如实登记无故障或无法修复。", "The work cannot be finished now: start it first, or, after the diagnosis, record that there is no fault or no repair.";
    nothing_to_confirm: "现在没有等待确认的完工。", "No finished work waits for confirmation.";
    nothing_to_dispute: "只有等待确认的完工可以提出异议；已确认的可在保修期内申请返修。", "Only work that waits for confirmation can be disputed: afterwards ask for rework under its warranty.";
    no_dispute: "这张工单没有待处理的异议。", "This work order has no dispute to settle.";
    too_many_corrections: "这个案件的电话已经改过多次，请联系客服。", "The phone number of this case was corrected as often as the limit allows: please contact the service desk.";
    photos_not_now: "现在不能为这张工单添加照片：师傅到场后、完工前可以拍维修前的照片，客户在工单结束前都可以补充。", "No photos can be added to this work order now: the technician adds them from the arrival until the work is done, the customer until the work order has ended.";
    photos_are_evidence: "索赔和检测的照片是证据，不能随留言发送：请用“补充证据”，可以同时写说明。", "Photos about a claim or an inspection are evidence and come in no message: add them as evidence; words can go with them.";
    no_photos_alike: "没有等待对比的照片。", "No photos wait to be compared.";
    rating_not_now: "完工之后可以评价一次，检测不作评价；要补充的请留言。", "Finished work is rated once, and an inspection is not: write a message to add something.";
    rating_reason: "不是满意的，请写一句原因，师傅才能回应。", "Unless it is satisfied, a rating needs a reason: without one nobody can answer it.";
    rating_answer_not_now: "没有等待回应的评价。", "No rating waits for an answer.";
    invoice_not_now: "完工并且收了费的维修可以申请一次发票；要改的请留言。", "An invoice is asked for once, of work that is done and was paid for: write a message to change something.";
    invoice_not_asked: "没有等待开具的发票。", "No invoice waits to be sent.";
    above_due: "金额须大于零，且不超过还应付的金额；没有客户同意过的报价就没有应付。", "The amount must be above zero and at most what is still due; nothing is due beyond a quote that the customer consented to.";
    cash_only: "师傅只登记现金；进了商家账户的，由客服核对到账后登记。", "A technician records cash alone; what came into the shop's account is recorded by the desk, which sees it there.";
    payment_not_open: "这笔付款不存在，或客户已经答复过。", "There is no such payment, or the customer has said already whether it is right.";
    own_payment: "这笔付款是您登记的，不能由您代客户答复：请客户在进度页答复，或请另一位同事记下客户的话。", "You recorded this payment and cannot answer for the customer: the customer answers on the tracking page, or another colleague writes down what the customer said.";
    above_kept: "退还的金额须大于零，且不超过实收未退的金额。", "What goes back must be above zero and at most what was paid and has not gone back.";
    too_many_payments: "这张工单登记的收款和退款次数已达上限，请核对后留言说明。", "As many payments of this work order are recorded as the limit allows: check them and write a message.";
    work_already_done: "维修已经完成或结束，不能撤回；可以提出异议或申请返修。", "The work is done or ended and cannot be withdrawn: dispute it or ask for rework.";
    statutory_not_due: "按现有维修记录和订单信息，还没有三包退换权利。", "By the repairs recorded and the order as it is known, no statutory exchange or refund is due.";

    // ---- claim ----
    too_many_claims: "本案索赔数量已达上限，请另建案件。", "This case has as many claims as the limit allows: open another case.";
    order_facts_missing: "找不到与索赔一致的订单行，请核对订单和商品。", "The order line of this claim was not found: check the order and the line.";
    claim_already_open: "该商品已有索赔在处理，请在原索赔中补充。", "A claim on this order line is already open: add to it.";
    claim_open_at_platform: "该商品的售后正在平台处理，请在平台上继续。", "A platform is deciding about this order line already: go on there.";
    amount_not_valid: "金额须大于零，请填写正确的金额。", "The amount must be more than zero: correct it.";
    amount_above_paid: "金额超过该商品实付减去已退的余额，请改小。", "The amount is above what was paid for this line less what was refunded: lower it.";
    statutory_remedy: "三包权利只能要求换货或退货退款，请重新选择。", "The statutory right is an exchange or a refund: choose one of them.";
    claim_ended: "这个索赔已经结束，不能再操作；如需继续请重新打开案件并新提索赔。", "This claim has ended: to go on, open the case again and file a new claim.";
    already_screened: "这份材料已经检查过。", "That piece of evidence has already been checked.";
    intercept_unfounded: "没有足够的依据拦下这张照片：需要确定由对照照片制作，并且和同一张对照照片相比被改动过。", "There is not enough to intercept this photo: it must be made from a reference photo, and edited against that same one.";
    screening_too_late: "索赔已有协议或决定，检查结果不再计入。", "The claim is already agreed or decided: the result of the check is no longer taken in.";
    screening_pending: "照片还在检查中，通常只要几十秒，请稍后再试。", "The photos are still being checked: try again in a minute.";
    evidence_closed: "现阶段不能再补充材料；收到决定后可以申诉。", "Evidence cannot be added at this stage: after a decision you may appeal.";
    not_challenged: "这张照片没有被要求重拍，请作为新材料提交。", "No new photo was asked for in place of that one: send it as additional evidence.";
    no_challenge: "现在没有等待拍摄的要求，或者时间已过：请重新取一个拍摄要求，或者把照片作为一般材料提交。", "No photo on request is awaited, or its time is over: ask for another request, or send the photos as additional evidence.";
    challenge_open: "上一个拍摄要求还在有效期内，请按它拍摄，或者等它过期后再取。", "The request that was drawn can still be answered: take that photo, or wait until its time is over.";
    too_many_challenges: "拍摄要求已取得太多次；可以提交一般照片，也可以退货或由师傅上门检测。", "Requests for a photo were drawn as often as the limit allows: send other photos, return the goods, or have a technician look.";
    cannot_ask_photo: "现在不能就这份材料要求重拍。", "A new photo cannot be asked for in place of that piece of evidence now.";
    own_evidence: "只能对另一方的材料提出异议。", "Only the other side's evidence can be disputed.";
    cannot_judge_evidence: "现阶段不能认定这份材料：需已检查且索赔未决定。", "That piece of evidence cannot be judged now: it must be checked and the claim undecided.";
    first_look_not_needed: "这个索赔不需要首次盲看，或已经看过。", "This claim needs no first look, or it has been taken.";
    photos_came: "您看的时候照片有了变化：有照片是后来到的，或者有照片已经不在。还没有记录，请把现在显示的照片看一遍再提交。", "The photos changed while you looked: some came, or some are gone. Nothing was recorded yet: look at the photos as they are shown now, then send it again.";
    first_look_first: "照片需要人工先看一眼，请审核员完成首次盲看后再继续。", "A person has to look at the photos first: wait for the reviewer's first look.";
    not_in_merchant_window: "现在不在商家可以这样答复的阶段。", "The merchant cannot answer in this way at this stage.";
    settlement_limit: "和解方案次数已达上限，请同意索赔或等待审核。", "Settlement offers have reached their limit: agree to the claim or await the review.";
    settlement_is_the_ask: "方案与索赔请求相同，请直接同意索赔。", "The offer is just what was asked: agree to the claim instead.";
    no_settlement: "没有等待答复的和解方案。", "No settlement offer waits for an answer.";
    no_counter: "没有等待答复的还价方案。", "No offer of the claimant waits for an answer.";
    counter_not_now: "现在不能提出还价方案：需有商家的方案在等待答复，或正在审核。", "The claimant cannot make an offer now: an offer of the merchant must wait for an answer, or a reviewer be looking.";
    ask_not_now: "现在不能改要求：已有方案在等待答复，或者已经商定、裁定。", "What is asked for cannot be changed now: an offer waits for an answer, or something is agreed or decided.";
    ask_no_less: "只能改成退货退款（原来要求仅退款的）或请师傅检测。", "It can be changed to a return (where a refund was asked) or to an inspection by a technician only.";
    no_evidence_round: "现在不在双方举证阶段。", "No evidence round is open.";
    round_already_done: "您已表示没有更多材料，请等待对方或期限届满。", "This side has already said that it has nothing to add: wait for the other side or the clock.";
    question_asked: "已经就这份材料提过疑问，等待人工查看。", "That question has been asked and waits for a human.";
    question_unanswered: "商家对一份材料提出了“是否为 AI 生成”的疑问，请先逐份认定（采纳或不采纳），再作决定。", "The merchant asked whether a photo was made by a machine: judge that piece first, then decide.";
    look_first: "有照片的核对结果建议由人查看，还没有人看过：请先逐份认定（采纳或不采纳），再作决定。", "The checks say that a person should look at a photo, and nobody has: judge that piece first, then decide.";
    photo_awaited: "已请对方重拍照片，时间还没有到：请等照片提交，或者等期限过后再决定。", "A new photo was asked for and there is still time to send it: wait for the photo, or until its time is over, then decide.";
    not_in_review: "索赔不在审核阶段，现在不能这样做。", "The claim is not with a reviewer at this stage.";
    reviewer_conflicted: "您与本案有利害关系或参与过本案，请由其他审核员处理。", "You are party to this case or acted on it before: another reviewer must do it.";
    platform_decides: "本案由外部平台裁决，这里只准备答复和申诉，不作决定：平台有了结果以后，请登记平台的结果。", "The outside platform decides this case; here answer and appeal are prepared and nothing is decided. Record what the platform decided once it has.";
    not_heard_yet: "一方刚补充的材料或说明、刚公开的照片检查结果，或者师傅刚提交的检测报告，相关的一方还没有足够的时间看到和答复。", "What one side added last, what was found about its photo, or what a technician reported was not there long enough for the side that it concerns to see and answer it.";
    citation_missing: "决定须至少引用一条规则或法律及其版本，请补充。", "A decision cites at least one rule or law with its version: add one.";
    without_return_not_open: "按申请当日生效的规则，这件商品不能由审核员决定仅退款不退货。可以支持退货退款、部分退款或换货；商家自愿的，由商家同意。", "By the rules in force on the day of filing, a reviewer cannot grant a refund without return here. Grant a return and refund, a partial refund or an exchange; of its own free will the merchant may agree to more.";
    partial_is_whole: "部分退款须少于实付金额；全额退还请选择退货退款或仅退款。", "A partial refund is less than what was paid: for all of it choose a return and refund, or a refund.";
    goods_at_merchant: "商品已经寄给商家，部分退款是买家留下商品时用的：请改为退货退款（可以少于全额，商品归商家）或者换货；不支持的，商家须把商品寄还买家。", "The goods went to the merchant, and a partial refund is for goods that the buyer keeps: choose a return and refund, which may be of less than all and leaves the goods with the merchant, or an exchange. Where nothing is granted, the merchant sends the goods back.";
    inspection_is_not_a_verdict: "检测不是裁决结果；请先安排检测工单，看过报告再决定。", "An inspection is not a verdict: order a work order of kind inspect, then decide on its report.";
    not_decided: "索赔没有可以申诉的决定，或申诉期已过。", "There is no decision to appeal, or the time for it is over.";
    not_in_second_review: "没有等待复核的申诉。", "No appeal waits for a second reviewer.";
    second_reviewer_differs: "作出或确认过这个决定的审核员不能再确认、复看或复核它，退回过拟作决定的审核员不能复核申诉：请换人处理。", "Whoever made or confirmed this decision neither confirms it nor looks at it again, and whoever sent a proposed one back decides no appeal: hand it to somebody else.";
    not_countersigned: "没有等待第二位审核员的决定。", "No decision waits for a second reviewer.";
    second_look_is_blind: "您退回过这个申请的拟作决定，或者作出过复核决定：抽查复看须由还没有对这个申请表过态的审核员来做，请换人处理。", "You sent a proposed decision of this claim back, or decided its appeal: the second look is for a reviewer who has not said yet how they would decide it. Hand it to somebody else.";
    not_sampled: "这个决定没有被抽中复看，或已经复看过。", "This decision was not drawn for a second look, or it was taken.";
    already_recused: "您已经回避了这个索赔。", "You stepped back from this claim already.";
    nothing_to_return: "现在没有需要寄回的商品。", "No goods have to be sent back now.";
    goods_come_back: "这个申请没有可以撤回的了：商家须把商品寄还买家，没有寄还的由审核员处理。", "Nothing of this claim is left to withdraw: the merchant has to send the goods back to the buyer, and a reviewer sees to it if they do not come.";
    refund_on_its_way: "商家已收到退回的商品，退款正在支付，现在不能撤回申请。", "The merchant has the goods and the refund for them is being paid: the claim can no longer be withdrawn.";
    nothing_to_receive: "现在没有等待验收的退货。", "No returned goods wait to be received.";
    nothing_to_exchange: "现在没有需要寄出的换货。", "No exchange has to be sent now.";
    payment_not_authorized: "这笔退款没有经人授权，不能登记；请先由商家同意或审核员决定。", "No payment is authorized on this claim: a merchant's agreement or a reviewer's decision comes first.";
    payment_already_recorded: "这笔退款已经登记过，请核对支付流水。", "The payment of this claim is already recorded: check the provider's records.";
    payment_amount_differs: "付款金额与授权金额不一致，请核对后重新登记。", "The amount paid is not the amount authorized: check it and record it again.";
    not_contestable: "只有经审核员决定、已经付款、尚未复核过的退款可以在申诉期内请求复核。", "Only a refund that a reviewer decided, that was paid and was not appealed can be contested, within the time for an appeal.";
    refund_contested: "这笔退款已经付给您，商家请求了复核，现在不能撤回申请；您可以补充说明和照片，由另一位审核员决定。", "This refund was paid and the merchant asked for a second review, which a withdrawal does not end: add what you have to say, and another reviewer decides.";
    freight_not_found: "运费由复核的审核员认定，不能高于商家所述；退款仍有一部分成立时，买家不承担运费。", "Freight is found by the second reviewer: no more than the merchant stated, and none where a part of the refund stands.";
    above_paid_refund: "这笔退款已经付出；复核只能维持或者减少，不能改成别的方式或者更多。", "This refund was paid: a second review can leave it or lower it, not turn it into something else or more.";
    no_recovery: "没有等待了结的追偿。", "No recovery waits to be settled.";
    recovery_amount: "追偿了结的金额须大于零且不超过应追回的合计；放弃追偿的金额须为零。", "The amount must be above zero and at most what is owed back, and zero where the merchant asks for no more.";
    compensation_needs_rule: "平台补偿须由风控经理登记，并写明所依据的规则及版本。", "A compensation by the platform is recorded by a risk manager, with the rule it follows and its version.";
    history_objected_already: "已经提出过异议，历史结果不会再被使用。", "The objection stands already: earlier outcomes are not used.";
    referral_exists: "已有移交标记，不必重复。", "The claim already carries a referral.";
    sharing_not_final: "只有申请已由人工裁定、不利于提交照片的一方，并且申诉和复核的时间都已结束，才能把照片列入名单。", "A photo goes into the list only when a human has decided the claim against whoever sent it, and no appeal or second review is possible any more.";
    sharing_not_judged: "只有审核员没有采用（不采纳）的照片才能列入名单，视频不能。", "Only a photo that a reviewer set aside goes into the list, and no clip does.";
    sharing_begun: "这张照片已经在列入名单的流程里，或者流程已经结束。", "This photo is on its way into the list already, or was.";
    sharing_same_person: "您已经看过这张照片，须由另一位同事确认。", "You have looked at this photo already: another colleague has to.";
    sharing_reply_time: "告知之后的 15 天答复期还没有结束。", "The 15 days in which whoever sent the photo may reply are not over.";
    sharing_reply_open: "有一份答复还没有人看过，请先处理。", "A reply waits and nobody has considered it: do that first.";
    sharing_replies: "答复次数已达上限。", "As many replies were sent as the limit allows.";
    sharing_not_now: "这一步现在不能做，请刷新页面查看进展。", "This step does not follow here: refresh the page and see how far it is.";
    no_referral: "没有可以撤回的移交标记。", "The claim carries no referral to take back.";
}

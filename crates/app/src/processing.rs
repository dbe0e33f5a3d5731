//! The record of what personal data is processed (个人信息保护法 54–56, GB/T 35273-2020 11.3): which, for what, on which ground, who
//! gets it, until when it is kept, and what protects it. It is made of what the program does: a kind of sealed field, a purpose of
//! the system's own and a period of the rule pack without an entry here is a program that does not compile, or a test that fails.

use crate::access::staff;
use crate::app::App;
use crate::error::AppError;
use crate::limits::{APPLICATION_KEPT_DAYS, FINGERPRINT_DAYS, MESSAGES_KEPT_MS};
use crate::principal::Principal;
use crate::warranty::csv_cell;
use aftercare_domain::audit::{PersonField, ReadPurpose, UsePurpose};
use aftercare_domain::ids::TenantId;
use aftercare_domain::pack::{RECORDS_DAYS_MIN, Retention};
use aftercare_domain::time::DAY_MS;
use aftercare_domain::{Day, Role, Timestamp};
use aftercare_store::Store;
use std::fmt::Write as _;

/// The same in Chinese and in English.
type Both = (&'static str, &'static str);

/// Until when something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// By this period of the rule pack, counted from the end of the case.
    Rule(&'static str),
    /// So many days after it came.
    Days(i64),
    /// So many days after a person decided, or whom it is about took it back.
    Decided(i64),
    /// As the words say.
    Until(Both),
}

/// A kind of personal data that is processed.
struct Kind {
    name: &'static str,
    what: Both,
    purpose: Both,
    basis: Both,
    recipients: Both,
    measures: Both,
    kept: Kept,
}

const CONTRACT: Both = (
    "为订立、履行个人作为一方当事人的合同所必需（个人信息保护法 13(1)二）；页面另征得同意",
    "needed for a contract with the person (Personal Information Protection Law 13(1)2); the page asks for consent besides",
);
const CONSENT: Both = (
    "地图上的点：取得个人同意（个人信息保护法 13(1)一、15），本人可随时在案件页面撤回；地址所在的乡镇：同地址",
    "the point on the map: consent (Personal Information Protection Law 13(1)1, 15), taken back at any time on the page of the case; the town of the address: as the address",
);
const LEGAL_DUTY: Both = (
    "为履行法定义务所必需（个人信息保护法 13(1)三；电子商务法 31）",
    "needed for a duty by law (Personal Information Protection Law 13(1)3; E-Commerce Law 31)",
);
const SECURITY: Both = (
    "为履行法定义务所必需（个人信息保护法 51、54；网络安全法）",
    "needed for a duty by law (Personal Information Protection Law 51, 54; Cybersecurity Law)",
);
const PERSON_KEY: Both = (
    "逐字段加密，密钥属于本人，销毁密钥即销毁；每次查看先写入日志并注明理由",
    "each field sealed under a key of that person, destroyed with it; every look is in the log before, with its reason",
);
const CASE_KEY: Both = (
    "在案件密钥下加密；每位读者每天第一次打开先写入日志",
    "sealed under the key of the case; each reader's first look of a day is in the log before",
);
const TENANT_KEY: Both = (
    "在本店密钥下加密，不进日志",
    "sealed under a key of the shop, and not in the log",
);
const STAFF_ON_CASE: Both = (
    "客服、派单员；上门期间的师傅",
    "agents and dispatchers; the technician while the visit is under way",
);
const BOTH_SIDES: Both = (
    "案件双方、经办的客服、派单员、审核员；上门的师傅只看自己的工单",
    "both sides of the case, the agents, dispatchers and reviewers who handle it; a technician the own work alone",
);

/// Every kind, in the order of the record.
static KINDS: [Kind; 19] = [
    Kind {
        name: "name",
        what: ("姓名", "name"),
        purpose: (
            "联系、上门和核对订单的买家",
            "contact, visits, and matching the buyer of an order",
        ),
        basis: CONTRACT,
        recipients: STAFF_ON_CASE,
        measures: PERSON_KEY,
        kept: Kept::Rule("contact"),
    },
    Kind {
        name: "phone",
        what: ("电话号码", "telephone number"),
        purpose: (
            "发送链接、验证码和进度，回电，通过隐私号联系",
            "to send link, code and progress, to call back, to be reached through a number in between",
        ),
        basis: CONTRACT,
        recipients: (
            "客服、派单员；上门期间的师傅；机构选定的短信通道和隐私号运营者",
            "agents and dispatchers; the technician while the visit is under way; the carrier of messages and the operator of relay numbers that the organization chose",
        ),
        measures: PERSON_KEY,
        kept: Kept::Rule("contact"),
    },
    Kind {
        name: "address",
        what: ("地址", "address"),
        purpose: (
            "上门服务，判断服务区域",
            "visits, and which area serves them",
        ),
        basis: CONTRACT,
        recipients: STAFF_ON_CASE,
        measures: PERSON_KEY,
        kept: Kept::Rule("contact"),
    },
    Kind {
        name: "place",
        what: ("位置坐标", "coordinates"),
        purpose: (
            "计算上门路程，安排师傅",
            "distances of visits, and whom to send",
        ),
        basis: CONSENT,
        recipients: STAFF_ON_CASE,
        measures: PERSON_KEY,
        kept: Kept::Rule("contact"),
    },
    Kind {
        name: "masked",
        what: (
            "遮蔽形式（如 138****0000）和号码的带密钥索引",
            "masked forms (such as 138****0000) and keyed indexes of the number",
        ),
        purpose: (
            "列表里辨认案件，按号码查找",
            "to tell cases apart in lists, and to find them by the number",
        ),
        basis: CONTRACT,
        recipients: BOTH_SIDES,
        measures: (
            "在展示密钥下加密；索引离开密钥不能猜",
            "sealed under a key for showing; without its key the index cannot be guessed",
        ),
        kept: Kept::Rule("contact"),
    },
    Kind {
        name: "texts",
        what: (
            "案件里写下的文字、查看和保全的理由",
            "what is written in a case, and reasons of looks and holds",
        ),
        purpose: (
            "处理案件，听取双方意见",
            "to handle the case and hear both sides",
        ),
        basis: CONTRACT,
        recipients: (
            "案件双方、经办的客服、派单员、审核员；上门的师傅只看自己的工单；机构开启的回复建议服务只收去掉姓名、号码和地址的留言",
            "both sides of the case, the agents, dispatchers and reviewers who handle it; a technician the own work alone; a provider of drafts that the organization turned on, messages without names, numbers and addresses",
        ),
        measures: CASE_KEY,
        kept: Kept::Rule("texts"),
    },
    Kind {
        name: "invoices",
        what: (
            "发票抬头、税号和接收邮箱；付款的流水号，少收和退款的原因",
            "to whom an invoice is made out, with tax number and e-mail; the reference of a payment, and why less was asked for or money went back",
        ),
        purpose: (
            "应客户申请开具发票，登记付款",
            "an invoice that the customer asked for, and the record of what was paid",
        ),
        basis: CONTRACT,
        recipients: ("客服、派单员", "agents and dispatchers"),
        measures: CASE_KEY,
        kept: Kept::Rule("texts"),
    },
    Kind {
        name: "photos",
        what: (
            "照片、画面、预览和检查时画出的图",
            "photos, stills, previews and what checks drew",
        ),
        purpose: (
            "核对商品状况，与商品图和已有照片比对",
            "the state of the goods, compared with listing photos and with photos that are known",
        ),
        basis: CONTRACT,
        recipients: BOTH_SIDES,
        measures: CASE_KEY,
        kept: Kept::Rule("photos"),
    },
    Kind {
        name: "clips",
        what: ("视频和语音留言", "clips and voice notes"),
        purpose: (
            "核对商品状况，听取双方意见",
            "the state of the goods, and what both sides say",
        ),
        basis: CONTRACT,
        recipients: BOTH_SIDES,
        measures: CASE_KEY,
        kept: Kept::Rule("clips"),
    },
    Kind {
        name: "fingerprints",
        what: (
            "照片的图像指纹、文件哈希和文件里读到的标记",
            "fingerprints of photos, hashes of their files, and marks read in them",
        ),
        purpose: (
            "发现同一张照片被再次使用",
            "to find a photo that is used again",
        ),
        basis: CONTRACT,
        recipients: (
            "不给任何人；人工判定为伪造的照片可由人决定提交共享名单",
            "nobody; a human may put a photo that was judged forged into the shared list",
        ),
        measures: (
            "加密，只在内存里比对",
            "sealed, and compared in memory only",
        ),
        kept: Kept::Days(FINGERPRINT_DAYS),
    },
    Kind {
        name: "packing",
        what: (
            "打包记录：照片、视频、运单号、重量",
            "packing records: photos, clips, waybill, weight",
        ),
        purpose: ("说明发货时的状况", "how the goods were when they were sent"),
        basis: LEGAL_DUTY,
        recipients: BOTH_SIDES,
        measures: TENANT_KEY,
        kept: Kept::Rule("texts"),
    },
    Kind {
        name: "calls",
        what: (
            "来电号码和录音所在位置",
            "numbers of calls, and where their recordings lie",
        ),
        purpose: (
            "接听、回电，完工后回访",
            "to answer, to call back, and to ask how finished work was",
        ),
        basis: CONTRACT,
        recipients: ("客服、派单员", "agents and dispatchers"),
        measures: PERSON_KEY,
        kept: Kept::Rule("contact"),
    },
    Kind {
        name: "customers",
        what: (
            "从其他系统导入的客户：姓名、电话、地址、语言、本店客户编号",
            "customers taken over from another program: name, number, address, language, their number at the shop",
        ),
        purpose: (
            "认出来电的客户，替客户填写报修",
            "to recognize who calls, and to fill in their report",
        ),
        basis: (
            "为履行与客户的合同所必需（个人信息保护法 13(1)二）；导入前由本店告知并确认依据",
            "needed for a contract with the customer (Personal Information Protection Law 13(1)2); the shop tells them and makes sure of its ground before it takes them over",
        ),
        recipients: (
            "客服、派单员；导出时为管理员",
            "agents and dispatchers; an administrator who takes them out",
        ),
        measures: PERSON_KEY,
        kept: Kept::Until((
            "导入或更正后，按联系方式的保存天数；本人要求删除时一并销毁",
            "as many days after they were taken over or put right as contact data is kept; destroyed with the person who asks for it",
        )),
    },
    Kind {
        name: "messages",
        what: ("等待发送的消息", "messages that wait to be sent"),
        purpose: ("告知进度", "to tell the progress"),
        basis: CONTRACT,
        recipients: (
            "机构选定的短信通道",
            "the carrier of messages that the organization chose",
        ),
        measures: TENANT_KEY,
        kept: Kept::Days(MESSAGES_KEPT_MS / DAY_MS),
    },
    Kind {
        name: "relay_numbers",
        what: (
            "客户和师傅之间的隐私号",
            "numbers between a customer and a technician",
        ),
        purpose: (
            "双方通话而不见对方号码",
            "to let both call without seeing each other's number",
        ),
        basis: CONTRACT,
        recipients: ("隐私号运营者", "the operator of the relay numbers"),
        measures: CASE_KEY,
        kept: Kept::Rule("texts"),
    },
    Kind {
        name: "number_reports",
        what: ("访客反馈的可疑号码", "numbers that visitors reported"),
        purpose: ("防止冒充", "against pretenders"),
        basis: (
            "个人主动提供，经其同意（个人信息保护法 13(1)一）",
            "given by the person, with consent (Personal Information Protection Law 13(1)1)",
        ),
        recipients: (
            "客服、派单员、管理员",
            "agents, dispatchers, administrators",
        ),
        measures: TENANT_KEY,
        kept: Kept::Until(("直到有人看过", "until a person has looked at it")),
    },
    Kind {
        name: "applications",
        what: (
            "申请做师傅的人：姓名、电话、区县、证书编号和照片、拒绝的理由和本人的答复",
            "applicants to be a technician: name, number, county, numbers and photos of certificates, the reasons of a refusal and the answer to it",
        ),
        purpose: (
            "核对身份和证书，决定是否接受",
            "to check identity and certificates, and to decide",
        ),
        basis: (
            "个人主动提供，经其同意（个人信息保护法 13(1)一）",
            "given by the person, with consent (Personal Information Protection Law 13(1)1)",
        ),
        recipients: (
            "管理员；派单员只看遮蔽形式和结果",
            "administrators; dispatchers read masked forms and outcomes",
        ),
        measures: PERSON_KEY,
        kept: Kept::Decided(APPLICATION_KEPT_DAYS),
    },
    Kind {
        name: "orders",
        what: (
            "订单事实、处理结果、偏好和本人的选择",
            "order facts, outcomes, and what the person chose",
        ),
        purpose: (
            "处理案件，留存交易记录",
            "to handle cases, and to keep records of trade",
        ),
        basis: LEGAL_DUTY,
        recipients: BOTH_SIDES,
        measures: (
            "不含姓名、电话、地址；人员以编号代替",
            "without name, number and address; people stand under ids",
        ),
        kept: Kept::Rule("records"),
    },
    Kind {
        name: "accounts",
        what: (
            "员工账号、对接系统的地址、登录和查看记录",
            "accounts of staff, addresses of connected systems, sign-ins and looks",
        ),
        purpose: (
            "权限、安全和事后追查",
            "access, security, and finding out afterwards",
        ),
        basis: SECURITY,
        recipients: ("管理员、审计员", "administrators and auditors"),
        measures: (
            "密码只存 Argon2id 摘要；地址和密钥在本店密钥下加密；日志只能追加",
            "of passwords the Argon2id hash alone; addresses and secrets sealed under a key of the shop; the log is only added to",
        ),
        kept: Kept::Until((
            "账号存续期间；日志长期保存，里面没有个人信息",
            "while the account exists; the log stays, and nothing personal is in it",
        )),
    },
];

/// The kind that a field of a person belongs to.
#[must_use]
pub const fn kind_of(field: PersonField) -> &'static str {
    match field {
        PersonField::Name => "name",
        PersonField::Phone => "phone",
        PersonField::Address => "address",
        PersonField::Place => "place",
    }
}

/// What the system opens fields of people for, by itself, in words.
#[must_use]
pub const fn use_words(purpose: UsePurpose) -> (&'static str, &'static str) {
    match purpose {
        UsePurpose::Notify => ("向本人发送消息", "to send the person a message"),
        UsePurpose::Dispatch => (
            "计算上门路程和时间",
            "to compute distances and times of visits",
        ),
        UsePurpose::Relay => (
            "在客户和师傅之间设置隐私号",
            "to put a number between a customer and a technician",
        ),
    }
}

/// What the system opens texts and photos of a case for, by itself, in words.
#[must_use]
pub const fn read_words(purpose: ReadPurpose) -> (&'static str, &'static str) {
    match purpose {
        ReadPurpose::Inspect => ("检查照片", "to check its photos"),
        ReadPurpose::Fingerprint => (
            "重新计算照片的指纹",
            "to make the fingerprint of a photo anew",
        ),
        ReadPurpose::Notify => (
            "向申请人发送链接和验证码",
            "to send the claimant link and code",
        ),
        ReadPurpose::Share => (
            "把人工判定为伪造的照片提交共享名单",
            "to put its photo, which was judged forged, into a shared list",
        ),
    }
}

/// What the system opens something for by itself.
const USES: [UsePurpose; 3] = [UsePurpose::Notify, UsePurpose::Dispatch, UsePurpose::Relay];
const READS: [ReadPurpose; 4] = [
    ReadPurpose::Inspect,
    ReadPurpose::Fingerprint,
    ReadPurpose::Notify,
    ReadPurpose::Share,
];

/// Something in Chinese and English.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct InBoth {
    pub zh: String,
    pub en: String,
}

impl InBoth {
    fn of((zh, en): Both) -> Self {
        Self {
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }
}

/// A line of the record.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct ProcessedKind {
    /// Stable name, such as `phone`.
    pub name: String,
    pub what: InBoth,
    pub purpose: InBoth,
    /// The ground in law.
    pub basis: InBoth,
    pub recipients: InBoth,
    /// Until when it is kept.
    pub kept: InBoth,
    pub measures: InBoth,
}

/// The record.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct ProcessingRecord {
    pub organization: String,
    #[schema(value_type = i64)]
    pub made_at: Timestamp,
    pub kinds: Vec<ProcessedKind>,
    /// What the system itself opens something for; each time is an event of the log before.
    pub own_purposes: Vec<InBoth>,
}

/// The days of a period of the rule pack; none where what it is about ends by no rule.
fn days(periods: &Retention, rule: &str) -> Option<u32> {
    match rule {
        "contact" => Some(periods.contact_days),
        "clips" => Some(periods.clips_days),
        "photos" => periods.photos_days,
        "texts" => periods.texts_days,
        _ => None,
    }
}

fn kept(kept: Kept, periods: &Retention) -> InBoth {
    match kept {
        Kept::Until(words) => InBoth::of(words),
        Kept::Days(days) => InBoth {
            zh: format!("收到后 {days} 天"),
            en: format!("{days} days after it came"),
        },
        Kept::Decided(days) => InBoth {
            zh: format!("有结果或撤回后 {days} 天"),
            en: format!("{days} days after it was decided or taken back"),
        },
        Kept::Rule(rule) => match days(periods, rule) {
            Some(days) => InBoth {
                zh: format!("案件结束后 {days} 天"),
                en: format!("{days} days after the end of the case"),
            },
            None => InBoth {
                zh: format!("案件结束后至少 {RECORDS_DAYS_MIN} 天"),
                en: format!("at least {RECORDS_DAYS_MIN} days after the end of the case"),
            },
        },
    }
}

fn processed(kind: &Kind, periods: &Retention) -> ProcessedKind {
    ProcessedKind {
        name: kind.name.to_owned(),
        what: InBoth::of(kind.what),
        purpose: InBoth::of(kind.purpose),
        basis: InBoth::of(kind.basis),
        recipients: InBoth::of(kind.recipients),
        kept: kept(kind.kept, periods),
        measures: InBoth::of(kind.measures),
    }
}

/// What is said of a field of a person, with these periods.
pub(crate) fn of_field(field: PersonField, periods: &Retention) -> Option<ProcessedKind> {
    let kind = KINDS.iter().find(|kind| kind.name == kind_of(field))?;
    Some(processed(kind, periods))
}

/// The record of a tenant on a day, by the rule pack that is in force then.
///
/// # Errors
/// What the store says, and a published rule pack that cannot be read.
pub async fn record(
    store: &dyn Store,
    tenant: TenantId,
    now: Timestamp,
) -> Result<ProcessingRecord, AppError> {
    let mut rows = store.rule_packs(tenant).await?;
    rows.retain(|row| row.published.is_some());
    let published = crate::rule_packs::shelf_of(&rows)?;
    let pack = published.shelf.pack_of(Day::of(now));
    let periods = pack.map(|pack| pack.retention).unwrap_or_default();
    let row = store.tenant(tenant).await?;
    let uses = USES.iter().map(|purpose| use_words(*purpose));
    let reads = READS.iter().map(|purpose| read_words(*purpose));
    Ok(ProcessingRecord {
        organization: row.map(|row| row.name).unwrap_or_default(),
        made_at: now,
        kinds: KINDS.iter().map(|kind| processed(kind, &periods)).collect(),
        own_purposes: uses.chain(reads).map(InBoth::of).collect(),
    })
}

/// Headings of the record.
const HEADINGS: [Both; 6] = [
    ("信息种类", "kind of data"),
    ("目的", "purpose"),
    ("依据", "ground"),
    ("接收方", "recipients"),
    ("保存期限", "kept"),
    ("保护措施", "measures"),
];

const fn cells(kind: &ProcessedKind) -> [&InBoth; 6] {
    [
        &kind.what,
        &kind.purpose,
        &kind.basis,
        &kind.recipients,
        &kind.kept,
        &kind.measures,
    ]
}

impl ProcessingRecord {
    /// As a table for a spreadsheet, each column in Chinese and then in English.
    #[must_use]
    pub fn csv(&self) -> String {
        let headings = HEADINGS.iter().flat_map(|heading| [heading.0, heading.1]);
        let mut text = std::iter::once("name")
            .chain(headings)
            .map(csv_cell)
            .collect::<Vec<_>>()
            .join(",");
        text.push_str("\r\n");
        for kind in &self.kinds {
            let both = cells(kind);
            let both = both
                .iter()
                .flat_map(|cell| [cell.zh.as_str(), cell.en.as_str()]);
            let row: Vec<String> = std::iter::once(kind.name.as_str())
                .chain(both)
                .map(csv_cell)
                .collect();
            text.push_str(&row.join(","));
            text.push_str("\r\n");
        }
        text
    }

    /// As Markdown, in Chinese and then in English.
    #[must_use]
    pub fn markdown(&self) -> String {
        let made = self.made_at.to_china_minute();
        let mut text = String::new();
        for is_zh in [true, false] {
            let pick = |both: &InBoth| {
                if is_zh {
                    both.zh.clone()
                } else {
                    both.en.clone()
                }
            };
            let (title, about, own) = if is_zh {
                (
                    "个人信息处理活动记录",
                    "生成于",
                    "系统自身打开个人信息的目的",
                )
            } else {
                (
                    "Record of processing of personal data",
                    "made at",
                    "What the system opens personal data for by itself",
                )
            };
            // Writing to a string never fails.
            let _ = writeln!(
                text,
                "# {title}\n\n{} · {about} {made}\n",
                self.organization
            );
            let heads = HEADINGS.map(|heading| if is_zh { heading.0 } else { heading.1 });
            let _ = writeln!(text, "| {} |\n|---|---|---|---|---|---|", heads.join(" | "));
            for kind in &self.kinds {
                let row: Vec<String> = cells(kind).into_iter().map(pick).collect();
                let _ = writeln!(text, "| {} |", row.join(" | "));
            }
            let _ = writeln!(text, "\n## {own}\n");
            for purpose in &self.own_purposes {
                let _ = writeln!(text, "- {}", pick(purpose));
            }
            text.push('\n');
        }
        let mut text = text.trim_end().to_owned();
        text.push('\n');
        text
    }
}

impl App {
    /// The record of what personal data the organization processes.
    ///
    /// # Errors
    /// A missing role.
    pub async fn processing_record(
        &self,
        principal: &Principal,
    ) -> Result<ProcessingRecord, AppError> {
        staff(principal, &[Role::Admin, Role::Auditor])?;
        record(self.store(), principal.tenant(), self.now()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Places at which something is sealed, as the sources write them, and the kind of the record that it belongs to. A place that
    /// is not here has no entry in the record.
    const SEALED: [(&str, &str); 22] = [
        ("applications.rs: APPLICATIONS, column", "applications"),
        ("calls.rs: RECORDING.0, \"reason\"", "texts"),
        ("calls.rs: RECORDING.0, RECORDING.1", "calls"),
        ("customers.rs: TABLE, \"reason\"", "texts"),
        ("evidence.rs: crate::marks::FIELD", "fingerprints"),
        ("evidence.rs: \"plain_hash\"", "fingerprints"),
        ("notify.rs: TABLE, COLUMN", "messages"),
        ("opening.rs: TABLE, column(field)", "name"),
        ("own_data.rs: TABLE, \"reason\"", "texts"),
        (
            "sealing.rs: \"packing_pieces\", \"plain_hash_sealed\"",
            "packing",
        ),
        ("sealing.rs: \"packing_records\", \"sealed\"", "packing"),
        ("people.rs: TABLE, MASKED_ADDRESS", "masked"),
        ("people.rs: TABLE, MASKED_PHONE", "masked"),
        ("people.rs: TABLE, column", "masked"),
        ("people.rs: TABLE, column(PersonField::Address)", "address"),
        ("people.rs: TABLE, column(PersonField::Phone)", "phone"),
        ("people.rs: TABLE, column(PersonField::Place)", "place"),
        ("people.rs: TABLE, column(field)", "name"),
        (
            "register.rs: \"tenants\", \"number_report\"",
            "number_reports",
        ),
        ("relays.rs: NUMBER", "relay_numbers"),
        ("sealing.rs: CASE_TEXT.0, column", "texts"),
        ("sealing.rs: \"fingerprints\", \"sealed\"", "fingerprints"),
    ];

    /// Places where nothing of a customer is sealed but what stands with the accounts.
    const OF_ACCOUNTS: [&str; 1] = ["webhooks.rs: TABLE, column"];

    fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    /// What stands between the brackets after `call`, each time, where `before` does not stand before it.
    fn arguments(text: &str, call: &str, before: char) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        for (at, _) in text.match_indices(call) {
            if text[..at].ends_with(before) {
                continue;
            }
            let rest = &text[at + call.len()..];
            let mut open = 1;
            let end = rest.find(|letter: char| {
                open += i32::from(letter == '(') - i32::from(letter == ')');
                open == 0
            });
            let inner = rest[..end.expect("a closing bracket")].replace('\n', " ");
            let parts = inner.split(',').map(|part| part.trim().to_owned());
            found.push(parts.filter(|part| !part.is_empty()).collect());
        }
        found
    }

    #[test]
    fn what_is_for_an_invoice_and_what_somebody_says_have_an_entry() {
        let what = |name: &str| {
            let kind = KINDS.iter().find(|kind| kind.name == name);
            kind.map_or("", |kind| kind.what.1)
        };
        assert!(what("invoices").contains("tax number"));
        assert!(what("clips").contains("voice notes"));
    }

    #[test]
    fn every_kind_of_sealed_field_has_an_entry() {
        let mut files = Vec::new();
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut files,
        );
        let mut places = BTreeSet::new();
        for file in files {
            let name = file.file_name().expect("a name").to_string_lossy();
            if name == "processing.rs" {
                continue;
            }
            let text = std::fs::read_to_string(&file).expect("a text");
            // `RevealField::new` names a field, and seals nothing.
            for parts in arguments(&text, "Field::new(", 'l') {
                if let [table, _, column] = parts.as_slice() {
                    places.insert(format!("{name}: {table}, {column}"));
                }
            }
            for parts in arguments(&text, ".seal_bytes(", '\0') {
                places.insert(format!("{name}: {}", parts[0]));
            }
        }
        let known: BTreeSet<String> = SEALED
            .iter()
            .map(|(place, _)| *place)
            .chain(OF_ACCOUNTS)
            .map(str::to_owned)
            .collect();
        assert_eq!(places, known, "what is sealed, and what the record says");
        for (place, kind) in SEALED {
            assert!(KINDS.iter().any(|known| known.name == kind), "{place}");
        }
    }

    #[test]
    fn every_field_of_a_person_and_every_period_of_the_rules_has_an_entry() {
        let periods = Retention::default();
        for field in [
            PersonField::Name,
            PersonField::Phone,
            PersonField::Address,
            PersonField::Place,
        ] {
            let said = of_field(field, &periods).expect("an entry");
            assert_eq!(said.kept.en, "365 days after the end of the case");
        }
        let rules: BTreeSet<&str> = KINDS
            .iter()
            .filter_map(|kind| match kind.kept {
                Kept::Rule(rule) => Some(rule),
                Kept::Days(_) | Kept::Decided(_) | Kept::Until(_) => None,
            })
            .collect();
        let known = ["clips", "contact", "photos", "records", "texts"];
        assert_eq!(rules, BTreeSet::from(known));
        let names: BTreeSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), KINDS.len());
    }

    #[test]
    fn every_cell_is_said_in_both_languages_and_stays_in_its_place() {
        let record = ProcessingRecord {
            organization: "示例店".to_owned(),
            made_at: Timestamp(1_793_581_200_000),
            kinds: KINDS
                .iter()
                .map(|kind| processed(kind, &Retention::default()))
                .collect(),
            own_purposes: USES
                .iter()
                .map(|purpose| InBoth::of(use_words(*purpose)))
                .collect(),
        };
        for kind in &record.kinds {
            for cell in cells(kind) {
                assert!(!cell.zh.is_empty() && !cell.en.is_empty());
                let is_chinese = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
                assert!(!cell.en.contains(is_chinese), "{}", cell.en);
                assert!(!cell.zh.contains('|') && !cell.en.contains('|'), "{cell:?}");
            }
        }
        let csv = record.csv();
        assert_eq!(csv.lines().count(), KINDS.len() + 1);
        for line in csv.lines() {
            assert_eq!(line.matches("\",\"").count(), 12, "{line}");
        }
        let markdown = record.markdown();
        let rows = markdown.lines().filter(|line| line.starts_with("| "));
        assert_eq!(rows.count(), 2 * (KINDS.len() + 1));
    }
}

//! A draft of what has to be told when personal data may have come into wrong hands (个人信息保护法, article 57): what the log says
//! of that time, and blanks for what only people can know. Nothing of a person is opened for it, and nothing of one is in it.

use crate::acts::acts_within;
use crate::limits::BREACH_CASES_NAMED_MAX;
use crate::numbers::case_number;
use aftercare_domain::audit::{AuditBody, AuditEvent, PersonField};
use aftercare_domain::ids::{CaseId, PersonId, TenantId, UserId};
use aftercare_domain::{Actor, Timestamp};
use aftercare_store::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// Acts of the log by which something was opened, or was tried to be.
const ACTS: [&str; 4] = [
    "data_revealed.v1",
    "data_used.v1",
    "case_read.v1",
    "sign_in_refused.v1",
];

/// The fields of a person, with their names in Chinese and English.
static FIELDS: [(PersonField, &str, &str); 4] = [
    (PersonField::Name, "姓名", "name"),
    (PersonField::Phone, "电话号码", "telephone number"),
    (PersonField::Address, "地址", "address"),
    (PersonField::Place, "位置坐标", "coordinates"),
];

/// What the log is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Whose people.
    pub tenant: TenantId,
    /// From when on.
    pub from: Timestamp,
    /// Until before when.
    pub until: Timestamp,
    /// An account, where it is about what that one opened.
    pub account: Option<UserId>,
}

/// What somebody opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The people of whom each field was opened.
    pub fields: BTreeMap<PersonField, BTreeSet<PersonId>>,
    /// The cases that this was about.
    pub cases: BTreeSet<CaseId>,
    /// The cases whose texts or photos were read.
    pub read: BTreeSet<CaseId>,
    /// The places in the log.
    pub events: BTreeSet<u64>,
}

impl Opened {
    /// Everybody of whom anything was opened.
    #[must_use]
    pub fn people(&self) -> BTreeSet<PersonId> {
        self.fields.values().flatten().copied().collect()
    }

    fn count(&self, field: PersonField) -> usize {
        self.fields.get(&field).map_or(0, BTreeSet::len)
    }

    fn open(
        &mut self,
        seq: u64,
        case: Option<CaseId>,
        persons: &[PersonId],
        fields: &[PersonField],
    ) {
        for field in fields {
            self.fields.entry(*field).or_default().extend(persons);
        }
        self.cases.extend(case);
        self.events.insert(seq);
    }

    fn read(&mut self, seq: u64, case: CaseId) {
        self.read.insert(case);
        self.events.insert(seq);
    }

    fn add(&mut self, other: &Self) {
        for (field, persons) in &other.fields {
            self.fields.entry(*field).or_default().extend(persons);
        }
        self.cases.extend(&other.cases);
        self.read.extend(&other.read);
        self.events.extend(&other.events);
    }
}

/// What the log says of a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What each account opened.
    pub by_account: BTreeMap<UserId, Opened>,
    /// What the system opened for its own work; nothing where one account is asked about.
    pub by_system: Opened,
    /// Sign-ins that were refused.
    pub refused: usize,
    /// People who are there now, whose data nobody has destroyed.
    pub people: u64,
    /// Cases whose texts or photos are there now.
    pub cases: u64,
}

impl Findings {
    /// What all accounts opened together.
    #[must_use]
    pub fn all(&self) -> Opened {
        let mut all = Opened::default();
        for opened in self.by_account.values() {
            all.add(opened);
        }
        all
    }

    fn take(&mut self, seq: u64, act: &AuditEvent, only: Option<UserId>) {
        let account = account(act.by);
        let is_asked = |user: Option<UserId>| only.is_none() || user == only;
        match &act.body {
            AuditBody::DataRevealed {
                person,
                case,
                fields,
                ..
            } => {
                if let Some(user) = account.filter(|user| is_asked(Some(*user))) {
                    let opened = self.by_account.entry(user).or_default();
                    opened.open(seq, *case, &[*person], fields);
                }
            }
            AuditBody::DataUsed {
                case,
                persons,
                fields,
                ..
            } if only.is_none() => self.by_system.open(seq, *case, persons, fields),
            AuditBody::CaseRead {
                case,
                purpose: Some(_),
            } if only.is_none() => self.by_system.read(seq, *case),
            // Of what claimants read of their own cases nothing is to be told.
            AuditBody::CaseRead {
                case,
                purpose: None,
            } => {
                if let Some(user) = account.filter(|user| is_asked(Some(*user))) {
                    self.by_account.entry(user).or_default().read(seq, *case);
                }
            }
            AuditBody::SignInRefused { user } if is_asked(*user) => self.refused += 1,
            _ => {}
        }
    }
}

/// The account behind an act; none for claimants and the system.
pub(crate) const fn account(by: Actor) -> Option<UserId> {
    match by {
        Actor::Human(human) => Some(human.user),
        Actor::Technician { user, .. } | Actor::Integrator { user } => Some(user),
        Actor::Claimant { .. } | Actor::System => None,
    }
}

/// What the log says of a time.
///
/// # Errors
/// What the store says; [`StoreError::Corrupt`] for an event that is none.
pub async fn findings(store: &dyn Store, asked: &Asked) -> Result<Findings, StoreError> {
    let mut found = Findings::default();
    for (seq, act) in acts_within(store, asked.tenant, &ACTS, asked.from..asked.until).await? {
        found.take(seq, &act, asked.account);
    }
    for used in store.key_usage().await? {
        if used.tenant == Some(asked.tenant) {
            found.people += used.persons;
            found.cases += used.each_case;
        }
    }
    Ok(found)
}

/// What the draft names beside what was found.
pub struct Names<'a> {
    /// The organization.
    pub organization: &'a str,
    /// Logins of the accounts.
    pub logins: &'a BTreeMap<UserId, String>,
    /// When the draft is made.
    pub made: Timestamp,
}

impl Names<'_> {
    fn login(&self, user: UserId) -> String {
        let login = self.logins.get(&user).cloned();
        login.unwrap_or_else(|| user.to_string())
    }
}

/// The draft in Chinese and English, as Markdown.
#[must_use]
pub fn draft(found: &Findings, asked: &Asked, names: &Names<'_>) -> String {
    let all = found.all();
    let (from, until) = (asked.from.to_china_minute(), asked.until.to_china_minute());
    let made = names.made.to_china_minute();
    let organization = names.organization;
    let account = asked.account.map(|user| names.login(user));
    let mut zh = vec![
        "# 个人信息安全事件通知（草稿）".to_owned(),
        format!(
            "> {made} 由 `aftercare person breach` 按日志生成。日志里没有的由人填写，写着〔待填〕。草稿里没有任何客户的个人信息；发出前请法务审核。"
        ),
        "## 一、范围".to_owned(),
        format!("- 机构：{organization}"),
        format!("- 时间：{from} 至 {until} 之前（北京时间）"),
        format!("- 账号：{}", account.as_deref().unwrap_or("全部")),
        "## 二、日志里的记录".to_owned(),
        format!(
            "- {} 个账号查看过 {} 位客户的个人信息，读过 {} 个案件的文字或照片。",
            found.by_account.len(),
            all.people().len(),
            all.read.len()
        ),
    ];
    let mut en = vec![
        "# Report of a breach of personal data (draft)".to_owned(),
        format!(
            "> Made by `aftercare person breach` from the log at {made}. What the log does not know is left to people and says [to be filled in]. Nothing of any customer is in this draft; have a lawyer read it before it is sent."
        ),
        "## 1. What it is about".to_owned(),
        format!("- organization: {organization}"),
        format!("- time: from {from} until before {until} (China)"),
        format!("- account: {}", account.as_deref().unwrap_or("all of them")),
        "## 2. What the log says".to_owned(),
        format!(
            "- {} accounts looked at personal data of {} customers, and read texts or photos of {} cases.",
            found.by_account.len(),
            all.people().len(),
            all.read.len()
        ),
    ];
    if asked.account.is_none() {
        let system = &found.by_system;
        zh.push(format!(
            "- 系统为自己的工作（发消息、算路程、隐私号、检查照片）打开过 {} 位客户的信息，读过 {} 个案件。",
            system.people().len(),
            system.read.len()
        ));
        en.push(format!(
            "- For its own work (messages, distances, numbers in between, checks of photos) the system opened data of {} customers and read {} cases.",
            system.people().len(),
            system.read.len()
        ));
    }
    zh.push(format!("- 被拒绝的登录：{} 次。", found.refused));
    en.push(format!("- Sign-ins that were refused: {}.", found.refused));
    zh.push(table(found, names, &HEAD_ZH));
    en.push(table(found, names, &HEAD_EN));
    zh.push(format!("- 涉及的案件：{}", cases(&all, "、", "没有")));
    en.push(format!("- cases: {}", cases(&all, ", ", "none")));
    zh.push(unknown_zh(found));
    en.push(unknown_en(found));
    let kinds = |name: fn(&(PersonField, &'static str, &'static str)) -> &'static str| {
        let opened = FIELDS.iter().filter(|field| all.count(field.0) > 0);
        opened.map(name).collect::<Vec<_>>()
    };
    zh.push(told_zh(&kinds(|field| field.1), !all.read.is_empty()));
    en.push(told_en(&kinds(|field| field.2), !all.read.is_empty()));
    zh.push(HOW_TO_CHECK_ZH.to_owned());
    en.push(HOW_TO_CHECK_EN.to_owned());
    format!("{}\n\n---\n\n{}\n", zh.join("\n\n"), en.join("\n\n"))
}

/// Headings of the table of accounts.
const HEAD_ZH: [&str; 8] = [
    "账号",
    "客户",
    "姓名",
    "电话",
    "地址",
    "位置",
    "读过的案件",
    "日志序号",
];
const HEAD_EN: [&str; 8] = [
    "account",
    "customers",
    "names",
    "telephones",
    "addresses",
    "coordinates",
    "cases read",
    "places in the log",
];

fn table(found: &Findings, names: &Names<'_>, head: &[&str; 8]) -> String {
    let mut lines = vec![
        format!("| {} |", head.join(" | ")),
        "|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    for (user, opened) in &found.by_account {
        let counts = FIELDS.map(|field| opened.count(field.0).to_string());
        let first = opened.events.first().copied().unwrap_or_default();
        let last = opened.events.last().copied().unwrap_or_default();
        lines.push(format!(
            "| {} | {} | {} | {} | {first}–{last} |",
            names.login(*user),
            opened.people().len(),
            counts.join(" | "),
            opened.read.len()
        ));
    }
    lines.join("\n")
}

fn cases(all: &Opened, between: &str, none: &str) -> String {
    let cases: BTreeSet<CaseId> = all.cases.union(&all.read).copied().collect();
    if cases.is_empty() {
        return none.to_owned();
    }
    let shown = cases.iter().take(BREACH_CASES_NAMED_MAX);
    let numbers: Vec<String> = shown.map(|case| case_number(*case)).collect();
    match cases.len().saturating_sub(numbers.len()) {
        0 => numbers.join(between),
        more => format!("{} (+{more})", numbers.join(between)),
    }
}

fn unknown_zh(found: &Findings) -> String {
    format!(
        "## 三、日志回答不了的\n\n- 有人复制了数据目录、数据库或备份，日志里没有记录。密钥也一起泄露的，要按全部客户计算：现有 {} 位客户、{} 个案件的文字和照片。只有密文、没有密钥的，谁也打不开。〔待填：是否发生〕\n- 查看者把看到的内容给了谁。〔待填〕\n- 只看到遮蔽形式（如 138****0000）的不在上面的数字里。",
        found.people, found.cases
    )
}

fn unknown_en(found: &Findings) -> String {
    format!(
        "## 3. What the log cannot answer\n\n- Whether somebody copied the data directory, the database or a backup: no event says so. If the key went with it, everybody counts: {} customers and the texts and photos of {} cases are there now. Ciphertext without the key opens nobody. [to be filled in: whether it happened]\n- To whom those who looked passed on what they saw. [to be filled in]\n- Masked forms (such as 138****0000) are not counted above.",
        found.people, found.cases
    )
}

fn told_zh(kinds: &[&str], is_read: bool) -> String {
    let mut kinds = kinds.join("、");
    if is_read {
        kinds.push_str(if kinds.is_empty() { "" } else { "、" });
        kinds.push_str("案件里的文字和照片");
    }
    let kinds = if kinds.is_empty() {
        "〔待填〕"
    } else {
        &*kinds
    };
    format!(
        "## 四、要通知的内容（个人信息保护法第五十七条）\n\n1. 信息种类：{kinds}。原因：〔待填〕。可能造成的危害：〔待填〕。\n2. 已采取的补救措施：〔待填；例如停用账号、更换密钥 `aftercare keys rotate`、更换日志密钥 `aftercare log renew`〕。个人可以采取的减轻危害的措施：〔待填〕。\n3. 联系方式：〔待填〕。\n\n立即补救，并通知履行个人信息保护职责的部门和个人。采取措施能够有效避免危害的，可以不通知个人；部门认为可能造成危害的，有权要求通知。"
    )
}

fn told_en(kinds: &[&str], is_read: bool) -> String {
    let mut kinds = kinds.join(", ");
    if is_read {
        kinds.push_str(if kinds.is_empty() { "" } else { ", " });
        kinds.push_str("texts and photos of cases");
    }
    let kinds = if kinds.is_empty() {
        "[to be filled in]"
    } else {
        &*kinds
    };
    format!(
        "## 4. What has to be told (个人信息保护法, article 57)\n\n1. Kinds of data: {kinds}. Cause: [to be filled in]. Harm that may come of it: [to be filled in].\n2. What was done about it: [to be filled in; such as accounts that were switched off, keys that were rotated with `aftercare keys rotate`, a new key of the log with `aftercare log renew`]. What a person can do against the harm: [to be filled in].\n3. Whom to ask: [to be filled in].\n\nRemedy it at once, and tell the authority and the people. Where what was done keeps the harm from happening, the people need not be told; the authority may ask for it all the same."
    )
}

const HOW_TO_CHECK_ZH: &str = "## 五、怎么核对\n\n每一次查看在打开之前都是日志里的一个事件，序号见上表。`aftercare log verify` 核对整个日志；客户密钥由 vaultd 保管的，`aftercare vaultd check` 再核对它的开启记录。";
const HOW_TO_CHECK_EN: &str = "## 5. How to check it\n\nWhatever was looked at is an event of the log from before it was opened, at the places above. `aftercare log verify` checks the whole log; where vaultd keeps the keys of people, `aftercare vaultd check` holds its ledger of openings against it.";

//! Who and what there is in the demo: everything goes through the same doors as in a real shop.

use super::photos::Photos;
use super::print::Voice;
use super::world::{Goods, People, World};
use aftercare_app::clock::DemoClock;
use aftercare_app::import::ImportKind;
use aftercare_app::{App, Principal};
use aftercare_domain::Role;
use aftercare_domain::ids::ProductId;
use aftercare_domain::time::MINUTE_MS;
use aftercare_vault::{Plain, random_token_256};
use anyhow::Context as _;
use std::sync::Arc;

/// Accounts: login, name, roles.
const ACCOUNTS: &[(&str, &str, &[Role])] = &[
    ("agent", "客服小示", &[Role::Agent]),
    ("dispatcher", "调度小例", &[Role::Dispatcher]),
    ("tech1", "王师傅（示例）", &[Role::Technician]),
    ("tech2", "李师傅（示例）", &[Role::Technician]),
    ("merchant", "示例瓷器店", &[Role::Merchant]),
    ("reviewer", "审核员甲", &[Role::Reviewer]),
    ("reviewer2", "审核员乙", &[Role::Reviewer]),
    ("risk", "风控小样", &[Role::RiskManager]),
    ("auditor", "审计小本", &[Role::Auditor]),
    ("shop-erp", "店铺系统", &[Role::Integrator]),
];

const PRODUCTS: &str = "编号,名称,类目,技能,保修天数\n\
    MUG-01,青瓷马克杯（示例）,餐具,tableware,0\n\
    LAMP-01,示例台灯,灯具,lamp,365\n";
const PRICES: &str = "编号,项目,技能,金额\n\
    VISIT,上门检测,lamp,30.00\n\
    LAMP-PSU,台灯电源板,lamp,58.00\n\
    CLEAN,深度清洗,lamp,45.00\n";
const CODES: &str = "类型,技能,服务,代码,中文,英文\n\
    诊断,lamp,,POWER-02,电源板无输出,Power board without output\n\
    诊断,lamp,,LED-01,灯珠损坏,LEDs are broken\n\
    诊断,lamp,,SWITCH-01,开关接触不良,Switch with a bad contact\n\
    诊断,lamp,,MOTOR-01,电机不转,Motor does not turn\n\
    诊断,lamp,,E1,驱动板报错 E1,Driver board shows E1\n\
    诊断,lamp,,E3,灯座破裂,Socket is cracked\n\
    诊断,lamp,,NONE,没有查出故障,No fault was found\n\
    处理,lamp,,SWAP-PSU,更换电源板,Power board replaced\n\
    处理,lamp,,SWAP-LED,更换灯珠,LEDs replaced\n\
    处理,lamp,,CLEAN,清洁,Cleaned\n\
    处理,lamp,,TEST,通电测试正常,Tested under power\n";
const OUTLETS: &str = "编号,名称,区县,纬度,经度\n\
    OUT-1,示例服务站,杭州市西湖区,30.240000,120.160000\n";
const TECHNICIANS: &str = "登录名,姓名,网点编号,技能,覆盖区县,纬度,经度,最远米数\n\
    tech1,王师傅（示例）,OUT-1,lamp,杭州市,30.251000,120.171000,30000\n\
    tech2,李师傅（示例）,OUT-1,lamp;tableware,杭州市,30.262000,120.181000,30000\n";

/// Accounts with their password, for the printout.
pub struct Accounts {
    password: String,
}

impl Accounts {
    /// Prints who can sign in.
    pub fn print(&self, voice: &Voice, base: &str) {
        voice.line(&format!(
            "\n账号 / accounts ({base}/login)，密码 / password: {}",
            self.password
        ));
        voice.line("   admin        管理员");
        for (login, name, roles) in ACCOUNTS {
            let roles: Vec<_> = roles.iter().map(|role| role.name()).collect();
            voice.line(&format!("   {login:<12} {name} ({})", roles.join(", ")));
        }
        voice.line("   试一试 / to try: 订单 / orders DEMO-2001 … DEMO-2011, 地址 / address 杭州西湖区示例路 1 号");
    }
}

/// Makes the shop and everybody in it.
pub async fn world(
    app: &Arc<App>,
    clock: &Arc<DemoClock>,
    photos: &Photos,
) -> anyhow::Result<(World, Accounts)> {
    let (tenant, invitation) = app.create_tenant("示例瓷器与灯具店", "admin").await?;
    let password = random_token_256()?.expose()[..14].to_owned();
    let set = |link: String, password: String| async move {
        let token = link.rsplit('/').next().unwrap_or_default().to_owned();
        app.set_password(&token, Plain::new(password)).await
    };
    set(invitation.link, password.clone()).await?;
    let admin = sign_in(app, "admin", &password).await?;
    for (login, name, roles) in ACCOUNTS {
        let invitation = app.create_user(&admin, login, name, roles).await?;
        set(invitation.link, password.clone()).await?;
    }
    for (kind, text) in [
        (ImportKind::Products, PRODUCTS),
        (ImportKind::Prices, PRICES),
        (ImportKind::Codes, CODES),
        (ImportKind::Outlets, OUTLETS),
        (ImportKind::Technicians, TECHNICIANS),
    ] {
        import(app, &admin, kind, text).await?;
    }
    let products = app.products_of(tenant).await?;
    let product = |code: &str| -> anyhow::Result<ProductId> {
        products
            .iter()
            .find(|product| product.code == code)
            .map(|product| product.id)
            .context("a product of the demo is missing")
    };
    let (mug, lamp) = (product("MUG-01")?, product("LAMP-01")?);
    app.store_listing_photo(&admin, mug, photos.mug_listing.clone(), false)
        .await?;
    app.store_listing_photo(&admin, lamp, photos.lamp_listing.clone(), false)
        .await?;
    // Whoever buys from now on sees these pictures: they are what a claim is compared with.
    clock.advance_ms(2 * MINUTE_MS);
    import(app, &admin, ImportKind::Orders, &orders(app)).await?;
    let people = People {
        agent: sign_in(app, "agent", &password).await?,
        dispatcher: sign_in(app, "dispatcher", &password).await?,
        first_technician: sign_in(app, "tech1", &password).await?,
        second_technician: sign_in(app, "tech2", &password).await?,
        merchant: sign_in(app, "merchant", &password).await?,
        reviewer: sign_in(app, "reviewer", &password).await?,
        second_reviewer: sign_in(app, "reviewer2", &password).await?,
    };
    let goods = Goods { lamp };
    let world = World::new(Arc::clone(app), Arc::clone(clock), tenant, people, goods);
    Ok((world, Accounts { password }))
}

async fn import(app: &App, admin: &Principal, kind: ImportKind, text: &str) -> anyhow::Result<()> {
    let report = app.import(admin, kind, text.as_bytes(), false).await?;
    anyhow::ensure!(
        report.errors.is_empty(),
        "the demo's {kind:?}: {:?}",
        report.errors
    );
    Ok(())
}

/// Orders of the stories, and some for whoever tries the pages: bought and delivered just now.
fn orders(app: &App) -> String {
    let time = app.now().to_china_minute();
    let mut text = String::from("订单号,平台,付款时间,签收时间,商品编号,数量,实付,序列号\n");
    for (number, product, paid) in [
        ("DEMO-1001", "LAMP-01", "129.00"),
        ("DEMO-1002", "MUG-01", "68.00"),
        ("DEMO-1003", "MUG-01", "68.00"),
        ("DEMO-1004", "MUG-01", "68.00"),
        ("DEMO-1005", "MUG-01", "68.00"),
        ("DEMO-2001", "MUG-01", "68.00"),
        ("DEMO-2002", "MUG-01", "68.00"),
        ("DEMO-2003", "LAMP-01", "129.00"),
        ("DEMO-2004", "LAMP-01", "129.00"),
        ("DEMO-2005", "MUG-01", "68.00"),
        ("DEMO-2006", "LAMP-01", "129.00"),
        ("DEMO-2007", "MUG-01", "68.00"),
        ("DEMO-2008", "MUG-01", "68.00"),
        ("DEMO-2009", "MUG-01", "68.00"),
        ("DEMO-2010", "LAMP-01", "129.00"),
        ("DEMO-2011", "MUG-01", "68.00"),
    ] {
        let line = format!("{number},示例商城,{time},{time},{product},1,{paid},SN-{number}\n");
        text.push_str(&line);
    }
    text
}

/// Signs in as a person would.
async fn sign_in(app: &App, login: &str, password: &str) -> anyhow::Result<Principal> {
    let session = app.sign_in(login, Plain::new(password.to_owned())).await?;
    Ok(app.resolve_session(&session.token).await?)
}

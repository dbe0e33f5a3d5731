//! Replies and questions of the desk: an admin writes them, the desk uses them, and every version stays.

use crate::world::{World, cracked_mug};
use aftercare_app::desk_texts::{DeskText, DeskTextInput};
use aftercare_app::error::ErrorKind;
use aftercare_domain::audit::DeskTextKind::{self, Reply, Script};
use aftercare_domain::ids::ProductId;

fn input(title: &str, body: &str) -> DeskTextInput {
    DeskTextInput {
        id: None,
        version: 0,
        lang: "zh-CN".to_owned(),
        category: String::new(),
        product: None,
        title: title.to_owned(),
        body: body.to_owned(),
        withdrawn: false,
    }
}

fn changed(text: &DeskText, body: &str) -> DeskTextInput {
    DeskTextInput {
        id: Some(text.id),
        version: text.version,
        ..input(&text.title, body)
    }
}

async fn texts(world: &World, kind: DeskTextKind) -> Vec<DeskText> {
    world.app.desk_texts(&world.agent, kind).await.unwrap()
}

async fn save(world: &World, kind: DeskTextKind, input: &DeskTextInput) -> Result<(), String> {
    let saved = world.app.save_desk_text(&world.admin, kind, input).await;
    saved.map_err(|error| error.rule)
}

#[tokio::test]
async fn a_reply_is_saved_changed_and_withdrawn_and_no_change_is_lost() {
    let world = World::new().await;
    save(&world, Reply, &input("到达", "{agent}：师傅今天到。"))
        .await
        .unwrap();
    assert_eq!(texts(&world, Script).await, []);
    let first = texts(&world, Reply).await.remove(0);
    assert_eq!(first.version, 1);
    let later = changed(&first, "{agent}：师傅明天到。");
    save(&world, Reply, &later).await.unwrap();
    // Somebody who still had the first version before them.
    let lost = save(&world, Reply, &changed(&first, "别的")).await;
    assert_eq!(lost.unwrap_err(), "changed_meanwhile");
    let second = texts(&world, Reply).await.remove(0);
    assert_eq!(
        (second.version, second.body.as_str()),
        (2, "{agent}：师傅明天到。")
    );
    let log = world.app.log_size().await.unwrap();
    save(&world, Reply, &changed(&second, &second.body))
        .await
        .unwrap();
    let after = world.app.log_size().await.unwrap();
    assert_eq!(after, log, "the same again is no version");
    let gone = DeskTextInput {
        withdrawn: true,
        ..changed(&second, &second.body)
    };
    save(&world, Reply, &gone).await.unwrap();
    assert_eq!(texts(&world, Reply).await, []);
    // The name is free again.
    save(&world, Reply, &input("到达", "师傅到了。"))
        .await
        .unwrap();
    assert_eq!(texts(&world, Reply).await.len(), 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_text_is_said_with_its_field() {
    let world = World::new().await;
    save(&world, Reply, &input("问候", "您好。")).await.unwrap();
    let product = world.app.products_of(world.tenant).await.unwrap()[0].id;
    let nobodys = ProductId(uuid::Uuid::nil());
    let base = || input("问题", "漏水吗？");
    let of = |product| DeskTextInput {
        product: Some(product),
        ..base()
    };
    let wrong = [
        (Reply, input("", "您好。"), "title", "short_text"),
        (Reply, input("问候", "又一句。"), "title", "desk_text_there"),
        (Reply, input("长", &"好".repeat(1_001)), "body", "desk_text"),
        (Reply, input("空", " \n"), "body", "desk_text"),
        (Reply, input("电话", "{phone}"), "body", "reply_place"),
        (Reply, of(product), "category", "reply_for_all"),
        (Script, of(nobodys), "product", "product_unknown"),
        (
            Script,
            DeskTextInput {
                category: "灯具".to_owned(),
                ..of(product)
            },
            "category",
            "script_for_one",
        ),
        (
            Script,
            DeskTextInput {
                lang: "fr".to_owned(),
                ..base()
            },
            "lang",
            "lang_unknown",
        ),
    ];
    for (kind, input, field, rule) in wrong {
        let error = world.app.save_desk_text(&world.admin, kind, &input).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{rule}");
        assert_eq!(
            (error.rule.as_str(), error.field.as_deref()),
            (rule, Some(field))
        );
    }
    // A brace in questions is a brace.
    save(&world, Script, &input("代码", "显示 {E5} 吗？"))
        .await
        .unwrap();
    for (name, who) in world.everybody() {
        let reads = world.app.desk_texts(who, Reply).await.is_ok();
        let may = ["admin", "agent", "dispatcher"].contains(&name);
        assert_eq!(reads, may, "{name}");
        let writes = world
            .app
            .save_desk_text(who, Reply, &input("新", "新。"))
            .await;
        assert_eq!(writes.is_ok(), name == "admin", "{name}");
    }
}

#[tokio::test]
async fn a_reply_is_offered_on_a_case_with_its_places_filled_in_and_never_with_a_gap() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let all = "您好，{agent}（{shop}）已看过案件 {number}。";
    save(&world, Reply, &input("一", all)).await.unwrap();
    save(&world, Reply, &input("二", "请打 {hotline}。"))
        .await
        .unwrap();
    let case = world
        .app
        .case_detail(&world.agent, receipt.case)
        .await
        .unwrap();
    let replies = world.app.replies_for(&world.agent, &case).await.unwrap();
    let words: Vec<&str> = replies.iter().map(|reply| reply.text.as_str()).collect();
    let filled = format!("您好，agent（示例店）已看过案件 {}。", receipt.number);
    assert_eq!(words, [filled.as_str()], "there is no hotline yet");
    world
        .app
        .set_hotline(&world.admin, Some("400-000-0000".to_owned()))
        .await
        .unwrap();
    let replies = world.app.replies_for(&world.agent, &case).await.unwrap();
    assert_eq!(replies.len(), 2);
}

#[tokio::test]
async fn questions_of_what_the_call_is_about_are_open_and_the_others_folded() {
    let world = World::new().await;
    let products = world.app.products_of(world.tenant).await.unwrap();
    let lamp = products
        .iter()
        .find(|known| known.code == "LAMP")
        .unwrap()
        .id;
    let mug = products
        .iter()
        .find(|known| known.code == "MUG")
        .unwrap()
        .id;
    let of = |title: &str, product: Option<ProductId>, lang: &str| DeskTextInput {
        product,
        lang: lang.to_owned(),
        ..input(title, "灯亮吗？")
    };
    for (title, product, lang) in [
        ("All", None, "en"),
        ("通用", None, "zh-CN"),
        ("灯", Some(lamp), "zh-CN"),
        ("杯", Some(mug), "zh-CN"),
    ] {
        save(&world, Script, &of(title, product, lang))
            .await
            .unwrap();
    }
    let shown = async |product, case, lang: &str| -> Vec<(String, bool)> {
        let found = world
            .app
            .scripts_for(&world.agent, product, case, lang)
            .await;
        let found = found.unwrap().into_iter();
        found
            .map(|script| (script.text.title, script.fits))
            .collect()
    };
    let pair = |title: &str, fits| (title.to_owned(), fits);
    assert_eq!(
        shown(Some(lamp), None, "zh-CN").await,
        [
            pair("灯", true),
            pair("通用", true),
            pair("All", true),
            pair("杯", false)
        ]
    );
    let general = shown(None, None, "en").await;
    assert_eq!(general[..2], [pair("All", true), pair("通用", true)]);
    assert!(general[2..].iter().all(|(_, fits)| !fits) && general.len() == 4);
    // A caller whose case is a claim for the mug.
    let receipt = world
        .claim("A1", "林晓示", "13800000001", cracked_mug(1))
        .await;
    let of_case = shown(None, Some(receipt.case), "zh-CN").await;
    assert_eq!(of_case[0], pair("杯", true), "the order line of the claim");
}

//! The public copy of the log, and the receipts: checked with nothing but the key of the log.

use crate::world::{World, get, post, repair};
use aftercare_domain::Role;
use aftercare_ledger::{
    Checkpoint, ProofFile, SigningKey, TileId, TileNodes, VerifierKey, inclusion_nodes, leaf_hash,
    parse_bundle, parse_tile, root_at, root_nodes, tiles_for, verify_inclusion,
};
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn anybody_can_check_the_whole_log_from_its_public_files() {
    let world = World::new().await;
    assert_eq!(
        world.send(get("/checkpoint")).await.status,
        StatusCode::NOT_FOUND
    );
    world.send(post("/api/v1/repairs").json(&repair())).await;
    world.app.checkpoint().await.unwrap();
    let key: VerifierKey = world.app.verifier_key().parse().unwrap();
    let answer = world.send(get("/checkpoint")).await;
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-cache");
    let signed = Checkpoint::open(&answer.text(), &[key]).unwrap();
    assert!(signed.size > 3);

    let mut nodes = TileNodes::new();
    for tile in tiles_for(&root_nodes(signed.size).unwrap(), signed.size) {
        let answer = world.send(get(format!("/{tile}"))).await;
        assert_eq!(answer.status, StatusCode::OK, "{tile}");
        assert_eq!(answer.header("content-type"), "application/octet-stream");
        assert_eq!(
            answer.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        nodes.add(&tile, parse_tile(&tile, &answer.bytes).unwrap());
    }
    assert_eq!(root_at(&nodes, signed.size).unwrap(), signed.root);

    let bundle: TileId = format!("tile/entries/000.p/{}", signed.size)
        .parse()
        .unwrap();
    let answer = world.send(get(format!("/{bundle}"))).await;
    let entries = parse_bundle(&bundle, &answer.bytes).unwrap();
    for (index, entry) in (0..).zip(entries) {
        assert_eq!(entry.len(), 32, "an entry is a commitment and nothing else");
        let wanted = inclusion_nodes(index, signed.size).unwrap();
        assert!(wanted.iter().all(|(level, _)| *level < 8));
        let proof = aftercare_ledger::inclusion_proof(&nodes, index, signed.size).unwrap();
        verify_inclusion(&leaf_hash(entry), index, signed.size, &proof, &signed.root).unwrap();
    }

    // Beyond what is signed there is nothing, and no second spelling.
    world.send(post("/api/v1/repairs").json(&repair())).await;
    for path in [
        format!("/tile/0/000.p/{}", signed.size + 1),
        "/tile/0/000".to_owned(),
        "/tile/0/0".to_owned(),
        "/tile/entries/001.p/1".to_owned(),
        "/tile/9/000.p/1".to_owned(),
        "/tile/0/..%2f..%2fkeyring.json".to_owned(),
    ] {
        let answer = world.send(get(&path)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn a_person_gets_a_receipt_for_every_step_and_nobody_else_does() {
    let world = World::new().await;
    let taken = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let (case, seq) = (
        taken["case"].as_str().unwrap(),
        taken["seq"].as_u64().unwrap(),
    );
    let (link, code) = (
        taken["link"].as_str().unwrap().to_owned(),
        taken["code"].as_str().unwrap().to_owned(),
    );
    // Without the code the link asks for it.
    let answer = world.send(get(format!("{link}/receipts/{seq}"))).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let cookies = world
        .send(post(&link).same_origin().form(&[("code", &code)]))
        .await
        .cookies();
    let page = world
        .send(get(format!("{link}/case")).cookie(&cookies))
        .await;
    assert!(
        page.text()
            .contains(&format!("href=\"{link}/receipts/{seq}\"")),
        "{}",
        page.text()
    );
    let began = std::time::Instant::now();
    let answer = world
        .send(get(format!("{link}/receipts/{seq}")).cookie(&cookies))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert!(began.elapsed().as_secs() < 5, "a receipt within 5 s");
    assert_eq!(
        answer.header("content-disposition"),
        format!("attachment; filename=\"receipt-{seq}.tlog-proof\"")
    );
    let file: ProofFile = answer.text().parse().unwrap();
    let key: VerifierKey = world.app.verifier_key().parse().unwrap();
    let leaf = leaf_hash(file.extra.as_deref().unwrap());
    assert_eq!(leaf.to_string(), taken["leaf"].as_str().unwrap());
    assert_eq!(file.index, seq - 1);
    file.verify(&leaf, &[key]).unwrap();

    // A colleague who may read the case has it too; an event of another case is not this one's.
    let path = format!("/api/v1/cases/{case}/receipts/{seq}");
    let agent = world.colleague("agent", Role::Agent).await;
    let again = world.send(get(&path).bearer(&agent)).await;
    assert_eq!(again.text(), answer.text());
    let merchant = world.colleague("merchant", Role::Merchant).await;
    assert_eq!(
        world.send(get(&path).bearer(&merchant)).await.status,
        StatusCode::NOT_FOUND
    );
    for other in [1, seq + 1000] {
        let path = format!("/api/v1/cases/{case}/receipts/{other}");
        assert_eq!(
            world.send(get(&path).bearer(&agent)).await.status,
            StatusCode::NOT_FOUND
        );
    }
    assert_eq!(json!(null), world.send(get(path)).await.json()["leaf"]);
}

#[tokio::test]
async fn an_outsider_holds_a_receipt_against_the_log_on_a_page() {
    let world = World::new().await;
    let taken = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let (case, seq) = (
        taken["case"].as_str().unwrap(),
        taken["seq"].as_u64().unwrap(),
    );
    let agent = world.colleague("agent", Role::Agent).await;
    let path = format!("/api/v1/cases/{case}/receipts/{seq}");
    let receipt = world.send(get(path).bearer(&agent)).await.text();

    let page = world.send(get("/verify")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains(&world.app.verifier_key()));
    assert!(!page.text().contains("id=\"checked\""));

    let ask = async |fields: &[(&str, &str)]| {
        let answer = world.send(post("/verify").same_origin().form(fields)).await;
        (answer.status, answer.text())
    };
    let says = async |fields: &[(&str, &str)], words: &str| {
        let (status, text) = ask(fields).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        assert!(
            text.contains("id=\"checked\"") && text.contains(words),
            "{words}: {text}"
        );
    };
    // As it is pasted into a form, where lines end otherwise and the last end is lost; and as a file.
    let pasted = receipt.trim().replace('\n', "\r\n");
    says(&[("text", &pasted)], "核对通过").await;
    let sent = world
        .send(
            post("/verify")
                .same_origin()
                .files(&[("receipt", receipt.as_bytes())]),
        )
        .await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.text());
    assert!(sent.text().contains("核对通过"), "{}", sent.text());

    // Another entry in the same place does not lead to what was signed.
    let file: ProofFile = receipt.parse().unwrap();
    let changed = ProofFile {
        extra: Some(vec![7; 32]),
        ..file.clone()
    };
    says(&[("text", &changed.to_string())], "凭证和签名对不上").await;
    // Whoever makes a log of their own has not signed as this one.
    let key = SigningKey::generate("other.log").unwrap();
    let entry = file.extra.clone().unwrap();
    let own = Checkpoint {
        origin: "other.log".to_owned(),
        size: 1,
        root: leaf_hash(&entry),
        extensions: Vec::new(),
    };
    let others = ProofFile {
        extra: Some(entry),
        index: 0,
        proof: Vec::new(),
        checkpoint: own.sign(&key).unwrap(),
    };
    says(&[("text", &others.to_string())], "不是这个日志签的").await;

    // The number and the hash, as the page after a report shows them.
    let (number, hash) = (format!("#{seq}"), taken["leaf"].as_str().unwrap());
    says(&[("number", &number), ("hash", hash)], "核对通过").await;
    let zeros = "0".repeat(64);
    for (number, hash) in [
        (number.as_str(), zeros.as_str()),
        ("999999", hash),
        ("0", hash),
    ] {
        let fields = [("number", number), ("hash", hash)];
        says(&fields, "日志的这个位置不是这个哈希").await;
    }
    for (fields, place) in [
        (vec![("text", "收据")], "id=\"v-text-e\""),
        (vec![("text", ""), ("hash", "")], "id=\"v-text-e\""),
        (
            vec![("text", ""), ("number", "第八"), ("hash", hash)],
            "id=\"v-number-e\"",
        ),
        (
            vec![("text", ""), ("number", "1"), ("hash", "0a")],
            "id=\"v-hash-e\"",
        ),
    ] {
        let (status, text) = ask(&fields).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
        assert!(text.contains(place), "{place}: {text}");
    }
}

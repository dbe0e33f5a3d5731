//! A shop's server that takes part in an exchange, beside the operator and the other members: each a process of its own.

use super::{NAME, World, answer, cropped, photos};
use crate::crash::{enter, exchange, get, post};
use crate::outsiders::{Running, start};
use crate::{KEY, aftercare_with};
use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_domain::time::DAY_MS;
use aftercare_scene::encode_jpeg;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The worker of a server has done its part within so long.
const WORK: Duration = Duration::from_secs(60);
/// The parts of a form with a photo, and their media type.
const FORM: &str = "multipart/form-data; boundary=CUT";

fn form(field: (&str, &str), file: &str, photo: &[u8]) -> Vec<u8> {
    let (name, value) = field;
    let mut body = format!(
        "--CUT\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--CUT\r\ncontent-disposition: form-data; name=\"{file}\"; filename=\"a.jpg\"\r\ncontent-type: image/jpeg\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(photo);
    body.extend_from_slice(b"\r\n--CUT--\r\n");
    body
}

/// A platform that takes part: the server of its shop over the folder of its member, and who works there.
struct Platform {
    _serving: Running,
    address: String,
    reviewer: String,
}

impl Platform {
    fn opened(world: &World, number: u16) -> Self {
        let data = world.named(&format!("platform-{number}"));
        let args = [
            "user",
            "init",
            "--data",
            &data,
            "--tenant",
            "示例平台",
            "--admin",
            "admin",
        ];
        let made = aftercare_with(&args, &[("AFTERCARE_KEY", KEY)]);
        assert_eq!(made.code, 0, "{}", made.err);
        let invitation = made
            .out
            .split_whitespace()
            .find(|word| word.starts_with("/invite/"))
            .expect("a link");
        let member = world.member(number);
        let args = [
            "serve",
            "--data",
            &data,
            "--listen",
            "127.0.0.1:0",
            "--exchange",
            &member,
        ];
        let serving = start(&args, "serving http://");
        let line = serving.said.last().expect("a line");
        let address = line["serving http://".len()..].to_owned();
        let admin = enter(&address, "admin", invitation);
        let body = json!({
            "login": "reviewer", "display_name": "审核员", "roles": ["reviewer"],
        });
        let made = post(
            &address,
            "users",
            &admin,
            "application/json",
            &body.to_string(),
        );
        let link = made["link"].as_str().expect("a link");
        let reviewer = enter(&address, "reviewer", link);
        let now = SystemClock.now();
        let [paid, delivered] = [3, 1].map(|days| now.plus_ms(-days * DAY_MS).to_china_text());
        for (kind, table) in [
            ("products", "code,name\nBOX,示例礼盒\n".to_owned()),
            (
                "orders",
                format!(
                    "number,product_code,paid_at,paid,delivered_at\nB-1,BOX,{paid},199.00,{delivered}\n"
                ),
            ),
        ] {
            let path = format!("imports/{kind}");
            post(&address, &path, &admin, "text/csv", &table);
        }
        Self {
            _serving: serving,
            address,
            reviewer,
        }
    }

    /// Asks for the money back with this photo; the id of the case.
    fn claim(&self, photo: &[u8]) -> String {
        let input = json!({
            "order_number": "B-1",
            "reason": "damaged",
            "ask": { "kind": "refund", "amount": 19_900 },
            "statement": "收到时礼盒裂了。",
            "person": { "name": "样例用户", "phone": "13800000001" },
            "consent": {
                "notice_version": aftercare_app::intake::NOTICE_VERSION,
                "purposes": ["handle_the_case"],
            },
        });
        let body = form(("input", &input.to_string()), "photos", photo);
        let receipt = post(&self.address, "claims", "", FORM, &body);
        receipt["case"].as_str().expect("a case").to_owned()
    }

    /// The case as its reviewer reads it.
    fn read(&self, case: &str) -> Value {
        get(&self.address, &format!("cases/{case}"), &self.reviewer).expect("an answer")
    }

    /// What the reviewer reads once the claim has come so far.
    fn once(&self, case: &str, state: &str) -> Value {
        let began = Instant::now();
        loop {
            let detail = self.read(case);
            if detail["claims"][0]["state"] == state {
                return detail;
            }
            assert!(began.elapsed() < WORK, "not {state}: {detail}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Gives a verdict on the photos without knowing anything of them.
    fn look(&self, case: &str, detail: &Value) {
        let claim = &detail["claims"][0];
        let unseen = claim["unseen"].as_array().expect("a list");
        let photos = claim["evidence"].as_array().expect("a list").iter();
        let seen: Vec<&Value> = photos
            .filter(|photo| unseen.contains(&photo["number"]))
            .map(|photo| &photo["id"])
            .collect();
        let body = json!({ "action": "first_look", "look": "cannot_tell", "seen": seen });
        let path = format!("cases/{case}/actions");
        let kind = "application/json";
        let body = body.to_string();
        post(&self.address, &path, &self.reviewer, kind, &body);
    }

    /// Objects with the photo on the page that needs no account.
    fn object(&self, photo: &[u8]) -> String {
        let head = format!(
            "origin: http://{}\r\ncontent-type: {FORM}\r\n",
            self.address
        );
        let body = form(("do", "object"), "photo", photo);
        let answer = exchange(&self.address, "POST", "/exchange?lang=en", &head, &body);
        let (status, page) = answer.expect("an answer");
        assert_eq!(status, 200, "{page}");
        page
    }
}

#[test]
fn the_reviewer_of_a_platform_that_takes_part_reads_why_and_the_buyer_appeals_on_its_page() {
    let world = World::founded();
    let (forged, _) = photos();
    let photo = world.write("forged.jpg", &encode_jpeg(&forged, 88, None));
    let crop = cropped(&forged);
    let crop_file = world.write("crop.jpg", &crop);
    let said = world.publish(1, "--photo", &photo, &world.named("empty"));
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let item = answer(&said)["item"].clone();
    for number in [2, 3] {
        assert_eq!(world.sync(number, &[]).0, 0);
    }
    assert_eq!(world.matched(3, &crop_file)["effect"], "human_looks");

    // A buyer of B sends the crop; nobody reads of the list before the look.
    let platform = Platform::opened(&world, 2);
    let case = platform.claim(&crop);
    let before = platform.once(&case, "first_look");
    let text = before.to_string();
    assert!(
        !text.contains(NAME) && !text.contains("judged forged elsewhere"),
        "{text}"
    );
    platform.look(&case, &before);
    let after = platform.once(&case, "merchant_window");
    let told = &after["claims"][0]["elsewhere"][0];
    assert_eq!(
        (&told["item"], &told["publisher"], &told["standing"]),
        (&item, &json!(1), &json!("stands")),
        "{after}"
    );
    let sentence = told["en"].as_str().expect("a sentence");
    assert!(sentence.contains("judged forged elsewhere"), "{sentence}");

    // The buyer objects at B; with the next readings it is frozen there and at C, and A takes it back.
    let page = platform.object(&crop);
    assert!(page.contains("An objection was made for you"), "{page}");
    for number in [2, 3] {
        assert_eq!(world.sync(number, &[]).0, 0);
    }
    let told = &platform.read(&case)["claims"][0]["elsewhere"][0];
    assert_eq!(told["standing"], "no_longer", "{told}");
    assert_eq!(world.matched(3, &crop_file)["effect"], "nothing");
    let said = world.act(
        1,
        "answer",
        item.as_u64().expect("a place"),
        &["--withdraw"],
    );
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(world.sync(3, &[]).0, 0);
    assert_eq!(world.matched(3, &crop_file)["effect"], "nothing");
    let said = world.audit(&world.named("operator"));
    let counts = &answer(&said)["counts"];
    assert_eq!(
        (&counts["items"], &counts["withdrawn"]),
        (&json!(1), &json!(1))
    );
}

//! The sentences of the findings, for a buyer and a merchant: what was seen in the photo, what that means, and what it
//! does not mean. They speak about photos, never about people, and name no threshold.

use super::{Role, Unread};
use crate::finding::{FindingCode, Grade};

/// Chinese and English.
pub(super) type Sentences = (String, String);

fn both(zh: impl Into<String>, en: impl Into<String>) -> Sentences {
    (zh.into(), en.into())
}

/// What the reference is called.
fn reference(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Packing => ("打包记录里的照片", "a picture of the packing record"),
        Role::OtherListing => (
            "另一家店铺商品页面上的图片",
            "a picture from another shop's product page",
        ),
        Role::Listing | Role::Claim | Role::Challenge => {
            ("商品页面上的图片", "a picture from the product page")
        }
    }
}

/// The sentences of a check that was asked to make more or fewer false alarms than it did in the tests.
pub(super) fn untested((zh, en): Sentences) -> Sentences {
    (
        format!("{zh}这次检查用了另外指定的误报率，测试数字不适用。"),
        format!(
            "{en} The share of false alarms was chosen by hand, so the tests have no figures for it."
        ),
    )
}

pub(super) fn derived(role: Role, grade: Grade) -> Sentences {
    let (zh, en) = reference(role);
    if grade == Grade::Exact {
        both(
            format!(
                "这张照片是由{zh}改出来的：两张图逐块对齐，误差不到一个像素，重新拍一张照片做不到这一点。"
            ),
            format!(
                "This photo was made from {en}: the two line up block by block to a fraction of a pixel, which a newly taken photo does not do."
            ),
        )
    } else {
        both(
            format!(
                "这张照片要么是由{zh}改出来的，要么是相机没有移动时拍的：画面几乎完全重合，两者无法区分，请人工查看。"
            ),
            format!(
                "This photo was either made from {en}, or taken by a camera that had not moved: the two pictures lie on each other, and which of the two it was cannot be told. A person should look."
            ),
        )
    }
}

pub(super) fn edited(role: Role, grade: Grade, regions: usize) -> Sentences {
    let (zh, en) = reference(role);
    let count_zh = if regions > 1 {
        format!("有 {regions} 处")
    } else {
        "有一处".to_owned()
    };
    let (places, are) = if regions > 1 {
        (format!("{regions} places"), "are")
    } else {
        ("One place".to_owned(), "is")
    };
    if grade == Grade::Exact {
        both(
            format!("除此之外与{zh}一致，但{count_zh}是原图里没有的，位置见图。"),
            format!(
                "{places} in the photo {are} not in the original, and everything else is as in {en}. The overlay shows where."
            ),
        )
    } else {
        both(
            format!(
                "与{zh}相比，{count_zh}不同，位置见图。如果相机没有移动过，这里也可能是真实的损坏。"
            ),
            format!(
                "{places} in the photo {are} different from {en}; the overlay shows where. If the camera had not moved, this can be real damage."
            ),
        )
    }
}

pub(super) fn copy(role: Role) -> Sentences {
    let (zh, en) = reference(role);
    both(
        format!(
            "这张照片和{zh}是同一个画面，没有发现改动，所以不能说明收到的商品的情况。请重新拍一张实物照片。"
        ),
        format!(
            "This photo shows the same picture as {en}, and no change was found in it, so it does not tell how the item arrived. Please take a new photo of the item."
        ),
    )
}

pub(super) fn repeated() -> Sentences {
    both(
        "这张照片在本次申请里已经提交过。请重新拍一张能看清问题的照片。",
        "This photo was already sent with this claim. Please take a new photo that shows the problem.",
    )
}

pub(super) fn flat(role: Role, differs: bool, has_depth: bool) -> Sentences {
    let (zh, en) = reference(role);
    let (differs_zh, differs_en) = if differs {
        (
            "两者不同的地方见图，这可能是真实的损坏。",
            " The overlay shows where the two differ, which can be real damage.",
        )
    } else {
        ("", "")
    };
    if has_depth {
        return both(
            format!(
                "这张照片把整张{zh}拍成了一个平面，而另一张商品图显示商品是立体的：它像是翻拍屏幕或打印件，所以不能说明收到的商品的情况，请人工查看。{differs_zh}"
            ),
            format!(
                "This photo shows the whole of {en} as one flat surface, and another listing picture shows that the item is not flat: it looks like a photo of a screen or a print, so it does not tell how the item arrived, and a person should look.{differs_en}"
            ),
        );
    }
    both(
        format!(
            "这张照片和{zh}是同一个平面：可能是翻拍屏幕或打印件，也可能是给扁平的商品拍的新照片，无法区分，请人工查看。{differs_zh}"
        ),
        format!(
            "This photo shows the same flat surface as {en}: it may be a photo of a screen or a print, or a new photo of a flat item. That cannot be told, so a person should look.{differs_en}"
        ),
    )
}

pub(super) fn neutral(code: FindingCode, role: Role, grade: Grade) -> Sentences {
    let (zh, en) = reference(role);
    match code {
        FindingCode::SamePlace => both(
            format!(
                "{zh}的背景在这张照片里又出现了。买家一般拍不到店铺的拍摄场地，请人工查看；同款背景布和相似的房间也会这样。"
            ),
            format!(
                "The background of {en} appears again in this photo. A buyer can rarely photograph the shop's own set, so a person should look; the same backdrop or a similar room looks like this too."
            ),
        ),
        FindingCode::SameFlatSurface => both(
            format!(
                "商品是扁平的，这张照片和{zh}是同一个平面：给它拍的新照片和翻拍看起来一样，所以这不说明什么，不证明商品有损坏，也不证明没有。"
            ),
            format!(
                "The item is flat, and this photo shows the same plane as {en}: a new photo of it looks like a photo of a print, so that this says nothing. It proves neither that there is damage nor that there is none."
            ),
        ),
        FindingCode::SameItemNewPhoto => both(
            format!(
                "这是同一件或同款商品的另一张照片，没有发现它是由{zh}改成的。这不证明商品有损坏，也不证明没有。"
            ),
            format!(
                "This is another photo of the same item or of one like it; it was not found to be made from {en}. That proves neither that there is damage nor that there is none."
            ),
        ),
        _ if grade == Grade::Near => both(
            format!("这张照片和{zh}很接近，但还不足以说它是由那张图改成的。无法判断，请人工查看。"),
            format!(
                "This photo is close to {en}, but not close enough to say that it was made from it. That cannot be told, so a person should look."
            ),
        ),
        _ => both(
            format!("和{zh}的比对没有得出结论：能对得上的细节太少。这不说明照片有问题。"),
            format!(
                "The comparison with {en} gave no answer: too few details match or differ. That says nothing against the photo."
            ),
        ),
    }
}

pub(super) fn unrelated() -> Sentences {
    both(
        "这张照片和商品页面、打包记录里的图片没有相同之处。",
        "This photo has nothing in common with the pictures of the product page and the packing record.",
    )
}

pub(super) fn shared() -> Sentences {
    both(
        "两家店铺的商品页面用了同一张图片。这只说明两个商品页面有关联，和寄来照片的人无关。",
        "Two shops show the same picture on their product pages. That links the two listings and says nothing about whoever sent the photo.",
    )
}

pub(super) fn annotation() -> Sentences {
    both(
        "照片上有画上去的圈、箭头或文字。很多人这样指出问题的位置，这不说明照片有问题。",
        "Circles, arrows or writing were drawn onto the photo. Many people point at a problem this way; it says nothing against the photo.",
    )
}

pub(super) fn not_confirmed(above_threshold: bool, is_later: bool) -> Sentences {
    if above_threshold && is_later {
        both(
            "后来应要求补拍的照片拍到了同一处，那里看不到这样的损坏或痕迹，位置见图。也可能拍的是两件同款商品，请人工查看。",
            "A photo that was taken later, on request, shows the same place without such damage or mark; the overlay shows where. They may show two items of one kind, so a person should look.",
        )
    } else if above_threshold {
        both(
            "本次申请的另一张照片拍到了同一处，那里看不到这样的损坏或痕迹，位置见图。如果那张是损坏之前拍的，就不矛盾。请再拍一张这个位置的照片。",
            "In another photo of this claim the same place shows no such damage or mark; the overlay shows where. If that one was taken before the damage, they do not contradict each other. Please take one more photo of this place.",
        )
    } else {
        both(
            "这张照片里有一处，在本次申请的另一张照片里看起来不一样，位置见图。光线和角度往往就是原因，这不说明照片有问题。",
            "One place in this photo looks different in another photo of this claim; the overlay shows where. Light and angle are often the reason; it says nothing against the photo.",
        )
    }
}

/// A blind check's own sentence; an accusing one is told to be no decision.
pub(super) fn hint(zh: &str, en: &str, accusing: bool) -> Sentences {
    if accusing {
        both(
            format!("{zh}只凭这一项不能下结论，请人工查看。"),
            format!("{en} This alone decides nothing, so a person should look."),
        )
    } else {
        both(zh, en)
    }
}

pub(super) fn unread_reference(unread: &Unread) -> Sentences {
    both(
        format!("用来比对的图片无法读取，所以没有和它比对：{}", unread.zh),
        format!(
            "A picture to compare with could not be read, so the photo was not compared with it: {}",
            unread.en
        ),
    )
}

pub(super) fn blank() -> Sentences {
    both(
        "这张照片里几乎什么都看不到（全黑、全白或镜头被挡住）。请重新拍一张。",
        "Next to nothing can be seen in this photo (black, white, or the lens was covered). Please take a new one.",
    )
}

pub(super) fn plain() -> Sentences {
    both(
        "这张照片的画面细节太少（太模糊、太暗或大面积空白），能比对的不多。这不说明照片有问题。",
        "This photo has too little detail (blurred, dark or mostly plain) to be compared well. That says nothing against the photo.",
    )
}

pub(super) fn clear(compared: bool) -> Sentences {
    if compared {
        both(
            "没有发现问题：没有发现它是由用来比对的图片改成的。这不证明商品有损坏，也不证明没有。",
            "Nothing was found: it was not found to be made from any picture that it was compared with. That proves neither that there is damage nor that there is none.",
        )
    } else {
        both(
            "没有发现问题；没有可以比对的图片，所以只检查了照片本身。这不证明商品有损坏，也不证明没有。",
            "Nothing was found; there was no picture to compare with, so only the photo itself was checked. That proves neither that there is damage nor that there is none.",
        )
    }
}

//! What a likeness to an earlier photo may say, by who sent the two: the table of ARCHITECTURE.md.
//!
//! A near likeness is what a camera on a stand makes of two different parcels, so among photos of one party it says
//! nothing or asks a human to look. Only a claimant's photo can accuse, and only of having been somebody else's, or the
//! same file in another claim of their own.

use aftercare_domain::ids::{CaseId, OrderId, PersonId};
use aftercare_evidence::{Finding, FindingCode, Grade};

/// Who sent a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Claimant,
    Merchant,
    Technician,
}

impl By {
    /// As rows write it; what is not known is nobody's word against anybody.
    pub(crate) fn named(party: &str) -> Self {
        match party {
            "claimant" => Self::Claimant,
            "merchant" => Self::Merchant,
            _ => Self::Technician,
        }
    }
}

/// A photo and what it was sent for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) by: By,
    /// The claimant of its case.
    pub(crate) person: PersonId,
    pub(crate) case: CaseId,
    pub(crate) order: Option<OrderId>,
    /// Whether it came with a claim; otherwise with a repair.
    pub(crate) with_claim: bool,
}

/// What a likeness to an earlier photo says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Nothing,
    /// The same file again for the same order: not a photo of the damage. A near one says nothing.
    Repeated,
    /// The shop's own photo: not a photo of the damage.
    Quoted,
    /// A human compares; no accusation.
    Look,
    /// It would be `reused_photo`, but stands on a page of another shop too, from where anybody may have saved it: a human
    /// compares.
    SavedElsewhere,
    /// `reused_photo`.
    Reused,
}

/// What `photo` being like `earlier` says. One order has one buyer and its refunds are capped by what was paid, so that
/// nothing is accused within it.
pub(crate) fn says(photo: &Sent, earlier: &Sent, same_file: bool) -> Says {
    let same_order =
        photo.case == earlier.case || (photo.order.is_some() && photo.order == earlier.order);
    match (photo.by, earlier.by) {
        (By::Technician, _) => Says::Nothing,
        (By::Merchant, _) if same_order => Says::Nothing,
        (By::Merchant, By::Merchant) if !same_file => Says::Nothing,
        (By::Merchant, _) => Says::Look,
        (By::Claimant, _) if same_order => Says::Repeated,
        (By::Claimant, By::Merchant) if same_file => Says::Quoted,
        (By::Claimant, By::Merchant) => Says::Look,
        (By::Claimant, _) if photo.person != earlier.person => Says::Reused,
        (By::Claimant, By::Claimant) if same_file && earlier.with_claim => Says::Reused,
        (By::Claimant, _) => Says::Look,
    }
}

/// The finding of a likeness that says [`Says::Quoted`], [`Says::Look`] or [`Says::SavedElsewhere`], with the numbers of the one
/// that compared.
pub(crate) fn softened(found: Finding, says: Says, photo: &Sent, earlier: &Sent) -> Finding {
    let (code, grade, zh, en) = match (says, photo.by) {
        (Says::Quoted, _) => (
            FindingCode::NotAPhotoOfTheDamage,
            Grade::Note,
            "这张照片是商家为另一个订单提交过的照片，不能说明收到的商品的情况。请重新拍一张实物照片。",
            "This photo is one that the merchant sent for another order, so it does not tell how the item arrived. Please take a new photo of the item.",
        ),
        (Says::SavedElsewhere, _) => (
            FindingCode::CannotTell,
            Grade::Near,
            "这张照片和另一件申请里的照片相同或几乎相同，也出现在一个不由本订单店铺维护的商品页面上，谁都可能从那里保存。需要人工对比；这不是指控。",
            "This photo is the same as one in another claim, or almost, and also stands on a product page that the shop of this order does not keep, from where anybody may have saved it. A person should compare them; it is no accusation.",
        ),
        (_, By::Merchant) => (
            FindingCode::CannotTell,
            Grade::Near,
            "商家的这张照片和另一件申请里的照片几乎相同。它拍的是不是这个订单的商品，需要人工看一下；这不是指控。",
            "This photo by the merchant is almost the same as one in another claim. Whether it shows this order's item is for a person to see; it is no accusation.",
        ),
        _ if earlier.by == By::Merchant => (
            FindingCode::CannotTell,
            Grade::Near,
            "这张照片和商家为另一个订单提交的照片几乎相同，看不出原因，需要人工对比；这不是指控。",
            "This photo is almost the same as one that the merchant sent for another order. Why cannot be told; a person should compare them. It is no accusation.",
        ),
        _ => (
            FindingCode::CannotTell,
            Grade::Near,
            "这张照片和同一个人以前提交的照片几乎相同。相机不动时，拍两件商品也会这样，需要人工对比；这不是指控。",
            "This photo is almost the same as an earlier one by the same person. Two items before a camera that did not move look like that, so a person should compare them. It is no accusation.",
        ),
    };
    let mut finding = Finding::new(code, grade, zh, en);
    finding.reference = found.reference;
    finding.numbers = found.numbers;
    finding
}

#[cfg(test)]
mod tests {
    use super::{By, Says, Sent, says};
    use aftercare_domain::ids::{CaseId, OrderId, PersonId};
    use uuid::Uuid;

    const fn sent(by: By, person: u128, case: u128, order: Option<u128>) -> Sent {
        Sent {
            by,
            person: PersonId(Uuid::from_u128(person)),
            case: CaseId(Uuid::from_u128(case)),
            order: match order {
                Some(order) => Some(OrderId(Uuid::from_u128(order))),
                None => None,
            },
            with_claim: true,
        }
    }

    /// The rows of the table in ARCHITECTURE.md: the photo, the earlier one, what the same file says, and a near one.
    #[test]
    fn every_pair_of_senders_has_its_word() {
        use By::{Claimant, Merchant, Technician};
        use Says::{Look, Nothing, Quoted, Repeated, Reused};
        let repair = |by| Sent {
            with_claim: false,
            ..sent(by, 1, 8, None)
        };
        // Person 1, case 1, order 1 is the photo's; case 2 is another of the same person.
        let rows = [
            // The same order, in this case or in another one.
            (Claimant, sent(Claimant, 1, 1, Some(1)), Repeated, Repeated),
            (Claimant, sent(Claimant, 1, 2, Some(1)), Repeated, Repeated),
            (Claimant, sent(Merchant, 1, 2, Some(1)), Repeated, Repeated),
            (Claimant, sent(Technician, 1, 1, None), Repeated, Repeated),
            (Merchant, sent(Claimant, 1, 1, Some(1)), Nothing, Nothing),
            (Merchant, sent(Merchant, 1, 2, Some(1)), Nothing, Nothing),
            (Merchant, sent(Technician, 1, 1, None), Nothing, Nothing),
            // The same person, another order.
            (Claimant, sent(Claimant, 1, 2, Some(2)), Reused, Look),
            (Claimant, repair(Claimant), Look, Look),
            (Claimant, repair(Technician), Look, Look),
            (Claimant, sent(Technician, 1, 2, Some(2)), Look, Look),
            // Another person.
            (Claimant, sent(Claimant, 2, 3, Some(3)), Reused, Reused),
            (Claimant, sent(Technician, 2, 3, Some(3)), Reused, Reused),
            (Claimant, sent(Merchant, 2, 3, Some(3)), Quoted, Look),
            (Claimant, sent(Merchant, 1, 2, Some(2)), Quoted, Look),
            // The merchant's photos accuse nobody: one station packs every parcel.
            (Merchant, sent(Merchant, 2, 3, Some(3)), Look, Nothing),
            (Merchant, sent(Claimant, 2, 3, Some(3)), Look, Look),
            (Merchant, sent(Technician, 2, 3, Some(3)), Look, Look),
            // Nor does a technician's.
            (Technician, sent(Claimant, 2, 3, Some(3)), Nothing, Nothing),
            (Technician, sent(Merchant, 2, 3, Some(3)), Nothing, Nothing),
            (
                Technician,
                sent(Technician, 2, 3, Some(3)),
                Nothing,
                Nothing,
            ),
        ];
        for (by, earlier, same_file, near) in rows {
            let photo = sent(by, 1, 1, Some(1));
            let what = format!("{by:?} after {earlier:?}");
            assert_eq!(says(&photo, &earlier, true), same_file, "same file: {what}");
            assert_eq!(says(&photo, &earlier, false), near, "near: {what}");
        }
    }

    #[test]
    fn two_orders_that_nobody_named_are_not_one_order() {
        let photo = sent(By::Claimant, 1, 1, None);
        let other = sent(By::Claimant, 2, 3, None);
        assert_eq!(says(&photo, &other, true), Says::Reused);
    }
}

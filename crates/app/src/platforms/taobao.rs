//! 淘宝 and 天猫: the answer of `taobao.refund.get`. Spellings as in the platform's own client library (`Refund`,
//! `RefundRemindTimeout`); amounts are yuan with two digits, times are local.

use super::fields::{Field, Form};
use super::{Adapter, Asked, PlatformCase, Slot, Stage};

pub(super) const ADAPTER: Adapter = Adapter {
    root: "refund_get_response",
    fields: &[
        Field::seen(
            "refund_get_response.refund.refund_id",
            Slot::Reference,
            Form::Text,
        ),
        Field::seen(
            "refund_get_response.refund.tid",
            Slot::Order,
            Form::NumberAsText,
        ),
        Field::seen(
            "refund_get_response.refund.oid",
            Slot::OrderLine,
            Form::NumberAsText,
        ),
        Field::seen(
            "refund_get_response.refund.status",
            Slot::Status,
            Form::Text,
        ),
        Field::seen(
            "refund_get_response.refund.has_good_return",
            Slot::GoodsGoBack,
            Form::Flag,
        ),
        Field::seen(
            "refund_get_response.refund.refund_fee",
            Slot::Amount,
            Form::Yuan,
        ),
        Field::seen(
            "refund_get_response.refund.reason",
            Slot::Reason,
            Form::Text,
        ),
        Field::seen(
            "refund_get_response.refund.desc",
            Slot::Statement,
            Form::Text,
        ),
        Field::seen(
            "refund_get_response.refund.good_status",
            Slot::GotGoods,
            Form::Text,
        ),
        Field::seen(
            "refund_get_response.refund.num_iid",
            Slot::Product,
            Form::NumberAsText,
        ),
        Field::seen("refund_get_response.refund.sku", Slot::Variant, Form::Text),
        Field::seen(
            "refund_get_response.refund.outer_id",
            Slot::OwnCode,
            Form::Text,
        ),
        Field::seen("refund_get_response.refund.title", Slot::Title, Form::Text),
        Field::seen("refund_get_response.refund.num", Slot::Count, Form::Number),
        Field::seen(
            "refund_get_response.refund.sid",
            Slot::ReturnWaybill,
            Form::Text,
        ),
        Field::seen(
            "refund_get_response.refund.company_name",
            Slot::ReturnCarrier,
            Form::Text,
        ),
        Field::seen(
            "refund_get_response.refund.refund_phase",
            Slot::Phase,
            Form::Text,
        ),
        Field::seen(
            "refund_get_response.refund.refund_version",
            Slot::Version,
            Form::NumberAsText,
        ),
        Field::seen(
            "refund_get_response.refund.created",
            Slot::Created,
            Form::LocalTime,
        ),
        Field::seen(
            "refund_get_response.refund.modified",
            Slot::Updated,
            Form::LocalTime,
        ),
        Field::seen(
            "refund_get_response.refund.refund_remind_timeout.exist_timeout",
            Slot::DueExists,
            Form::Flag,
        ),
        Field::seen(
            "refund_get_response.refund.refund_remind_timeout.timeout",
            Slot::Due,
            Form::LocalTime,
        ),
    ],
    dropped: &[
        (
            "refund_get_response.request_id",
            "只用于查询调用记录",
            "only for looking up the call",
        ),
        (
            "refund_get_response.refund.buyer_nick",
            "不需要买家的账号",
            "the buyer's account is not needed",
        ),
        (
            "refund_get_response.refund.buyer_open_uid",
            "不需要买家的账号",
            "the buyer's account is not needed",
        ),
        (
            "refund_get_response.refund.seller_nick",
            "就是本店",
            "it is this shop",
        ),
        (
            "refund_get_response.refund.alipay_no",
            "支付流水号，由平台支付",
            "the platform pays",
        ),
        (
            "refund_get_response.refund.total_fee",
            "订单里已有",
            "the order has it",
        ),
        (
            "refund_get_response.refund.payment",
            "订单里已有",
            "the order has it",
        ),
        (
            "refund_get_response.refund.price",
            "订单里已有",
            "the order has it",
        ),
        (
            "refund_get_response.refund.order_status",
            "订单里已有",
            "the order has it",
        ),
        (
            "refund_get_response.refund.address",
            "本店的退货地址",
            "this shop's own address",
        ),
        (
            "refund_get_response.refund.shipping_type",
            "与裁定无关",
            "nothing depends on it",
        ),
        (
            "refund_get_response.refund.good_return_time",
            "由运单号查询",
            "looked up by the waybill",
        ),
        (
            "refund_get_response.refund.split_taobao_fee",
            "平台内部分账",
            "the platform's own accounts",
        ),
        (
            "refund_get_response.refund.split_seller_fee",
            "平台内部分账",
            "the platform's own accounts",
        ),
        (
            "refund_get_response.refund.cs_status",
            "平台客服的内部状态",
            "the platform's own status",
        ),
        (
            "refund_get_response.refund.advance_status",
            "平台垫付的内部状态",
            "the platform's own status",
        ),
        (
            "refund_get_response.refund.attribute",
            "扩展属性，含义未公开",
            "undocumented attributes",
        ),
        (
            "refund_get_response.refund.operation_contraint",
            "平台页面的限制，提交时平台会提示",
            "told by the platform when an answer is sent",
        ),
        (
            "refund_get_response.refund.refund_remind_timeout.remind_type",
            "提醒类型，期限已保存",
            "the time itself is kept",
        ),
    ],
    ask,
    stage,
};

fn ask(case: &PlatformCase) -> Option<Asked> {
    Some(if case.flag(Slot::GoodsGoBack)? {
        Asked::Return
    } else {
        Asked::Refund
    })
}

fn stage(status: &str) -> Stage {
    match status {
        "SUCCESS" => Stage::Granted,
        // Closed by the buyer, by refusal or by time: the word does not say which, so a human does.
        "CLOSED" => Stage::Rejected,
        _ => Stage::Open,
    }
}

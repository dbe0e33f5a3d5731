//! 微信小店 (formerly 视频号小店): the answer of `channels/ec/aftersale/getaftersaleorder`. Spellings as in the public client
//! libraries WxJava (`AfterSaleInfo`) and SKIT.FlurlHttpClient.Wechat; `deadline` is how many seconds are left.

use super::fields::{Field, Form};
use super::{Adapter, Asked, PlatformCase, Slot, Stage};

pub(super) const ADAPTER: Adapter = Adapter {
    root: "after_sale_order",
    fields: &[
        Field::seen(
            "after_sale_order.after_sale_order_id",
            Slot::Reference,
            Form::Text,
        ),
        Field::seen("after_sale_order.order_id", Slot::Order, Form::Text),
        Field::seen("after_sale_order.status", Slot::Status, Form::Text),
        Field::seen("after_sale_order.type", Slot::Ask, Form::Text),
        Field::seen(
            "after_sale_order.refund_info.amount",
            Slot::Amount,
            Form::Number,
        ),
        Field::seen("after_sale_order.reason", Slot::ReasonCode, Form::Text),
        Field::seen("after_sale_order.reason_text", Slot::Reason, Form::Text),
        Field::seen("after_sale_order.details.desc", Slot::Statement, Form::Text),
        Field::seen(
            "after_sale_order.details.receive_product",
            Slot::GotGoods,
            Form::Flag,
        ),
        Field::seen(
            "after_sale_order.details.media_id_list",
            Slot::Pictures,
            Form::List,
        ),
        Field::seen(
            "after_sale_order.product_info.product_id",
            Slot::Product,
            Form::Text,
        ),
        Field::seen(
            "after_sale_order.product_info.sku_id",
            Slot::Variant,
            Form::Text,
        ),
        Field::seen(
            "after_sale_order.product_info.count",
            Slot::Count,
            Form::Number,
        ),
        Field::seen(
            "after_sale_order.return_info.waybill_id",
            Slot::ReturnWaybill,
            Form::Text,
        ),
        Field::seen(
            "after_sale_order.return_info.delivery_name",
            Slot::ReturnCarrier,
            Form::Text,
        ),
        Field::seen(
            "after_sale_order.merchant_upload_info.reject_reason",
            Slot::RefusedBefore,
            Form::Text,
        ),
        Field::seen("after_sale_order.complaint_id", Slot::Dispute, Form::Text),
        Field::seen("after_sale_order.create_time", Slot::Created, Form::Seconds),
        Field::seen("after_sale_order.update_time", Slot::Updated, Form::Seconds),
        Field::seen("after_sale_order.deadline", Slot::Due, Form::SecondsLeft),
    ],
    dropped: &[
        (
            "errcode",
            "只说明调用成功",
            "says only that the call succeeded",
        ),
        (
            "errmsg",
            "只说明调用成功",
            "says only that the call succeeded",
        ),
        (
            "after_sale_order.openid",
            "不需要买家的账号标识",
            "the buyer's account is not needed",
        ),
        (
            "after_sale_order.unionid",
            "不需要买家的账号标识",
            "the buyer's account is not needed",
        ),
        (
            "after_sale_order.details.tel_number",
            "不需要电话：通过平台联系买家",
            "no phone is needed: the buyer is reached through the platform",
        ),
        (
            "after_sale_order.details.prove_imgs",
            "旧字段，已由 media_id_list 代替",
            "an old field, replaced by media_id_list",
        ),
        (
            "after_sale_order.details.cancel_time",
            "状态里已有",
            "told by the status",
        ),
        (
            "after_sale_order.return_info.delivery_id",
            "承运商名称已保存",
            "the name of the carrier is kept",
        ),
        (
            "after_sale_order.merchant_upload_info.refund_certificates",
            "线下打款凭证，与裁定无关",
            "vouchers of payments outside the platform",
        ),
        (
            "after_sale_order.refund_resp",
            "支付侧的返回码",
            "codes of the payment side",
        ),
        (
            "after_sale_order.product_info.fast_refund",
            "平台的极速退款标记，不影响答复",
            "the platform's mark of fast refunds",
        ),
        (
            "after_sale_order.refund_info.refund_reason",
            "与 reason 重复",
            "says what reason says",
        ),
        (
            "after_sale_order.gen_scene",
            "平台内部的来源标记",
            "the platform's own mark of origin",
        ),
    ],
    ask,
    stage,
};

fn ask(case: &PlatformCase) -> Option<Asked> {
    match case.text(Slot::Ask)? {
        "REFUND" => Some(Asked::Refund),
        "RETURN" => Some(Asked::Return),
        "EXCHANGE" => Some(Asked::Exchange),
        _ => None,
    }
}

fn stage(status: &str) -> Stage {
    match status {
        // The platform's own spelling.
        "USER_CANCELD" => Stage::TakenBack,
        "MERCHANT_REFUND_SUCCESS" | "MERCHANT_RETURN_SUCCESS" | "MERCHANT_EXCHANGE_SUCCESS" => {
            Stage::Granted
        }
        "RETURN_CLOSED" | "MERCHANT_FAIL" => Stage::Rejected,
        _ => Stage::Open,
    }
}

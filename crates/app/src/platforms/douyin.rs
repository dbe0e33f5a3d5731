//! 抖店: the answer of `/afterSale/Detail`. Spellings as in the platform's public Go client (`AfterSaleDetailData`); amounts are
//! fen, times are seconds.

use super::fields::{Field, Form};
use super::{Adapter, Asked, PlatformCase, Slot, Stage};

pub(super) const ADAPTER: Adapter = Adapter {
    root: "data",
    fields: &[
        Field::seen(
            "data.process_info.after_sale_info.after_sale_id",
            Slot::Reference,
            Form::NumberAsText,
        ),
        Field::seen(
            "data.order_info.shop_order_id",
            Slot::Order,
            Form::NumberAsText,
        ),
        Field {
            path: "data.order_info.sku_order_infos.0.sku_order_id",
            to: Slot::OrderLine,
            form: Form::NumberAsText,
            seen: false,
        },
        Field::seen(
            "data.process_info.after_sale_info.after_sale_status",
            Slot::Status,
            Form::NumberAsText,
        ),
        Field::seen(
            "data.process_info.after_sale_info.after_sale_type",
            Slot::Ask,
            Form::NumberAsText,
        ),
        Field::seen(
            "data.process_info.after_sale_info.refund_total_amount",
            Slot::Amount,
            Form::Number,
        ),
        Field::seen(
            "data.process_info.after_sale_info.real_refund_amount",
            Slot::Refunded,
            Form::Number,
        ),
        Field::seen(
            "data.process_info.after_sale_info.reason",
            Slot::Reason,
            Form::Text,
        ),
        Field::seen(
            "data.process_info.after_sale_info.reason_code",
            Slot::ReasonCode,
            Form::NumberAsText,
        ),
        Field::seen(
            "data.process_info.after_sale_info.reason_remark",
            Slot::Statement,
            Form::Text,
        ),
        Field::seen(
            "data.process_info.after_sale_info.evidence",
            Slot::Pictures,
            Form::List,
        ),
        Field::seen(
            "data.process_info.after_sale_info.after_sale_apply_count",
            Slot::Count,
            Form::Number,
        ),
        Field::seen(
            "data.process_info.after_sale_info.got_pkg",
            Slot::GotGoods,
            Form::FlagAsNumber,
        ),
        Field::seen(
            "data.process_info.after_sale_info.apply_time",
            Slot::Created,
            Form::Seconds,
        ),
        Field::seen(
            "data.process_info.after_sale_info.update_time",
            Slot::Updated,
            Form::Seconds,
        ),
        Field::seen(
            "data.process_info.after_sale_info.status_deadline",
            Slot::Due,
            Form::Seconds,
        ),
        Field {
            path: "data.order_info.sku_order_infos.0.product_id",
            to: Slot::Product,
            form: Form::NumberAsText,
            seen: false,
        },
        Field {
            path: "data.order_info.sku_order_infos.0.product_name",
            to: Slot::Title,
            form: Form::Text,
            seen: false,
        },
        Field::seen(
            "data.process_info.logistics_info.return.tracking_no",
            Slot::ReturnWaybill,
            Form::Text,
        ),
        Field::seen(
            "data.process_info.logistics_info.return.company_name",
            Slot::ReturnCarrier,
            Form::Text,
        ),
    ],
    dropped: &[
        (
            "code",
            "只说明调用成功",
            "says only that the call succeeded",
        ),
        ("msg", "只说明调用成功", "says only that the call succeeded"),
        (
            "sub_code",
            "只说明调用成功",
            "says only that the call succeeded",
        ),
        (
            "sub_msg",
            "只说明调用成功",
            "says only that the call succeeded",
        ),
        (
            "log_id",
            "只用于查询调用记录",
            "only for looking up the call",
        ),
        (
            "data.process_info.after_sale_info.after_sale_status_desc",
            "状态码已保存",
            "the code of the status is kept",
        ),
        (
            "data.process_info.after_sale_info.after_sale_type_text",
            "类型码已保存",
            "the code of the kind is kept",
        ),
        (
            "data.process_info.after_sale_info.refund_type",
            "退款方式由平台决定",
            "the platform chooses how it pays",
        ),
        (
            "data.process_info.after_sale_info.refund_type_text",
            "退款方式由平台决定",
            "the platform chooses how it pays",
        ),
        (
            "data.process_info.after_sale_info.refund_status",
            "支付侧的状态",
            "the status of the payment side",
        ),
        (
            "data.process_info.after_sale_info.refund_post_amount",
            "运费，已含在总额里",
            "freight, within the total",
        ),
        (
            "data.process_info.after_sale_info.refund_promotion_amount",
            "平台补贴，由平台结算",
            "the platform's own subsidy",
        ),
        (
            "data.process_info.after_sale_info.post_receiver",
            "不需要收件人",
            "no recipient is needed",
        ),
        (
            "data.process_info.after_sale_info.encrypt_post_receiver",
            "不需要收件人",
            "no recipient is needed",
        ),
        (
            "data.process_info.after_sale_info.post_tel_sec",
            "不需要电话",
            "no phone is needed",
        ),
        (
            "data.process_info.after_sale_info.encrypt_post_tel_sec",
            "不需要电话",
            "no phone is needed",
        ),
        (
            "data.process_info.after_sale_info.post_address",
            "不需要地址",
            "no address is needed",
        ),
        (
            "data.process_info.after_sale_info.return_address",
            "本店的退货地址",
            "this shop's own address",
        ),
        (
            "data.process_info.after_sale_info.return_address_id",
            "本店的退货地址",
            "this shop's own address",
        ),
        (
            "data.process_info.after_sale_info.risk_decsison_code",
            "平台内部的风控结论，不作依据",
            "the platform's own risk verdict, which nothing here may rest on",
        ),
        (
            "data.process_info.after_sale_info.risk_decsison_reason",
            "平台内部的风控结论，不作依据",
            "the platform's own risk verdict, which nothing here may rest on",
        ),
        (
            "data.process_info.after_sale_info.risk_decsison_description",
            "平台内部的风控结论，不作依据",
            "the platform's own risk verdict, which nothing here may rest on",
        ),
        (
            "data.process_info.record_logs_list",
            "协商记录，由人查看后补充",
            "the record of the talks, which a person reads there",
        ),
        (
            "data.process_info.arbitrate_info",
            "仲裁信息，由人查看后补充",
            "the arbitration, which a person reads there",
        ),
        (
            "data.process_info.after_sale_service_tag",
            "服务标签，不影响答复",
            "tags of services",
        ),
        (
            "data.process_info.after_sale_shop_remarks",
            "本店备注",
            "this shop's own remarks",
        ),
        (
            "data.process_info.price_protection_detail",
            "价保，不属于这里的售后",
            "price protection is no after-sales case here",
        ),
        (
            "data.process_info.logistics_info",
            "其余物流由运单号查询",
            "looked up by the waybill",
        ),
        ("data.order_info", "订单里已有", "the order has it"),
    ],
    ask,
    stage,
};

/// Codes as the client library explains them: 0 return, 1 refund, 2 refund before sending, 3 exchange.
fn ask(case: &PlatformCase) -> Option<Asked> {
    match case.text(Slot::Ask)? {
        "0" => Some(Asked::Return),
        "1" | "2" => Some(Asked::Refund),
        "3" => Some(Asked::Exchange),
        _ => None,
    }
}

/// Codes as the client library explains them: 12 done, 51 order canceled, 27 and 29 refused, 28 failed; 53 is over.
fn stage(status: &str) -> Stage {
    match status {
        "12" | "51" | "53" => Stage::Granted,
        "28" => Stage::Rejected,
        _ => Stage::Open,
    }
}

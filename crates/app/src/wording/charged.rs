//! What customers pay for finished work, in words.

use super::{Words, words};
use aftercare_domain::event::{Means, PaymentStep};

/// What happened.
pub(super) fn describe(step: &PaymentStep) -> Words {
    match step {
        PaymentStep::Paid {
            amount,
            means: Means::Cash,
            ..
        } => words(
            format!("登记收到现金 {amount}。"),
            format!("{amount} in cash was recorded as paid."),
        ),
        PaymentStep::Paid { amount, .. } => words(
            format!("登记收到付款 {amount}。"),
            format!("{amount} was recorded as paid."),
        ),
        PaymentStep::Answered { right: true, .. } => words(
            "客户确认这笔付款无误。",
            "The customer says that the payment is right.",
        ),
        PaymentStep::Answered { .. } => words(
            "客户说没有这笔付款：它不再计入，客服会核对。",
            "The customer says that it was not paid: it counts no more, and a person looks into it.",
        ),
        PaymentStep::GivenBack { amount, .. } => words(
            format!("退还 {amount}。"),
            format!("{amount} was given back."),
        ),
        PaymentStep::LetGo { amount, .. } => words(
            format!("商家不再收取 {amount}。"),
            format!("The shop does not ask for {amount} any more."),
        ),
    }
}

//! A verdict in plain words becomes one of the domain.

use super::{Asked, resolution};
use crate::actions::{CitationInput, DecisionInput};
use crate::error::AppError;
use crate::text;
use aftercare_domain::event::{Citation, Verdict};
use aftercare_domain::limits::CITATIONS_MAX;

impl Asked<'_> {
    pub(super) fn decision(&self, input: &DecisionInput) -> Result<Decision, AppError> {
        text::required("reasons", &input.reasons)?;
        if input.citations.len() > CITATIONS_MAX {
            return Err(AppError::invalid(
                "citations",
                "citations",
                format!("最多引用 {CITATIONS_MAX} 条。"),
                format!("At most {CITATIONS_MAX} citations."),
            ));
        }
        let verdict = if input.grant {
            let granted = input.resolution.as_ref().ok_or_else(|| {
                AppError::invalid(
                    "resolution",
                    "resolution_required",
                    "请选择支持的方式和金额。",
                    "Please choose what is granted, and how much.",
                )
            })?;
            Verdict::Granted {
                resolution: resolution(granted)?,
            }
        } else {
            Verdict::Rejected
        };
        Ok(Decision {
            verdict,
            citations: input.citations.iter().map(citation).collect(),
        })
    }
}

/// A verdict with what it cites.
pub(super) struct Decision {
    pub(super) verdict: Verdict,
    pub(super) citations: Vec<Citation>,
}

pub(super) fn citation(input: &CitationInput) -> Citation {
    Citation {
        rule: input.rule.trim().to_owned(),
        version: input.version.trim().to_owned(),
    }
}

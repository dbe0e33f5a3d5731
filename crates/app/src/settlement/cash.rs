//! Cash of customers that whoever did the work has: a line of their next statement, once, and taken back where the customer says
//! that it never was.

use super::columns_of;
use crate::app::App;
use crate::error::AppError;
use aftercare_domain::Fen;
use aftercare_domain::case::WorkOrder;
use aftercare_domain::ids::{CaseId, TenantId, WorkOrderId};
use aftercare_domain::settlement::LineKind;
use aftercare_store::Write;
use aftercare_store::rows::StatementLineRow;

impl App {
    /// Lines that are not written yet.
    pub(crate) async fn cash_lines(
        &self,
        tenant: TenantId,
        (case, work_order): (CaseId, WorkOrderId),
        order: &WorkOrder,
    ) -> Result<Vec<Write>, AppError> {
        let payees = self.payees(tenant).await?;
        let mut lines = Vec::new();
        for one in &order.charge.payments {
            let Some(technician) = one.taken_by() else {
                continue;
            };
            let source = format!("cash:{}", one.payment);
            let taken = self.store().statement_line(tenant, &source).await?;
            let mut line = StatementLineRow {
                tenant,
                source,
                statement: None,
                number: None,
                technician: Some(technician),
                case: Some(case),
                work_order: Some(work_order),
                kind: LineKind::Cash.name().to_owned(),
                amount_fen: Fen(-one.amount.0),
                reason: None,
                waited: true,
                made_at: self.now(),
                outlet: columns_of(payees.of(technician)).1,
            };
            match taken {
                None if one.stands() => lines.push(Write::AddStatementLine(line)),
                Some(taken) if !one.stands() => {
                    line.source = format!("{}:struck", line.source);
                    line.amount_fen = one.amount;
                    // Owed to whom the first one was taken from.
                    line.outlet = taken.outlet;
                    let struck = self.store().statement_line(tenant, &line.source).await?;
                    if struck.is_none() {
                        lines.push(Write::AddStatementLine(line));
                    }
                }
                None | Some(_) => {}
            }
        }
        Ok(lines)
    }
}

//! Who takes part in the stories of a drill, each with an account of their own, and what a shop has before anything can happen:
//! a product, orders, an outlet and a technician. All data is invented.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::json;

use super::http::{self, CSV, FORM, Request, Response};
use super::server::{Installation, field, get, post, secret};

/// Order lines of one import: a request is answered well within its time.
const ORDERS_PER_IMPORT: u32 = 2_000;

/// The product that is claimed about; one of it costs [`PAID_FEN`].
const PRODUCTS: &str = "code,name,skill,warranty_days\nMUG,示例杯,tableware,0\n";
/// What an order paid, in fen.
pub(crate) const PAID_FEN: i64 = 6_800;
const OUTLETS: &str =
    "code,name,county,latitude,longitude\nOUT-1,示例服务站,杭州市西湖区,30.240000,120.160000\n";
const TECHNICIANS: &str = "login,display_name,outlet_code,skills,counties,latitude,longitude,reach_m\n\
    technician,王师傅（示例）,OUT-1,lamp,杭州市,30.251000,120.171000,30000\n";

/// Whoever takes part.
#[derive(Debug)]
pub(crate) struct People {
    /// The token of a program that opens cases: people who are not signed in are held to a pace that no drill could keep.
    pub(crate) program: String,
    /// None where cases are only reported and spoken on.
    pub(crate) crew: Option<Crew>,
}

/// Colleagues with their sessions, and what they work with.
#[derive(Debug)]
pub(crate) struct Crew {
    /// Of an agent who is also the dispatcher.
    pub(crate) desk: String,
    pub(crate) technician: String,
    pub(crate) technician_id: String,
    pub(crate) merchant: String,
    pub(crate) reviewer: String,
    /// How many orders there are; see [`order_number`].
    pub(crate) orders: u32,
}

#[derive(Deserialize)]
struct Technician {
    id: String,
}

/// The number of an order, from 0 on.
pub(crate) fn order_number(order: u32) -> String {
    format!("DRILL-{order}")
}

/// A running server and its administrator.
struct Setup {
    address: SocketAddr,
    admin: String,
}

impl People {
    /// A program alone. Starts the server for it and stops it again.
    ///
    /// # Errors
    /// When the server does not answer as expected.
    pub(crate) fn program_only(installation: &Installation) -> Result<Self> {
        Setup::of(installation, |setup| {
            Ok(Self {
                program: setup.program()?,
                crew: None,
            })
        })
    }

    /// Everybody, and a shop with so many orders. Starts the server for it and stops it again.
    ///
    /// # Errors
    /// When the server does not answer as expected.
    pub(crate) fn with_crew(installation: &Installation, orders: u32) -> Result<Self> {
        Setup::of(installation, |setup| {
            let program = setup.program()?;
            let desk = setup.session("desk", &["agent", "dispatcher"])?;
            let technician = setup.session("technician", &["technician"])?;
            let merchant = setup.session("merchant", &["merchant"])?;
            let reviewer = setup.session("reviewer", &["reviewer"])?;
            setup.import("products", PRODUCTS)?;
            setup.import("outlets", OUTLETS)?;
            setup.import("technicians", TECHNICIANS)?;
            for first in (0..orders).step_by(usize::try_from(ORDERS_PER_IMPORT)?) {
                let last = first.saturating_add(ORDERS_PER_IMPORT).min(orders);
                setup.import("orders", &orders_of(first, last))?;
            }
            let listed = setup.ask(&get("/api/v1/technicians", Some(&setup.admin)), 200)?;
            let listed: Vec<Technician> = serde_json::from_str(&listed.body)?;
            let technician_id = listed
                .into_iter()
                .next()
                .context("the technician is not listed")?
                .id;
            Ok(Self {
                program,
                crew: Some(Crew {
                    desk,
                    technician,
                    technician_id,
                    merchant,
                    reviewer,
                    orders,
                }),
            })
        })
    }
}

/// The table of orders from `first` to the one before `last`.
fn orders_of(first: u32, last: u32) -> String {
    let mut table = String::from("number,paid_at,delivered_at,product_code,paid_fen\n");
    for order in first..last {
        let number = order_number(order);
        table.push_str(&format!("{number},2026-11-01,2026-11-03,MUG,{PAID_FEN}\n"));
    }
    table
}

impl Setup {
    /// Starts the server, signs the administrator in, does the work and stops the server.
    fn of<T>(installation: &Installation, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let server = installation.serve()?;
        let mut setup = Self {
            address: server.address,
            admin: String::new(),
        };
        setup.admin = setup.enter(installation.invitation(), "admin")?;
        let done = work(&setup)?;
        server.stop()?;
        Ok(done)
    }

    fn ask(&self, request: &Request, status: u16) -> Result<Response> {
        let response = http::send(self.address, request)?;
        if response.status != status {
            bail!(
                "{} {}: {} {}",
                request.method,
                request.path,
                response.status,
                response.body
            );
        }
        Ok(response)
    }

    /// Sets a password on the page of an invitation, and signs in with it.
    fn enter(&self, invitation: &str, login: &str) -> Result<String> {
        let password = secret()?;
        let mut form = post(
            invitation,
            None,
            format!("password={password}&password_again={password}"),
        );
        form.content_type = FORM;
        self.ask(&form, 303)?;
        let body = json!({ "login": login, "password": password }).to_string();
        field(
            &self.ask(&post("/api/v1/sessions", None, body), 201)?,
            "token",
        )
    }

    /// Makes an account.
    fn account(&self, login: &str, roles: &[&str]) -> Result<Response> {
        let body = json!({ "login": login, "display_name": login, "roles": roles });
        self.ask(
            &post("/api/v1/users", Some(&self.admin), body.to_string()),
            201,
        )
    }

    /// Makes an account and signs it in.
    fn session(&self, login: &str, roles: &[&str]) -> Result<String> {
        let link = field(&self.account(login, roles)?, "link")?;
        self.enter(&link, login)
    }

    /// Makes a token for a program that may open and read cases.
    fn program(&self) -> Result<String> {
        let user = field(&self.account("drill", &["integrator"])?, "user")?;
        let body = json!({ "user": user, "scopes": ["cases:read", "cases:write"] });
        let request = post("/api/v1/tokens", Some(&self.admin), body.to_string());
        field(&self.ask(&request, 201)?, "token")
    }

    fn import(&self, what: &str, table: &str) -> Result<()> {
        let path = format!("/api/v1/imports/{what}");
        let mut request = post(&path, Some(&self.admin), table.to_owned());
        request.content_type = CSV;
        self.ask(&request, 200)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_order_has_a_row_and_a_number_of_its_own() {
        let table = orders_of(3, 5);
        let rows: Vec<&str> = table.lines().collect();
        assert_eq!(rows.len(), 3, "with its headings: {table}");
        assert!(rows[1].starts_with("DRILL-3,") && rows[2].starts_with("DRILL-4,"));
        assert!(rows[2].ends_with(",6800"));
        assert_eq!(order_number(4), "DRILL-4");
    }
}

//! The table of routes: a router that remembers what was added to it, so that nothing is answered that a test cannot ask
//! about.
//!
//! [`crate::router`] is made of such tables only; the authorization matrix asks every path of [`crate::paths`] for its
//! methods and then who may use them.

use crate::http::state::Server;
use axum::Router;
use axum::routing::MethodRouter;

/// Routes and their paths.
#[derive(Debug, Default)]
pub struct Routes {
    router: Router<Server>,
    paths: Vec<String>,
}

impl Routes {
    /// No route yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A router that was made elsewhere, with the paths that it answers.
    #[must_use]
    pub fn known(router: Router<Server>, paths: Vec<String>) -> Self {
        Self { router, paths }
    }

    /// Adds a path with its methods.
    #[must_use]
    pub fn route(mut self, path: &str, methods: MethodRouter<Server>) -> Self {
        self.paths.push(path.to_owned());
        self.router = self.router.route(path, methods);
        self
    }

    /// Both tables in one.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.paths.extend(other.paths);
        self.router = self.router.merge(other.router);
        self
    }

    /// The paths, in the order in which they were added.
    #[must_use]
    pub fn paths(&self) -> &[String] {
        &self.paths
    }

    /// The router itself.
    pub fn into_router(self) -> Router<Server> {
        self.router
    }
}

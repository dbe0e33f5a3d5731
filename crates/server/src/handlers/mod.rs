//! The pages: each handler reads through the application and renders a template.

pub mod error_page;

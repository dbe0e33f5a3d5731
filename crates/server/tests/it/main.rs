//! Tests of the server, without a socket: requests go into the router as a client would send them.

mod api;
mod doors;
mod listener;
mod openapi;
mod pages;
mod plumbing;
mod world;

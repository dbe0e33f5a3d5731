//! The store on SQLite: the story of every store, and what a file on a disk has to bear.

mod copies;
mod damage;
mod directory;
mod histories;
mod story;
mod support;

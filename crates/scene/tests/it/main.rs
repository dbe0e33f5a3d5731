//! Tests of the rendered photos: they repeat, they show what was asked for, and their files are real.

mod camera;
mod damage;
mod files;
mod scenes;

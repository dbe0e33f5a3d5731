//! The evidence suite: photos whose truth is known, because this crate made them.

//! A photo of a visit that is like an earlier one.

use crate::ids::{CaseId, EvidenceId};
use serde::{Deserialize, Serialize};

/// A technician's photo of finished work, and the earlier photo that it is like. It says nothing about anybody: a person
/// compares the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlikePhoto {
    /// The photo of the finished work.
    pub evidence: EvidenceId,
    /// The earlier one.
    pub earlier: EvidenceId,
    /// The case of the earlier one.
    pub case: CaseId,
    /// Whether it is the same file; else it is almost the same picture.
    pub same_file: bool,
}

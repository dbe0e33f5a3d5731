//! Trust policies (C2SP `tlog-policy`): which logs and witnesses are known, and how many witnesses of
//! which groups must have cosigned a checkpoint before it counts.

use crate::limits::{MAX_POLICY_BYTES, MAX_POLICY_NAMES};
use crate::{Checkpoint, LedgerError, VerifierKey};
use std::collections::HashMap;
use std::str::FromStr;

const POLICY: &str = "policy";
/// The quorum that asks for nobody.
const NONE: &str = "none";

/// A witness of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWitness {
    /// Its name in the policy.
    pub name: String,
    /// Its key.
    pub key: VerifierKey,
    /// Where it takes checkpoints, without `/add-checkpoint`.
    pub url: Option<String>,
}

#[derive(Debug, Clone)]
enum Member {
    Witness(usize),
    Group { needed: usize, members: Vec<String> },
}

/// A policy.
#[derive(Debug, Clone)]
pub struct Policy {
    logs: Vec<(VerifierKey, Option<String>)>,
    witnesses: Vec<PolicyWitness>,
    names: HashMap<String, Member>,
    quorum: String,
}

impl Policy {
    /// The logs, each with its address where the policy has one.
    #[must_use]
    pub fn logs(&self) -> &[(VerifierKey, Option<String>)] {
        &self.logs
    }

    /// The witnesses.
    #[must_use]
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// Whether these witnesses are enough.
    #[must_use]
    pub fn is_met(&self, cosigned: &[&VerifierKey]) -> bool {
        self.quorum == NONE || self.witnessed(&self.quorum, cosigned)
    }

    fn witnessed(&self, name: &str, cosigned: &[&VerifierKey]) -> bool {
        match self.names.get(name) {
            // Groups name only what stands above them, so this ends.
            Some(Member::Witness(at)) => cosigned.contains(&&self.witnesses[*at].key),
            Some(Member::Group { needed, members }) => {
                let there = members.iter().filter(|name| self.witnessed(name, cosigned));
                there.count() >= *needed
            }
            None => false,
        }
    }

    /// Opens a checkpoint of one of the logs that enough witnesses have cosigned. `log` is the key
    /// where the caller knows the log from elsewhere.
    ///
    /// # Errors
    /// What [`Checkpoint::open`] refuses, and [`LedgerError::TooFewWitnesses`].
    pub fn open(&self, note: &str, log: Option<&VerifierKey>) -> Result<Checkpoint, LedgerError> {
        let mut keys: Vec<VerifierKey> = match log {
            Some(key) => vec![key.clone()],
            None => self.logs.iter().map(|(key, _)| key.clone()).collect(),
        };
        keys.extend(self.witnesses.iter().map(|witness| witness.key.clone()));
        let (checkpoint, cosigned) = Checkpoint::open_cosigned(note, &keys)?;
        if self.is_met(&cosigned) {
            Ok(checkpoint)
        } else {
            Err(LedgerError::TooFewWitnesses {
                quorum: self.quorum.clone(),
                cosigned: cosigned.iter().map(|key| key.name().to_owned()).collect(),
            })
        }
    }
}

impl FromStr for Policy {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let mut policy = Self {
            logs: Vec::new(),
            witnesses: Vec::new(),
            names: HashMap::new(),
            quorum: String::new(),
        };
        if text.len() > MAX_POLICY_BYTES {
            return Err(LedgerError::malformed(POLICY, 1, "it is too long"));
        }
        let mut members: Vec<String> = Vec::new();
        for (line, number) in text.split('\n').zip(1..) {
            policy
                .line(line, &mut members)
                .map_err(|why| LedgerError::malformed(POLICY, number, why))?;
        }
        if policy.quorum.is_empty() {
            let why = "there is no line “quorum NAME”; “quorum none” asks for no witness";
            return Err(LedgerError::malformed(
                POLICY,
                text.lines().count().max(1),
                why,
            ));
        }
        Ok(policy)
    }
}

impl Policy {
    fn line(&mut self, line: &str, members: &mut Vec<String>) -> Result<(), String> {
        if line.contains(|c: char| c != '\t' && c.is_ascii_control()) {
            return Err("a control character".to_owned());
        }
        let mut items = line.split([' ', '\t']).filter(|item| !item.is_empty());
        let Some(kind) = items.next().filter(|item| !item.starts_with('#')) else {
            return Ok(());
        };
        let items: Vec<&str> = items.collect();
        match (kind, items.as_slice()) {
            ("log", [key, url @ ..]) if url.len() <= 1 => {
                let key = read_key(key, false)?;
                let known = |(other, _): &(VerifierKey, _)| other.public_key() == key.public_key();
                if self.logs.iter().any(known) {
                    return Err("the key of this log stands above".to_owned());
                }
                self.logs
                    .push((key, url.first().map(|url| (*url).to_owned())));
            }
            ("witness", [name, key, url @ ..]) if url.len() <= 1 => {
                let key = read_key(key, true)?;
                let known = |other: &PolicyWitness| other.key.public_key() == key.public_key();
                if self.witnesses.iter().any(known) {
                    return Err("the key of this witness stands above".to_owned());
                }
                self.define(name, Member::Witness(self.witnesses.len()))?;
                self.witnesses.push(PolicyWitness {
                    name: (*name).to_owned(),
                    key,
                    url: url.first().map(|url| (*url).to_owned()),
                });
            }
            ("group", [name, needed, of @ ..]) if !of.is_empty() => {
                let needed = match *needed {
                    "all" => of.len(),
                    "any" => 1,
                    number => crate::checkpoint::parse_decimal(number)
                        .and_then(|number| usize::try_from(number).ok())
                        .filter(|number| (1..=of.len()).contains(number))
                        .ok_or_else(|| {
                            format!("“all”, “any” or a number from 1 to {} expected", of.len())
                        })?,
                };
                for member in of {
                    if !self.names.contains_key(*member) {
                        return Err(format!("{member} is not defined above"));
                    }
                    if members.iter().any(|other| other == member) {
                        return Err(format!("{member} is already in a group"));
                    }
                    members.push((*member).to_owned());
                }
                let of = of.iter().map(|member| (*member).to_owned()).collect();
                self.define(
                    name,
                    Member::Group {
                        needed,
                        members: of,
                    },
                )?;
            }
            ("quorum", [name]) => {
                if !self.quorum.is_empty() {
                    return Err("a second quorum".to_owned());
                }
                if *name != NONE && !self.names.contains_key(*name) {
                    return Err(format!("{name} is not defined above"));
                }
                self.quorum = (*name).to_owned();
            }
            _ => {
                return Err(
                    "expected: log KEY [URL], witness NAME KEY [URL], group NAME all|any|K NAME..., or quorum NAME"
                        .to_owned(),
                );
            }
        }
        Ok(())
    }

    fn define(&mut self, name: &str, member: Member) -> Result<(), String> {
        if name == NONE || self.names.contains_key(name) {
            return Err(format!("the name {name} is taken"));
        }
        if self.names.len() == MAX_POLICY_NAMES {
            return Err(format!("more than {MAX_POLICY_NAMES} witnesses and groups"));
        }
        self.names.insert(name.to_owned(), member);
        Ok(())
    }
}

fn read_key(text: &str, witness: bool) -> Result<VerifierKey, String> {
    let key: VerifierKey = text
        .parse()
        .map_err(|error: LedgerError| error.to_string())?;
    match (key.is_witness(), witness) {
        (true, false) => Err("this is the key of a witness, not of a log".to_owned()),
        (false, true) => Err(
            "this is the key of a log; a witness has a key of type 4 (cosignature/v1)".to_owned(),
        ),
        _ => Ok(key),
    }
}

//! Who may change a conversation's members: every commit is measured against the grants it carries. Clients hold to
//! the same rule. Pure: what the database knows of devices is asked by the caller.

use wd_kernel::{ConversationId, DeviceId, Timestamp};

use crate::{
    Act, ChannelsError, DeviceStatement, Grant,
    mls::{Change, Committer, Leaf},
    model::{AuthenticatedData, Trust, valid},
};

/// A device that is to be removed: by which grant, and when that was written.
pub(crate) struct OpenRemoval {
    pub(crate) device: DeviceId,
    pub(crate) grant: String,
    pub(crate) at: Timestamp,
}

/// A device that came in or went out, and when.
pub(crate) struct Moved {
    pub(crate) device: DeviceId,
    pub(crate) at: Timestamp,
}

/// What a commit is measured by besides itself.
pub(crate) struct Circumstances<'a> {
    pub(crate) conversation: ConversationId,
    pub(crate) trust: &'a Trust,
    pub(crate) open: &'a [OpenRemoval],
    /// Who came in while a grant that still counts may have been given.
    pub(crate) entered: &'a [Moved],
    /// Who went out in that time.
    pub(crate) left: &'a [Moved],
    pub(crate) now: Timestamp,
}

/// What a commit does, by whose leave.
pub(crate) struct Verdict {
    pub(crate) committer: DeviceStatement,
    pub(crate) joined: Vec<Entry>,
    pub(crate) removed: Vec<DeviceStatement>,
    pub(crate) grants: Vec<String>,
}

/// A device that enters.
pub(crate) struct Entry {
    pub(crate) jws: String,
    pub(crate) statement: DeviceStatement,
    pub(crate) grant: Grant,
}

struct Case<'a> {
    around: &'a Circumstances<'a>,
    grants: Vec<Given>,
}

/// A grant that a commit carries.
struct Given {
    grant: Grant,
    /// Whom it takes out, if an open removal carries it.
    open_for: Option<Vec<DeviceId>>,
}

/// Checks a commit's grants against what it does.
pub(crate) fn judge(commit: &Change, around: &Circumstances<'_>) -> Result<Verdict, ChannelsError> {
    let data = AuthenticatedData::read(&commit.authenticated_data)?;
    let case = Case {
        around,
        grants: read_grants(&data.grants, around)?,
    };
    let (committer, joined, removed) = match &commit.committer {
        Committer::External(leaf) => case.external(leaf, commit)?,
        Committer::Member { before, after } => case.member(before, after.as_ref(), commit)?,
    };
    Ok(Verdict {
        committer,
        joined,
        removed,
        grants: data.grants,
    })
}

fn read_grants(texts: &[String], around: &Circumstances<'_>) -> Result<Vec<Given>, ChannelsError> {
    let mut grants = Vec::with_capacity(texts.len());
    for text in texts {
        let removals = || around.open.iter().filter(|removal| removal.grant == *text);
        let opened = removals().next().map(|removal| removal.at);
        let grant = around
            .trust
            .grant(text, around.conversation, opened.unwrap_or(around.now))?;
        if opened.is_some() && grant.act != Act::Remove {
            return Err(ChannelsError::InvalidMls("a grant of a removal only removes"));
        }
        let open_for = opened.map(|_| removals().map(|removal| removal.device).collect());
        grants.push(Given { grant, open_for });
    }
    Ok(grants)
}

type Parts = (DeviceStatement, Vec<Entry>, Vec<DeviceStatement>);

impl Case<'_> {
    fn external(&self, leaf: &Leaf, commit: &Change) -> Result<Parts, ChannelsError> {
        if !commit.added.is_empty() {
            return Err(ChannelsError::InvalidMls("who enters does not add others"));
        }
        let entry = self.enter(leaf, Act::Join)?;
        // A device that lost its state replaces its own old leaf, and no other one.
        if commit
            .removed
            .iter()
            .any(|old| old.mls_key != entry.statement.mls_key.0)
        {
            return Err(ChannelsError::InvalidMls("who enters removes only its own old leaf"));
        }
        Ok((entry.statement.clone(), vec![entry], Vec::new()))
    }

    fn member(&self, before: &Leaf, after: Option<&Leaf>, commit: &Change) -> Result<Parts, ChannelsError> {
        let committer = self.around.trust.device(&before.statement)?;
        if let Some(after) = after {
            self.renewed(&committer, before, after)?;
        }
        let joined = commit
            .added
            .iter()
            .map(|leaf| self.enter(leaf, Act::Add))
            .collect::<Result<_, _>>()?;
        let removed = commit
            .removed
            .iter()
            .map(|leaf| self.leave(leaf))
            .collect::<Result<_, _>>()?;
        Ok((committer, joined, removed))
    }

    /// The committer's new leaf has the statement it had, or a newer one of the same device and key.
    fn renewed(&self, committer: &DeviceStatement, before: &Leaf, after: &Leaf) -> Result<(), ChannelsError> {
        if after == before {
            return Ok(());
        }
        let statement = self.around.trust.device(&after.statement)?;
        let same = statement.device == committer.device
            && statement.sub == committer.sub
            && statement.mls_key == committer.mls_key;
        let fits = same && after.mls_key == before.mls_key && valid(statement.iat, statement.exp, self.around.now);
        if fits {
            Ok(())
        } else {
            Err(ChannelsError::InvalidMls(
                "a leaf's new statement is not one of the same device",
            ))
        }
    }

    fn enter(&self, leaf: &Leaf, act: Act) -> Result<Entry, ChannelsError> {
        let statement = self.around.trust.device(&leaf.statement)?;
        if statement.mls_key.0 != leaf.mls_key.as_slice() {
            return Err(ChannelsError::InvalidMls(
                "a leaf's key is not the one in its statement",
            ));
        }
        if !valid(statement.iat, statement.exp, self.around.now) {
            return Err(ChannelsError::InvalidMls(
                "a leaf's statement is not valid at this time",
            ));
        }
        let covers = |grant: &&Grant| {
            grant.act == act
                && grant.devices.contains(&statement.device)
                && grant.sub == statement.sub
                && grant.kind == statement.kind
        };
        let grant = self
            .grants
            .iter()
            .map(|given| &given.grant)
            .find(covers)
            .cloned()
            .ok_or(ChannelsError::InvalidMls("no grant lets this device in"))?;
        // Who was taken out, or is to be, does not come back by a leave from before.
        let left = self.around.left.iter().map(|left| (left.device, left.at));
        let leaving = self.around.open.iter().map(|removal| (removal.device, removal.at));
        if left
            .chain(leaving)
            .any(|(device, at)| device == statement.device && at.seconds() > grant.iat)
        {
            return Err(ChannelsError::InvalidMls(
                "the grant is older than the device's leaving",
            ));
        }
        Ok(Entry {
            jws: leaf.statement.clone(),
            statement,
            grant,
        })
    }

    fn leave(&self, leaf: &Leaf) -> Result<DeviceStatement, ChannelsError> {
        let statement = self.around.trust.device(&leaf.statement)?;
        if self.grants.iter().any(|given| self.takes_out(given, statement.device)) {
            Ok(statement)
        } else {
            Err(ChannelsError::InvalidMls("no grant takes this device out"))
        }
    }

    /// Who came in again is not taken out by a leave from before. An open removal names who came in before it, whatever
    /// the clocks say.
    fn takes_out(&self, given: &Given, device: DeviceId) -> bool {
        let Given { grant, open_for } = given;
        let counts = || {
            open_for.as_ref().map_or_else(
                || {
                    let later = |entered: &Moved| entered.device == device && entered.at.seconds() > grant.iat;
                    !self.around.entered.iter().any(later)
                },
                |devices| devices.contains(&device),
            )
        };
        grant.act == Act::Remove && grant.devices.contains(&device) && counts()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::PublicKey;

    #[derive(Deserialize)]
    struct Vectors {
        organisation: OrganisationVector,
        commit_rule: Rule,
    }

    #[derive(Deserialize)]
    struct OrganisationVector {
        public_key: PublicKey,
    }

    #[derive(Deserialize)]
    struct Rule {
        conversation: ConversationId,
        cases: Vec<VectorCase>,
    }

    #[derive(Deserialize)]
    struct VectorCase {
        name: String,
        at: i64,
        leaves: Vec<VectorLeaf>,
        sender: Option<u32>,
        path: Option<VectorLeaf>,
        added: Vec<VectorLeaf>,
        removed: Vec<u32>,
        grants: Vec<String>,
        data: Option<String>,
        open: Vec<VectorRemoval>,
        entered: BTreeMap<DeviceId, i64>,
        left: BTreeMap<DeviceId, i64>,
        expected: String,
    }

    #[derive(Deserialize)]
    struct VectorRemoval {
        devices: Vec<DeviceId>,
        grant: String,
        at: i64,
    }

    #[derive(Deserialize)]
    struct VectorLeaf {
        #[serde(default)]
        index: u32,
        statement: String,
        key: PublicKey,
    }

    impl VectorLeaf {
        fn leaf(&self) -> Leaf {
            Leaf {
                statement: self.statement.clone(),
                mls_key: self.key.0.to_vec(),
            }
        }
    }

    fn moved(times: &BTreeMap<DeviceId, i64>) -> Vec<Moved> {
        let one = |(device, at): (&DeviceId, &i64)| Moved {
            device: *device,
            at: Timestamp::from_seconds(*at),
        };
        times.iter().map(one).collect()
    }

    /// What the commit does, as MLS shows it. `None`: MLS itself refuses it.
    fn change(case: &VectorCase) -> Option<Change> {
        let leaf = |index: u32| case.leaves.iter().find(|leaf| leaf.index == index);
        let path = case.path.as_ref().map(VectorLeaf::leaf);
        let committer = match case.sender {
            None => Committer::External(path?),
            Some(index) => Committer::Member {
                before: leaf(index)?.leaf(),
                after: path,
            },
        };
        let removed = case.removed.iter().map(|index| leaf(*index).map(VectorLeaf::leaf));
        Some(Change {
            committer,
            added: case.added.iter().map(VectorLeaf::leaf).collect(),
            removed: removed.collect::<Option<_>>()?,
            authenticated_data: case
                .data
                .as_ref()
                .map_or_else(|| AuthenticatedData::of(&case.grants), |data| data.clone().into_bytes()),
        })
    }

    fn accepts(case: &VectorCase, trust: &Trust, conversation: ConversationId) -> bool {
        let Some(change) = change(case) else { return false };
        let open = case.open.iter().flat_map(|removal| {
            removal.devices.iter().map(|device| OpenRemoval {
                device: *device,
                grant: removal.grant.clone(),
                at: Timestamp::from_seconds(removal.at),
            })
        });
        let around = Circumstances {
            conversation,
            trust,
            open: &open.collect::<Vec<_>>(),
            entered: &moved(&case.entered),
            left: &moved(&case.left),
            now: Timestamp::from_seconds(case.at),
        };
        judge(&change, &around).is_ok()
    }

    #[test]
    fn the_rule_decides_as_the_clients_do() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../web/crypto/vectors.json");
        let vectors: Vectors = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let trust = Trust {
            organisation: "org_test".into(),
            keys: vec![vectors.organisation.public_key.0],
        };
        assert!(vectors.commit_rule.cases.len() >= 35);
        for case in vectors.commit_rule.cases {
            let accepted = accepts(&case, &trust, vectors.commit_rule.conversation);
            assert_eq!(accepted, case.expected == "accepted", "{}", case.name);
        }
    }
}

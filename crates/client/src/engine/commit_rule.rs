//! Who may change a conversation's members: every commit is measured against the grants it carries.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wd_kernel::{ConversationId, DeviceId, Timestamp};

use super::{
    Act, DeviceStatement, Grant, Refusal, Trust,
    group::{CommitView, Leaf},
    wire::{CommitBody, RemovalBody},
};

/// `authenticated_data` of every commit.
#[derive(Serialize, Deserialize)]
struct AuthenticatedData {
    v: u8,
    grants: Vec<String>,
}

/// A `removal` that nobody has committed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRemoval {
    /// Who is to be removed.
    pub devices: Vec<DeviceId>,
    /// The leave to do it, checked at its own time.
    pub grant: String,
    /// When the item was written.
    pub at: Timestamp,
}

/// The circumstances a commit is checked in.
pub(super) struct Circumstances<'a> {
    pub(super) trust: &'a Trust,
    pub(super) conversation: ConversationId,
    /// When the commit's log item was written.
    pub(super) at: Timestamp,
    pub(super) removals: &'a [OpenRemoval],
    /// When the members came in: none of them is taken out by a grant from before.
    pub(super) entered: &'a BTreeMap<DeviceId, Timestamp>,
    /// When devices went out: none of them comes back by a grant from before.
    pub(super) left: &'a BTreeMap<DeviceId, Timestamp>,
}

/// Somebody who came in, with the leave.
pub(super) struct Newcomer {
    pub(super) jws: String,
    pub(super) statement: DeviceStatement,
    pub(super) grant: Grant,
}

/// What a commit that checks does.
#[derive(Default)]
pub(super) struct Verdict {
    pub(super) joined: Vec<Newcomer>,
    pub(super) removed: Vec<DeviceId>,
    pub(super) removal: Option<Grant>,
    /// The committer's statement, when the commit renewed it.
    pub(super) renewed: Option<(String, DeviceStatement)>,
}

pub(super) fn authenticated_data(grants: &[String]) -> Vec<u8> {
    serde_json::to_vec(&AuthenticatedData {
        v: 1,
        grants: grants.to_vec(),
    })
    .unwrap_or_default()
}

/// The rule of the protocol for a member: `leaves` are those before the commit.
pub(super) fn check(view: &CommitView, leaves: &[Leaf], around: &Circumstances<'_>) -> Result<Verdict, Refusal> {
    let data: AuthenticatedData = serde_json::from_slice(&view.authenticated_data).map_err(|_| Refusal::Form)?;
    // There is one way to write each list, and each grant is in it once.
    let once = data.grants.iter().collect::<BTreeSet<_>>().len() == data.grants.len();
    if data.v != 1 || view.foreign || !once || authenticated_data(&data.grants) != view.authenticated_data {
        return Err(Refusal::Form);
    }
    let grants = around.grants(&data.grants)?;
    let leaf = |index: u32| leaves.iter().find(|leaf| leaf.index == index).ok_or(Refusal::Form);
    let mut verdict = Verdict::default();
    match view.sender {
        None => {
            let path = view
                .path
                .as_ref()
                .filter(|_| view.added.is_empty())
                .ok_or(Refusal::Form)?;
            let newcomer = around.newcomer(&path.statement, Act::Join, &grants)?;
            // Only the newcomer's own old leaf may go: it has the key that its statement names.
            let own = |index: &u32| leaf(*index).map(|old| old.key == newcomer.statement.mls_key);
            if newcomer.statement.mls_key != path.key {
                return Err(Refusal::Statement);
            }
            if !view.removed.iter().map(own).all(|own| own == Ok(true)) {
                return Err(Refusal::Grant);
            }
            verdict.joined.push(newcomer);
        }
        Some(index) => {
            let committer = leaf(index)?;
            if let Some(path) = &view.path {
                verdict.renewed = around.renewed(committer, path)?;
            }
            for added in &view.added {
                let newcomer = around.newcomer(&added.statement, Act::Add, &grants)?;
                if newcomer.statement.mls_key != added.key {
                    return Err(Refusal::Statement);
                }
                verdict.joined.push(newcomer);
            }
            for index in &view.removed {
                let device = around.trust.device_of_any_time(&leaf(*index)?.statement)?.device;
                let grant = grants.iter().find(|given| around.takes_out(given, device));
                verdict.removal = Some(grant.ok_or(Refusal::Grant)?.grant.clone());
                verdict.removed.push(device);
            }
        }
    }
    Ok(verdict)
}

/// What an onlooker can check of a commit: statements and grants, not the group's arithmetic.
pub(super) fn check_from_outside(body: &CommitBody, around: &Circumstances<'_>) -> Result<Verdict, Refusal> {
    let grants = around.grants(&body.grants)?;
    let mut verdict = Verdict {
        removed: body.removed.clone(),
        ..Verdict::default()
    };
    for joined in &body.joined {
        let newcomer = around
            .newcomer(&joined.statement, Act::Join, &grants)
            .or_else(|_| around.newcomer(&joined.statement, Act::Add, &grants))?;
        if newcomer.statement.device != joined.device {
            return Err(Refusal::Statement);
        }
        verdict.joined.push(newcomer);
    }
    for device in &body.removed {
        // A device that replaced its own lost leaf is both removed and joined, by the leave to join.
        let replaced = verdict
            .joined
            .iter()
            .any(|newcomer| newcomer.statement.device == *device);
        let grant = grants
            .iter()
            .find(|given| around.takes_out(given, *device))
            .map(|given| given.grant.clone());
        if grant.is_none() && !replaced {
            return Err(Refusal::Grant);
        }
        verdict.removal = verdict.removal.or(grant);
    }
    Ok(verdict)
}

/// A grant that a commit carries, and the open removal that carries it too.
struct Given<'a> {
    grant: Grant,
    open: Option<&'a OpenRemoval>,
}

impl Circumstances<'_> {
    fn grants(&self, texts: &[String]) -> Result<Vec<Given<'_>>, Refusal> {
        texts.iter().map(|text| self.grant(text)).collect()
    }

    /// A grant that an open removal carries counts as of that item, however late it is committed.
    fn grant(&self, text: &str) -> Result<Given<'_>, Refusal> {
        let open = self.removals.iter().find(|removal| removal.grant == text);
        let grant = self
            .trust
            .grant(text, self.conversation, open.map_or(self.at, |removal| removal.at))?;
        if open.is_some() && grant.act != Act::Remove {
            Err(Refusal::Grant)
        } else {
            Ok(Given { grant, open })
        }
    }

    /// Who came in again is not taken out by a grant from before. An open removal names who came in before it, whatever
    /// the clocks say.
    fn takes_out(&self, given: &Given<'_>, device: DeviceId) -> bool {
        let Given { grant, open } = given;
        let counts = || {
            open.map_or_else(
                || {
                    self.entered
                        .get(&device)
                        .is_none_or(|entered| grant.iat >= entered.seconds())
                },
                |removal| removal.devices.contains(&device),
            )
        };
        grant.act == Act::Remove && grant.devices.contains(&device) && counts()
    }

    /// When a device went out, or was asked to.
    fn leaving(&self, device: DeviceId) -> impl Iterator<Item = Timestamp> {
        let asked = self
            .removals
            .iter()
            .filter(move |removal| removal.devices.contains(&device));
        self.left
            .get(&device)
            .copied()
            .into_iter()
            .chain(asked.map(|removal| removal.at))
    }

    fn newcomer(&self, jws: &str, act: Act, grants: &[Given<'_>]) -> Result<Newcomer, Refusal> {
        let statement = self.trust.device(jws, self.at)?;
        let covers = |g: &&Grant| {
            g.act == act && g.devices.contains(&statement.device) && g.sub == statement.sub && g.kind == statement.kind
        };
        let grant = grants.iter().map(|given| &given.grant).find(covers);
        let grant = grant.ok_or(Refusal::Grant)?.clone();
        if self.leaving(statement.device).any(|at| grant.iat < at.seconds()) {
            return Err(Refusal::Grant);
        }
        Ok(Newcomer {
            jws: jws.to_owned(),
            statement,
            grant,
        })
    }

    /// A committer keeps its leaf, or puts a newer statement of the same device and key in it.
    fn renewed(&self, before: &Leaf, after: &Leaf) -> Result<Option<(String, DeviceStatement)>, Refusal> {
        if before.key != after.key {
            return Err(Refusal::Statement);
        }
        if before.statement == after.statement {
            return Ok(None);
        }
        let old = self.trust.device_of_any_time(&before.statement)?;
        let new = self.trust.device(&after.statement, self.at)?;
        if (old.device, &old.sub) != (new.device, &new.sub) || new.mls_key != after.key {
            return Err(Refusal::Statement);
        }
        Ok(Some((after.statement.clone(), new)))
    }
}

/// Checks a `removal` item.
pub(super) fn check_removal(body: &RemovalBody, around: &Circumstances<'_>) -> Result<Grant, Refusal> {
    let grant = around.trust.grant(&body.grant, around.conversation, around.at)?;
    if grant.act != Act::Remove || !body.devices.iter().all(|device| grant.devices.contains(device)) {
        return Err(Refusal::Grant);
    }
    Ok(grant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::PublicKey;

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
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
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

    impl From<VectorLeaf> for Leaf {
        fn from(VectorLeaf { index, statement, key }: VectorLeaf) -> Self {
            Self { index, statement, key }
        }
    }

    fn outcome(case: Case, trust: &Trust, conversation: ConversationId) -> String {
        let removals: Vec<_> = case
            .open
            .into_iter()
            .map(|open| OpenRemoval {
                devices: open.devices,
                grant: open.grant,
                at: Timestamp::from_seconds(open.at),
            })
            .collect();
        let times = |times: BTreeMap<DeviceId, i64>| {
            let time = |(device, at)| (device, Timestamp::from_seconds(at));
            times.into_iter().map(time).collect::<BTreeMap<_, _>>()
        };
        let (entered, left) = (times(case.entered), times(case.left));
        let around = Circumstances {
            trust,
            conversation,
            at: Timestamp::from_seconds(case.at),
            removals: &removals,
            entered: &entered,
            left: &left,
        };
        let view = CommitView {
            sender: case.sender,
            added: case.added.into_iter().map(Leaf::from).collect(),
            removed: case.removed,
            path: case.path.map(Leaf::from),
            foreign: false,
            authenticated_data: case
                .data
                .map_or_else(|| authenticated_data(&case.grants), String::into_bytes),
        };
        let leaves: Vec<Leaf> = case.leaves.into_iter().map(Leaf::from).collect();
        match check(&view, &leaves, &around) {
            Ok(_) => "accepted",
            Err(Refusal::Statement) => "statement",
            Err(Refusal::Grant) => "grant",
            Err(_) => "form",
        }
        .to_owned()
    }

    #[test]
    fn the_rule_decides_as_the_other_implementation_does() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/crypto/vectors.json");
        let vectors: Vectors = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let trust = Trust::new([vectors.organisation.public_key.0]);
        assert!(vectors.commit_rule.cases.len() >= 15);
        for case in vectors.commit_rule.cases {
            let (name, expected) = (case.name.clone(), case.expected.clone());
            assert_eq!(
                outcome(case, &trust, vectors.commit_rule.conversation),
                expected,
                "{name}"
            );
        }
    }
}

//! Who may change a conversation's members: every commit is measured against the grants it carries. Clients hold to
//! the same rule. Pure: what the database knows of devices is asked by the caller.

use wd_kernel::{ConversationId, DeviceId, Timestamp};

use crate::{
    Act, ChannelsError, DeviceStatement, Grant,
    mls::{CheckedCommit, Committer, Leaf},
    model::{AuthenticatedData, Trust, valid},
};

/// An open removal: its grant, and when it was written.
pub(crate) struct OpenRemoval {
    pub(crate) grant: String,
    pub(crate) at: Timestamp,
}

/// A device that went out, and when.
pub(crate) struct Left {
    pub(crate) device: DeviceId,
    pub(crate) at: Timestamp,
}

/// What a commit is measured by besides itself.
pub(crate) struct Circumstances<'a> {
    pub(crate) conversation: ConversationId,
    pub(crate) trust: &'a Trust,
    pub(crate) open: &'a [OpenRemoval],
    /// Who went out while a grant that still counts may have been given.
    pub(crate) left: &'a [Left],
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
    grants: Vec<Grant>,
}

/// Checks a commit's grants against what it does.
pub(crate) fn judge(commit: &CheckedCommit, around: &Circumstances<'_>) -> Result<Verdict, ChannelsError> {
    let data: AuthenticatedData = serde_json::from_slice(&commit.authenticated_data)
        .map_err(|_| ChannelsError::InvalidMls("the authenticated data are not a list of grants"))?;
    if data.v != 1 {
        return Err(ChannelsError::InvalidMls(
            "the authenticated data are of another version",
        ));
    }
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

fn read_grants(texts: &[String], around: &Circumstances<'_>) -> Result<Vec<Grant>, ChannelsError> {
    let mut grants = Vec::with_capacity(texts.len());
    for text in texts {
        let removal = around.open.iter().find(|removal| removal.grant == *text);
        let at = removal.map_or(around.now, |removal| removal.at);
        let grant = around.trust.grant(text, around.conversation, at)?;
        if removal.is_some() && grant.act != Act::Remove {
            return Err(ChannelsError::InvalidMls("a grant of a removal only removes"));
        }
        grants.push(grant);
    }
    Ok(grants)
}

type Parts = (DeviceStatement, Vec<Entry>, Vec<DeviceStatement>);

impl Case<'_> {
    fn external(&self, leaf: &Leaf, commit: &CheckedCommit) -> Result<Parts, ChannelsError> {
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

    fn member(&self, before: &Leaf, after: Option<&Leaf>, commit: &CheckedCommit) -> Result<Parts, ChannelsError> {
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
            .find(covers)
            .cloned()
            .ok_or(ChannelsError::InvalidMls("no grant lets this device in"))?;
        // Who was taken out does not come back by a leave from before.
        if self
            .around
            .left
            .iter()
            .any(|left| left.device == statement.device && left.at.seconds() > grant.iat)
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
        let covered = self
            .grants
            .iter()
            .any(|grant| grant.act == Act::Remove && grant.devices.contains(&statement.device));
        if covered {
            Ok(statement)
        } else {
            Err(ChannelsError::InvalidMls("no grant takes this device out"))
        }
    }
}

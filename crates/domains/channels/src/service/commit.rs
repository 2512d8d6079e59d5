use serde::Deserialize;
use serde_json::json;
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::Tx;
use wd_kernel::{ConversationId, Ctx, DeviceId, Id as _, StaffId};

use super::{Channels, GRANT_VALIDITY, lock, open::check_history_key, own_device, rate, removal::append};
use crate::{
    Act, Appended, ChannelsError, Commit, Grant, ItemKind, JoinedDevice, Subject,
    mls::{TrackedGroup, check_welcome},
    rule::{self, Circumstances, Moved, OpenRemoval, Verdict},
    store::{
        device::{self, DeviceRow},
        group::{self, GroupRow},
        log,
    },
};

/// What a customer's commit needs in groups far larger than a conversation: it enters, renews, or removes.
const LARGEST_OF_CUSTOMER: usize = 24 * 1024;

/// A commit that is in the log.
#[derive(Debug, Clone)]
pub struct CommitAccepted {
    /// The answer.
    pub appended: Appended,
    /// Whether it was there before. Then the rest is empty.
    pub repeated: bool,
    /// The device that committed.
    pub committer: Option<DeviceId>,
    /// Who came in.
    pub joined: Vec<Joined>,
    /// Whose devices went out.
    pub removed: Vec<(DeviceId, Subject)>,
}

/// A device that came in.
#[derive(Debug, Clone)]
pub struct Joined {
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub owner: Subject,
    /// By whose leave.
    pub grant: Grant,
}

impl CommitAccepted {
    /// The staff members of whom a device entered.
    pub fn staff_joined(&self) -> impl Iterator<Item = (StaffId, &Grant)> {
        self.joined
            .iter()
            .filter_map(|joined| joined.owner.staff().map(|staff| (staff, &joined.grant)))
    }
}

impl Channels {
    /// Checks a commit by MLS's rules, its grants and its GroupInfo, and begins the next epoch with it.
    pub async fn commit_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
        commit: &Commit,
    ) -> Result<CommitAccepted, ChannelsError> {
        let group = lock(tx, ctx, conversation).await?;
        // Clients measure the commit by the time of its item.
        let ctx = &ctx.in_one_moment();
        if let Some(appended) = self.answered_in(tx, conversation, &commit.client_id, None).await? {
            return Ok(CommitAccepted {
                appended,
                repeated: true,
                committer: None,
                joined: vec![],
                removed: vec![],
            });
        }
        if commit.epoch != group.epoch {
            return Err(ChannelsError::EpochConflict);
        }
        if let Some(customer) = ctx.actor.customer() {
            if commit.commit.0.len() > LARGEST_OF_CUSTOMER {
                return Err(ChannelsError::TooLarge);
            }
            rate::CHANGES.spend(tx, ctx, customer.uuid()).await?;
        }
        let (state, group_info) = group::state(tx, conversation).await?;
        let mut tracked = TrackedGroup::load(conversation, &state, &group_info)?;
        let checked = tracked.check(&commit.commit.0, ctx.now())?;
        let open: Vec<OpenRemoval> = group::removals(tx, conversation)
            .await?
            .into_iter()
            .map(|row| OpenRemoval {
                device: row.device,
                grant: row.grant_jws,
                at: row.at,
            })
            .collect();
        let trust = self.trust(tx).await?;
        // Who only renews needs no leave that could be too old.
        let (entered, left) = if checked.change.needs_leave() {
            moved_lately(tx, ctx, conversation).await?
        } else {
            Default::default()
        };
        let around = Circumstances {
            conversation,
            trust: &trust,
            open: &open,
            entered: &entered,
            left: &left,
            now: ctx.now(),
        };
        let verdict = rule::judge(&checked.change, &around)?;
        let device = committing_device(tx, ctx, &verdict).await?;
        let joined = entering_devices(tx, &verdict).await?;
        check_companions(tx, &group, commit, &verdict).await?;
        tracked.merge(checked, &commit.group_info.0)?;
        if !group::advance(tx, conversation, group.epoch, &tracked.state()?, &commit.group_info.0).await? {
            return Err(ChannelsError::EpochConflict);
        }
        let removed = self.change_members(tx, &group, &verdict, &joined).await?;
        if let Some(key) = &commit.history_key {
            group::add_history_key(tx, conversation, key).await?;
        }
        let appended = write(tx, ctx, &group, commit, &verdict, &device).await?;
        audit(tx, ctx, conversation, &joined, &removed).await?;
        Ok(CommitAccepted {
            appended,
            repeated: false,
            committer: Some(device.id),
            joined,
            removed,
        })
    }

    async fn change_members(
        &self,
        tx: &mut Tx,
        group: &GroupRow,
        verdict: &Verdict,
        joined: &[Joined],
    ) -> Result<Vec<(DeviceId, Subject)>, ChannelsError> {
        let mut removed = Vec::new();
        for statement in &verdict.removed {
            let row = device::find(tx, statement.device)
                .await?
                .ok_or(ChannelsError::Stored("a member's device"))?;
            group::remove_member(tx, group.conversation, row.id).await?;
            removed.push((row.id, row.owner()));
        }
        for entry in joined {
            // Who replaces its own old leaf is a member already.
            group::remove_member(tx, group.conversation, entry.device).await?;
            group::add_member(
                tx,
                group.conversation,
                entry.device,
                entry.owner.staff().is_some(),
                group.epoch + 1,
            )
            .await?;
        }
        Ok(removed)
    }
}

/// The parts of a commit's body that tell who came in and who went out.
#[derive(Deserialize)]
struct Moves {
    joined: Vec<JoinedDevice>,
    removed: Vec<DeviceId>,
}

/// Who came in and who went out while grants that may still count were given.
async fn moved_lately(
    tx: &mut Tx,
    ctx: &Ctx,
    conversation: ConversationId,
) -> Result<(Vec<Moved>, Vec<Moved>), ChannelsError> {
    let (mut entered, mut left) = (Vec::new(), Vec::new());
    for row in log::commits_since(tx, conversation, ctx.now() - GRANT_VALIDITY).await? {
        let moves: Moves = serde_json::from_str(&row.body)?;
        let moved = |device| Moved { device, at: row.at };
        entered.extend(moves.joined.into_iter().map(|joined| moved(joined.device)));
        left.extend(moves.removed.into_iter().map(moved));
    }
    Ok((entered, left))
}

/// The device that commits must be the actor's own and count.
async fn committing_device(tx: &mut Tx, ctx: &Ctx, verdict: &Verdict) -> Result<DeviceRow, ChannelsError> {
    match own_device(tx, ctx, verdict.committer.device).await {
        Err(ChannelsError::NotFound) => Err(ChannelsError::InvalidMls("the commit is of somebody else's device")),
        other => other,
    }
}

/// The devices that enter must be known, not revoked, and have the keys that their statements name.
async fn entering_devices(tx: &mut Tx, verdict: &Verdict) -> Result<Vec<Joined>, ChannelsError> {
    let mut joined = Vec::with_capacity(verdict.joined.len());
    for entry in &verdict.joined {
        let row = device::find(tx, entry.statement.device).await?;
        let row = row.filter(|row| {
            row.revoked_at.is_none()
                && row.mls_key() == entry.statement.mls_key
                && row.owner().to_string() == entry.statement.sub
        });
        let row = row.ok_or(ChannelsError::InvalidMls("a device that enters is unknown or revoked"))?;
        joined.push(Joined {
            device: row.id,
            owner: row.owner(),
            grant: entry.grant.clone(),
        });
    }
    Ok(joined)
}

/// A welcome comes with those who are added, and only with them; a history key with every change of members.
async fn check_companions(
    tx: &mut Tx,
    group: &GroupRow,
    commit: &Commit,
    verdict: &Verdict,
) -> Result<(), ChannelsError> {
    let adds = verdict.joined.iter().any(|entry| entry.grant.act == Act::Add);
    match (&commit.welcome, adds) {
        (Some(welcome), true) => check_welcome(&welcome.0)?,
        (None, false) => {}
        (None, true) => return Err(ChannelsError::invalid("welcome", "devices that are added need one")),
        (Some(_), false) => return Err(ChannelsError::invalid("welcome", "nobody is added")),
    }
    let changes = !verdict.joined.is_empty() || !verdict.removed.is_empty();
    match &commit.history_key {
        Some(key) => check_history_key(tx, key, group.team, group.epoch + 1).await,
        None if changes => Err(ChannelsError::invalid("history_key", "needed when members change")),
        None => Ok(()),
    }
}

async fn write(
    tx: &mut Tx,
    ctx: &Ctx,
    group: &GroupRow,
    commit: &Commit,
    verdict: &Verdict,
    device: &DeviceRow,
) -> Result<Appended, ChannelsError> {
    let epoch = group.epoch + 1;
    let joined: Vec<_> = verdict
        .joined
        .iter()
        .map(|entry| json!({ "device": entry.statement.device, "statement": entry.jws }))
        .collect();
    let removed: Vec<DeviceId> = verdict.removed.iter().map(|statement| statement.device).collect();
    let body = json!({ "mls": commit.commit, "joined": joined, "removed": removed, "grants": verdict.grants });
    let item = append(
        tx,
        ctx,
        group.conversation,
        None,
        ItemKind::Commit,
        Some(&commit.client_id),
        Some(device),
        epoch,
        &body,
    )
    .await?;
    let mut items = vec![item];
    if let Some(welcome) = &commit.welcome {
        let added: Vec<DeviceId> = verdict
            .joined
            .iter()
            .filter(|entry| entry.grant.act == Act::Add)
            .map(|entry| entry.statement.device)
            .collect();
        let body = json!({ "mls": welcome, "devices": added });
        let batch = items.first().map(|item| item.seq);
        items.push(
            append(
                tx,
                ctx,
                group.conversation,
                batch,
                ItemKind::Welcome,
                None,
                Some(device),
                epoch,
                &body,
            )
            .await?,
        );
    }
    Ok(Appended { items })
}

async fn audit(
    tx: &mut Tx,
    ctx: &Ctx,
    conversation: ConversationId,
    joined: &[Joined],
    removed: &[(DeviceId, Subject)],
) -> Result<(), ChannelsError> {
    for entry in joined {
        let line = Entry::done("conversation.joined")
            .target(conversation)
            .detail("device", entry.device.to_string());
        tx.audit(
            ctx,
            line.detail("who", entry.owner.to_string())
                .detail("reason", entry.grant.reason.clone()),
        )
        .await?;
    }
    for (device, owner) in removed {
        tx.audit(
            ctx,
            Entry::done("conversation.left")
                .target(conversation)
                .detail("device", device.to_string())
                .detail("who", owner.to_string()),
        )
        .await?;
    }
    Ok(())
}

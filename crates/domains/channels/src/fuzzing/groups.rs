//! A group that the server follows, and what is sent to it with some bytes changed.

use std::sync::{Arc, LazyLock};

use wd_kernel::{Actor, Ctx, HandClock, SeededEntropy, Timestamp, World};

use crate::{
    ChannelsError,
    mls::{self, TrackedGroup},
    testing::{Rights, TestDevice},
};

/// What a customer and an agent send: the group, an external commit into it, and what comes with it.
struct Sent {
    group_info: Vec<u8>,
    state: Vec<u8>,
    commit: Vec<u8>,
    next_info: Vec<u8>,
    message: Vec<u8>,
    package: Vec<u8>,
    conversation: wd_kernel::ConversationId,
    now: Timestamp,
}

/// Made once for each run: openmls draws its own randomness.
static SENT: LazyLock<Option<Sent>> = LazyLock::new(sent);

fn sent() -> Option<Sent> {
    let now = TestDevice::present();
    let world = World {
        clock: Arc::new(HandClock::at(now)),
        entropy: Arc::new(SeededEntropy::new(5)),
        decide: Arc::new(Rights::default()),
    };
    let ctx: Ctx = world.ctx(Actor::Nobody);
    let team = ctx.id();
    let mut customer = TestDevice::unknown(&ctx, team, "the customer's statement");
    let mut agent = TestDevice::unknown(&ctx, team, "the agent's statement");
    let opened = customer.open();
    let state = TrackedGroup::create(opened.conversation, &opened.group_info.0)
        .ok()?
        .state()
        .ok()?;
    let join = agent.join(&opened.group_info, &[]);
    customer.follow(&join.commit);
    let (_, message, _) = customer.message(opened.conversation, "hello");
    Some(Sent {
        group_info: opened.group_info.0,
        state,
        commit: join.commit.0,
        next_info: join.group_info.0,
        message: message.0,
        package: agent.key_package(20, false).0,
        conversation: opened.conversation,
        now,
    })
}

/// Reads bytes as what is sent to a group that is there.
pub(super) fn read(bytes: &[u8]) {
    let Some(sent) = SENT.as_ref() else { return };
    let Some(group) = sent.group() else { return };
    assert!(group.check(bytes, sent.now).is_err(), "nobody committed it");
    let _ = TrackedGroup::load(sent.conversation, bytes, bytes);
}

/// The first byte says what is changed, each three after it where and how. A change of a commit, of a GroupInfo or of a
/// key package is always seen; a message whose frame was changed is of this conversation or refused.
pub(super) fn changes(bytes: &[u8]) {
    let Some(sent) = SENT.as_ref() else { return };
    let Some((which, changes)) = bytes.split_first() else {
        return assert!(
            sent.accepts(&sent.commit, &sent.next_info).is_ok(),
            "unchanged, it is taken"
        );
    };
    let original = match which % 5 {
        0 => &sent.commit,
        1 => &sent.next_info,
        2 => &sent.group_info,
        3 => &sent.package,
        _ => &sent.message,
    };
    let changed = change(original, changes);
    if changed == *original {
        return;
    }
    match which % 5 {
        0 => assert!(
            sent.accepts(&changed, &sent.next_info).is_err(),
            "a changed commit was taken"
        ),
        1 => assert!(
            sent.accepts(&sent.commit, &changed).is_err(),
            "a changed GroupInfo was taken"
        ),
        2 => assert!(
            TrackedGroup::create(sent.conversation, &changed).is_err(),
            "a changed group was taken"
        ),
        3 => assert!(
            mls::check_key_package(&changed, sent.now).is_err(),
            "a changed key package was taken"
        ),
        _ => {
            let _ = mls::check_application(&changed, sent.conversation);
        }
    }
}

impl Sent {
    fn group(&self) -> Option<TrackedGroup> {
        TrackedGroup::load(self.conversation, &self.state, &self.group_info).ok()
    }

    fn accepts(&self, commit: &[u8], next_info: &[u8]) -> Result<(), ChannelsError> {
        let mut group = self.group().ok_or(ChannelsError::Stored("a group"))?;
        let checked = group.check(commit, self.now)?;
        group.merge(checked, next_info)
    }
}

/// Up to eight bytes changed; an odd rest cuts the end off or adds to it.
fn change(original: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut changed = original.to_vec();
    for change in changes.chunks(3).take(8) {
        match *change {
            [high, low, flip] => {
                let at = usize::from(u16::from_be_bytes([high, low])) % changed.len().max(1);
                if let Some(byte) = changed.get_mut(at) {
                    *byte ^= flip;
                }
            }
            [fewer, _] => changed.truncate(changed.len().saturating_sub(usize::from(fewer))),
            [more] => changed.extend(std::iter::repeat_n(0, usize::from(more))),
            _ => {}
        }
    }
    changed
}

//! Who has a socket at this node. The herald hands each what is for them; what somebody is too slow to take closes their
//! socket, and they come again and ask.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::mpsc;
use wd_desk::Sight;
use wd_kernel::{Actor, Ctx, CustomerId, StaffActor, StaffId};

/// How many bytes may wait for the socket of a customer: more than the largest item.
const WAITING_CUSTOMER: usize = 1024 * 1024;
/// How many may wait for the socket of staff, who hear of many conversations.
const WAITING_STAFF: usize = 4 * 1024 * 1024;
/// What a post costs besides its text.
const POST: usize = 128;

/// What a socket gets.
#[derive(Debug, Clone)]
pub(super) enum Post {
    /// A frame for the client.
    Frame(Utf8Bytes),
    /// Look whether the session still holds before anything else.
    Check,
}

impl Post {
    fn cost(&self) -> usize {
        POST + match self {
            Self::Frame(text) => text.len(),
            Self::Check => 0,
        }
    }
}

/// Who might be told.
#[derive(Clone, Copy)]
pub(super) enum Among<'a> {
    /// Who sees a conversation.
    Seeing(&'a Sight),
    /// All staff.
    Staff,
    /// A customer.
    Customer(CustomerId),
}

/// What becomes of one socket.
pub(super) enum Fate {
    /// It hears nothing of this.
    Pass,
    /// It gets this.
    Tell(Post),
    /// It gets this as its last.
    Last(Post),
    /// It closes, and its client comes again and asks.
    Close,
}

/// Clones share the sockets.
#[derive(Clone, Default)]
pub(crate) struct Audience(Arc<Mutex<Seats>>);

#[derive(Default)]
struct Seats {
    next: u64,
    staff: Vec<Seat>,
    customers: HashMap<CustomerId, Vec<Seat>>,
}

struct Seat {
    number: u64,
    ctx: Ctx,
    posts: mpsc::UnboundedSender<Post>,
    waiting: Arc<AtomicUsize>,
}

impl Seat {
    /// Whether the socket stays.
    fn take(&self, post: Post) -> bool {
        let room = match self.ctx.actor {
            Actor::Customer { .. } => WAITING_CUSTOMER,
            _ => WAITING_STAFF,
        };
        let cost = post.cost();
        self.waiting.fetch_add(cost, Ordering::Relaxed) + cost <= room && self.posts.send(post).is_ok()
    }

    fn meet(&self, fate: Fate) -> bool {
        match fate {
            Fate::Pass => true,
            Fate::Tell(post) => self.take(post),
            Fate::Last(post) => {
                self.take(post);
                false
            }
            Fate::Close => false,
        }
    }
}

impl Audience {
    /// Tells somebody from now on.
    pub(super) fn seat(&self, ctx: Ctx) -> Mailbox {
        let (sender, posts) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let customer = ctx.actor.customer();
        let mut seats = self.seats();
        let number = seats.next;
        seats.next += 1;
        let seat = Seat {
            number,
            ctx,
            posts: sender,
            waiting: waiting.clone(),
        };
        match customer {
            Some(customer) => seats.customers.entry(customer).or_default().push(seat),
            None => seats.staff.push(seat),
        }
        drop(seats);
        Mailbox {
            audience: self.clone(),
            number,
            customer,
            posts,
            waiting,
        }
    }

    /// Lets each socket among these meet its fate. Who sees a conversation is asked of the desk's rule first.
    pub(super) fn each(&self, among: Among<'_>, mut fate: impl FnMut(&Ctx) -> Fate) {
        let mut seats = self.seats();
        let mut visit = |seat: &Seat| match among {
            Among::Seeing(sight) if !sight.is_open_to(&seat.ctx) => true,
            _ => seat.meet(fate(&seat.ctx)),
        };
        if !matches!(among, Among::Customer(_)) {
            seats.staff.retain(&mut visit);
        }
        let customer = match among {
            Among::Seeing(sight) => sight.customer,
            Among::Customer(customer) => customer,
            Among::Staff => return,
        };
        if let Some(own) = seats.customers.get_mut(&customer) {
            own.retain(visit);
            if own.is_empty() {
                seats.customers.remove(&customer);
            }
        }
    }

    /// The staff with sockets here: this person's sessions, or everybody's.
    pub(super) fn staff(&self, whose: Option<StaffId>) -> Vec<Arc<StaffActor>> {
        let mut found: Vec<Arc<StaffActor>> = Vec::new();
        for seat in &self.seats().staff {
            if let Actor::Staff(staff) = &seat.ctx.actor
                && whose.is_none_or(|whose| whose == staff.id)
                && !found.contains(staff)
            {
                found.push(staff.clone());
            }
        }
        found
    }

    /// Whether nobody is here.
    pub(super) fn is_empty(&self) -> bool {
        let seats = self.seats();
        seats.staff.is_empty() && seats.customers.is_empty()
    }

    /// Closes all sockets: what they missed is not known.
    pub(super) fn close_all(&self) {
        let mut seats = self.seats();
        seats.staff.clear();
        seats.customers.clear();
    }

    fn leave(&self, number: u64, customer: Option<CustomerId>) {
        let mut seats = self.seats();
        let Some(customer) = customer else {
            seats.staff.retain(|seat| seat.number != number);
            return;
        };
        if let Some(own) = seats.customers.get_mut(&customer) {
            own.retain(|seat| seat.number != number);
            if own.is_empty() {
                seats.customers.remove(&customer);
            }
        }
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a socket gets its posts, in order. It is nobody's any more when dropped.
pub(super) struct Mailbox {
    audience: Audience,
    number: u64,
    customer: Option<CustomerId>,
    posts: mpsc::UnboundedReceiver<Post>,
    waiting: Arc<AtomicUsize>,
}

impl Mailbox {
    /// The next post; none when the socket is to close.
    pub(super) async fn next(&mut self) -> Option<Post> {
        let post = self.posts.recv().await?;
        self.taken(&post);
        Some(post)
    }

    /// A post that waits already.
    pub(super) fn waiting(&mut self) -> Option<Post> {
        let post = self.posts.try_recv().ok()?;
        self.taken(&post);
        Some(post)
    }

    fn taken(&self, post: &Post) {
        self.waiting.fetch_sub(post.cost(), Ordering::Relaxed);
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.audience.leave(self.number, self.customer);
    }
}

#[cfg(test)]
mod tests {
    use wd_kernel::{Decide, HandClock, Scope, SeededEntropy, Timestamp, World};

    use super::*;

    struct Nothing;
    impl Decide for Nothing {
        fn allows(&self, _: &Actor, _: &'static str, _: Scope) -> bool {
            false
        }
    }

    fn customer(n: u8) -> Ctx {
        let world = World {
            clock: Arc::new(HandClock::at(Timestamp::from_seconds(1))),
            entropy: Arc::new(SeededEntropy::new(1)),
            decide: Arc::new(Nothing),
        };
        world.ctx(Actor::Customer {
            id: format!("cus_{n:032x}").parse().unwrap(),
            device: None,
        })
    }

    fn frames(mailbox: &mut Mailbox) -> usize {
        std::iter::from_fn(|| mailbox.waiting()).count()
    }

    #[tokio::test]
    async fn a_socket_that_takes_nothing_is_closed_and_one_that_does_is_not() {
        let audience = Audience::default();
        let (slow, quick) = (customer(1), customer(2));
        let mut slow = (slow.actor.customer().unwrap(), audience.seat(slow));
        let mut quick = (quick.actor.customer().unwrap(), audience.seat(quick));
        let post = Post::Frame("x".repeat(WAITING_CUSTOMER / 4).into());
        for _ in 0..6 {
            for (whom, _) in [&slow, &quick] {
                audience.each(Among::Customer(*whom), |_| Fate::Tell(post.clone()));
            }
            assert_eq!(frames(&mut quick.1), 1);
        }
        assert_eq!(frames(&mut slow.1), 3);
        assert!(slow.1.next().await.is_none());
        assert!(!audience.is_empty());
        drop(quick);
        assert!(audience.is_empty());
    }
}

//! The one writer of SQLite. Transactions that wait for it share a durable COMMIT.
//!
//! A task owns the connection and lends it to one transaction at a time. The first of a group is the transaction of the
//! database itself; each further one lives in a savepoint of it. Who commits gives the connection back and waits; when
//! nobody else wants to write, or the group is large or old enough, one COMMIT makes all of them durable, and only then
//! are they told. Who is dropped gives the connection back as well, and what it did is taken back before the next one
//! gets it. So nothing depends on whether a caller goes on living: the task always ends what it began.

use std::{sync::Arc, time::Duration};

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Sleep, sleep, timeout},
};
use tracing::warn;

use crate::{DbError, announce::Wake};

/// How many transactions share a COMMIT at most.
const MOST: usize = 64;
/// After this the first of a group waits for nobody else.
const LONG_ENOUGH: Duration = Duration::from_millis(8);
/// How long a transaction waits for its turn before it gives up.
const PATIENCE: Duration = Duration::from_secs(30);

const BEGIN: &str = "BEGIN IMMEDIATE";
const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";
const MARK: &str = "SAVEPOINT member";
const NEXT_MARK: &str = "RELEASE member; SAVEPOINT member";
const BACK_TO_MARK: &str = "ROLLBACK TO member";

/// The way to the writer. Clones lead to the same one.
#[derive(Clone)]
pub(crate) struct Writer {
    asks: mpsc::UnboundedSender<Ask>,
}

enum Ask {
    Begin(Begin),
    Close(oneshot::Sender<()>),
}

struct Begin {
    alone: bool,
    give: oneshot::Sender<Result<Turn, DbError>>,
}

/// The connection, lent to one transaction. Dropping it takes back what the transaction did.
pub(crate) struct Turn {
    lent: Option<Lent>,
    /// A statement found no room, so SQLite may have taken the whole group back.
    full: bool,
}

struct Lent {
    connection: SqliteConnection,
    back: oneshot::Sender<(SqliteConnection, End)>,
}

/// How a transaction ended.
enum End {
    Abandoned {
        /// No room was left for it.
        full: bool,
    },
    Committed(Member),
}

/// A transaction that waits for the COMMIT of its group.
struct Member {
    emitted: bool,
    done: oneshot::Sender<Result<(), DbError>>,
}

impl Writer {
    /// Opens the connection, and keeps it until [`close`](Self::close) or until the last clone is gone.
    pub(crate) async fn open(options: SqliteConnectOptions, wake: Wake) -> Result<Self, DbError> {
        let connection = options.connect().await?;
        let (asks, asked) = mpsc::unbounded_channel();
        let keeper = Keeper {
            connection: Some(connection),
            options,
            asked,
            wake,
        };
        tokio::spawn(keeper.run());
        Ok(Self { asks })
    }

    /// Waits for a turn. `alone`: nobody shall wait for this one's end to be durable, because it takes long.
    pub(crate) async fn begin(&self, alone: bool) -> Result<Turn, DbError> {
        let (give, given) = oneshot::channel();
        self.asks
            .send(Ask::Begin(Begin { alone, give }))
            .map_err(|_| DbError::Closed)?;
        timeout(PATIENCE, given)
            .await
            .map_err(|_| DbError::Busy)?
            .map_err(|_| DbError::Closed)?
    }

    /// Closes the connection after those who wait had their turn.
    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.asks.send(Ask::Close(done)).is_ok() {
            // It is closed either way: by this or by the end of the task.
            let _ = closed.await;
        }
    }
}

impl Turn {
    /// The connection. `None` never happens before the end.
    pub(crate) fn connection(&mut self) -> Result<&mut SqliteConnection, DbError> {
        self.lent
            .as_mut()
            .map(|lent| &mut lent.connection)
            .ok_or(DbError::Closed)
    }

    /// Notes that there was no room, for the others of the group.
    pub(crate) const fn found_no_room(&mut self) {
        self.full = true;
    }

    /// Ends the transaction, and waits until it is durable. Who stops waiting does not stop it.
    pub(crate) async fn commit(mut self, emitted: bool) -> Result<(), DbError> {
        let (done, durable) = oneshot::channel();
        let lent = self.lent.take().ok_or(DbError::Closed)?;
        lent.end(End::Committed(Member { emitted, done }));
        durable.await.map_err(|_| DbError::Closed)?
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(lent) = self.lent.take() {
            lent.end(End::Abandoned { full: self.full });
        }
    }
}

impl Lent {
    fn end(self, end: End) {
        // Without a keeper the connection closes here, and SQLite rolls back.
        drop(self.back.send((self.connection, end)));
    }
}

/// The task that owns the connection.
struct Keeper {
    connection: Option<SqliteConnection>,
    options: SqliteConnectOptions,
    asked: mpsc::UnboundedReceiver<Ask>,
    wake: Wake,
}

/// Where the group's transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// No savepoint is set.
    None,
    /// One is set, and nothing was done since.
    Fresh,
    /// One is set, and what came after it is to be kept.
    Used,
}

impl Keeper {
    async fn run(mut self) {
        let mut next = None;
        loop {
            let ask = match next.take() {
                Some(ask) => ask,
                None => match self.asked.recv().await {
                    Some(ask) => ask,
                    None => break,
                },
            };
            match ask {
                Ask::Begin(first) => next = self.group(first).await,
                Ask::Close(done) => {
                    self.close().await;
                    let _ = done.send(());
                    return;
                }
            }
        }
        self.close().await;
    }

    async fn close(&mut self) {
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            warn!(%error, "the database did not close cleanly");
        }
    }

    /// Serves who asks, until it is time to commit; then commits. What was asked meanwhile and does not belong to the
    /// group is given back.
    async fn group(&mut self, first: Begin) -> Option<Ask> {
        let mut members = Vec::new();
        let old = sleep(LONG_ENOUGH);
        tokio::pin!(old);
        let mut mark = Mark::None;
        let mut begin = first;
        let next = loop {
            let alone = begin.alone;
            if let Err(error) = self.serve(begin, &mut members, &mut mark, old.as_mut()).await {
                self.undo().await;
                tell(members, Err(error));
                return None;
            }
            if !members.is_empty() && (alone || members.len() >= MOST || old.is_elapsed()) {
                break None;
            }
            match self.asked.try_recv() {
                Ok(Ask::Begin(next)) if members.is_empty() || !next.alone => begin = next,
                Ok(other) => break Some(other),
                Err(_) => break None,
            }
        };
        if !members.is_empty() {
            let committed = self.execute(COMMIT).await;
            if committed.is_err() {
                self.undo().await;
            } else if members.iter().any(|member| member.emitted) {
                self.wake.wake();
            }
            tell(members, committed);
        }
        next
    }

    /// Lends the connection to one transaction. An error means that the whole group is lost.
    async fn serve(
        &mut self,
        begin: Begin,
        members: &mut Vec<Member>,
        mark: &mut Mark,
        mut old: std::pin::Pin<&mut Sleep>,
    ) -> Result<(), DbError> {
        if begin.give.is_closed() {
            return Ok(());
        }
        if members.is_empty() {
            if let Err(error) = self.begin().await {
                // Nobody listens if the caller is gone.
                let _ = begin.give.send(Err(error));
                return Ok(());
            }
        } else {
            match mark {
                Mark::None => self.execute(MARK).await?,
                Mark::Used => self.execute(NEXT_MARK).await?,
                Mark::Fresh => {}
            }
            *mark = Mark::Used;
        }
        let connection = self.connection.take().ok_or(DbError::Closed)?;
        let (back, mut gives_back) = oneshot::channel();
        // When the caller is gone, this drops the turn, which gives the connection back.
        let turn = Turn {
            lent: Some(Lent { connection, back }),
            full: false,
        };
        drop(begin.give.send(Ok(turn)));
        let returned = loop {
            tokio::select! {
                biased;
                returned = &mut gives_back => break returned,
                // Noticed here so that `is_elapsed` is true afterwards.
                () = &mut old, if !old.is_elapsed() => {}
            }
        };
        let (connection, end) = returned.map_err(|_| DbError::Closed)?;
        self.connection = Some(connection);
        match end {
            End::Committed(member) => members.push(member),
            End::Abandoned { .. } if members.is_empty() => self.undo().await,
            End::Abandoned { full } => {
                let back = self.execute(BACK_TO_MARK).await;
                back.map_err(|error| if full { DbError::Full } else { error })?;
                *mark = Mark::Fresh;
            }
        }
        Ok(())
    }

    /// Begins, on a new connection if the old one cannot.
    async fn begin(&mut self) -> Result<(), DbError> {
        match self.execute(BEGIN).await {
            Err(error) if !matches!(error, DbError::Busy | DbError::Full) => {
                warn!(%error, "the writer's connection is opened again");
                self.connection = Some(self.options.connect().await?);
                self.execute(BEGIN).await
            }
            other => other,
        }
    }

    /// Takes everything back that is not durable.
    async fn undo(&mut self) {
        // After some faults (no room, no memory) SQLite has done so itself and finds nothing to take back. If it fails
        // for another reason, the next BEGIN fails, and that opens a new connection.
        let _ = self.execute(ROLLBACK).await;
    }

    async fn execute(&mut self, sql: &'static str) -> Result<(), DbError> {
        let connection = self.connection.as_mut().ok_or(DbError::Closed)?;
        Ok(sqlx::query(sql).execute(connection).await.map(drop)?)
    }
}

/// Tells all members how their COMMIT went.
fn tell(members: Vec<Member>, committed: Result<(), DbError>) {
    let error = committed.err().map(Arc::new);
    for member in members {
        let answer = match &error {
            None => Ok(()),
            Some(error) => Err(match **error {
                DbError::Full => DbError::Full,
                DbError::Busy => DbError::Busy,
                _ => DbError::Group(Arc::clone(error)),
            }),
        };
        // Who stopped waiting is not told.
        let _ = member.done.send(answer);
    }
}

#[cfg(test)]
mod tests;

//! A durable queue of work. A job is enqueued with the change that needs it; whoever claims it holds a lease and
//! deletes the job in the transaction of its result, so a crash in between means another try, not a lost job.

use serde::{Serialize, de::DeserializeOwned};
use wd_db::{Db, DbError, Tx, record, sql};
use wd_kernel::{Ctx, Duration, JobId, Timestamp};

/// The schema of the queue.
pub const MIGRATIONS: wd_db::Migrations = wd_db::migrations!("jobs": "0001_job");

/// How often a job is tried before it is left aside.
pub const MAX_ATTEMPTS: i64 = 8;

record! {
    /// A job that was claimed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Job {
        /// Its id.
        pub id: JobId,
        /// What is to be done.
        pub kind: String,
        /// With what, as JSON.
        pub payload: String,
        /// Which try this is, from 1.
        pub attempts: i64,
    }
}

impl Job {
    /// The payload, if it has this shape.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.payload).ok()
    }
}

/// Enqueues work that becomes due at a time.
pub async fn enqueue(
    tx: &mut Tx,
    ctx: &Ctx,
    kind: &'static str,
    payload: &impl Serialize,
    due_at: Timestamp,
) -> Result<JobId, DbError> {
    let id: JobId = ctx.id();
    let payload = serde_json::to_string(payload).map_err(DbError::Event)?;
    sql!(
        tx,
        execute,
        "INSERT INTO job (id, kind, payload, due_at, attempts) VALUES ($1, $2, $3, $4, 0)",
        id,
        kind,
        payload,
        due_at
    )
    .await?;
    Ok(id)
}

/// Claims the job that is due longest and nobody holds, for the time of the lease.
pub async fn claim(db: &Db, ctx: &Ctx, lease: Duration) -> Result<Option<Job>, DbError> {
    let mut tx = db.begin().await?;
    let now = ctx.now();
    let due = sql!(
        tx,
        fetch_optional as (JobId,),
        "SELECT id FROM job WHERE due_at <= $1 AND (lease_until IS NULL OR lease_until <= $1) AND attempts < $2 ORDER BY due_at, id LIMIT 1",
        now,
        MAX_ATTEMPTS
    )
    .await?;
    let Some((id,)) = due else {
        return Ok(None);
    };
    // Compare-and-set: of two nodes that saw the same job, one gets a row back.
    let job = sql!(
        tx,
        fetch_optional as Job,
        "UPDATE job SET lease_until = $2, attempts = attempts + 1 WHERE id = $1 AND (lease_until IS NULL OR lease_until <= $3)
         RETURNING id, kind, payload, attempts",
        id,
        now + lease,
        now
    )
    .await?;
    tx.commit().await?;
    Ok(job)
}

/// Prolongs the lease. `false` if it was lost to somebody else, who then does the work.
pub async fn prolong(tx: &mut Tx, ctx: &Ctx, job: &Job, lease: Duration) -> Result<bool, DbError> {
    let changed = sql!(
        tx,
        execute,
        "UPDATE job SET lease_until = $3 WHERE id = $1 AND attempts = $2",
        job.id,
        job.attempts,
        ctx.now() + lease
    )
    .await?;
    Ok(changed == 1)
}

/// Ends the job in the transaction of its result. `false` if the lease was lost: then roll back.
pub async fn done(tx: &mut Tx, job: &Job) -> Result<bool, DbError> {
    Ok(sql!(
        tx,
        execute,
        "DELETE FROM job WHERE id = $1 AND attempts = $2",
        job.id,
        job.attempts
    )
    .await?
        == 1)
}

/// Gives the job back for another try after a pause that grows with the attempts.
pub async fn retry(tx: &mut Tx, ctx: &Ctx, job: &Job) -> Result<(), DbError> {
    let exponent = u32::try_from(job.attempts.clamp(0, 10)).unwrap_or(10);
    let due_at = ctx.now() + Duration::from_secs(2_u64.saturating_pow(exponent));
    sql!(
        tx,
        execute,
        "UPDATE job SET lease_until = NULL, due_at = $3 WHERE id = $1 AND attempts = $2",
        job.id,
        job.attempts,
        due_at
    )
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wd_db::both_databases;
    use wd_kernel::{Actor, Decide, HandClock, Scope, SeededEntropy, World};

    use super::*;

    struct No;
    impl Decide for No {
        fn allows(&self, _: &Actor, _: &'static str, _: Scope) -> bool {
            false
        }
    }

    fn world() -> (Arc<HandClock>, Ctx) {
        let clock = Arc::new(HandClock::at(Timestamp::from_seconds(100)));
        let world = World {
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(1)),
            decide: Arc::new(No),
        };
        (clock, world.ctx(Actor::System("test")))
    }

    const LEASE: Duration = Duration::from_secs(30);

    both_databases! { &[MIGRATIONS];
        async fn a_job_is_claimed_once_while_the_lease_holds(test) {
            let (clock, ctx) = world();
            let mut tx = test.db.begin().await.unwrap();
            enqueue(&mut tx, &ctx, "import", &7, ctx.now()).await.unwrap();
            tx.commit().await.unwrap();
            let job = claim(&test.db, &ctx, LEASE).await.unwrap().unwrap();
            assert_eq!((job.kind.as_str(), job.read::<i64>(), job.attempts), ("import", Some(7), 1));
            assert_eq!(claim(&test.db, &ctx, LEASE).await.unwrap(), None);
            clock.advance(LEASE);
            let again = claim(&test.db, &ctx, LEASE).await.unwrap().unwrap();
            assert_eq!(again.attempts, 2);
            let mut tx = test.db.begin().await.unwrap();
            assert!(!done(&mut tx, &job).await.unwrap(), "who lost the lease cannot end the job");
            assert!(done(&mut tx, &again).await.unwrap());
        }

        async fn a_job_that_is_not_due_waits(test) {
            let (clock, ctx) = world();
            let mut tx = test.db.begin().await.unwrap();
            enqueue(&mut tx, &ctx, "tidy", &(), ctx.now() + Duration::from_secs(60)).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(claim(&test.db, &ctx, LEASE).await.unwrap(), None);
            clock.advance(Duration::from_secs(60));
            assert!(claim(&test.db, &ctx, LEASE).await.unwrap().is_some());
        }

        async fn a_job_that_keeps_failing_is_left_aside(test) {
            let (clock, ctx) = world();
            let mut tx = test.db.begin().await.unwrap();
            enqueue(&mut tx, &ctx, "doomed", &(), ctx.now()).await.unwrap();
            tx.commit().await.unwrap();
            for _ in 0..MAX_ATTEMPTS {
                let job = claim(&test.db, &ctx, LEASE).await.unwrap().unwrap();
                let mut tx = test.db.begin().await.unwrap();
                retry(&mut tx, &ctx, &job).await.unwrap();
                tx.commit().await.unwrap();
                clock.advance(Duration::from_secs(2000));
            }
            assert_eq!(claim(&test.db, &ctx, LEASE).await.unwrap(), None);
        }
    }
}

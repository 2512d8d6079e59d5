//! Reminding those by mail who are left.

use std::collections::{HashMap, HashSet};

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::DbError;
use wd_kernel::{Ctx, FactorWaveId, StaffId};

use super::members::with_members;
use crate::{
    Identity,
    events::FactorReminder,
    model::Reminder,
    store::{mail_address, wave},
};

/// Most people who are reminded in one go; the next run goes on.
const MOST_AT_ONCE: usize = 500;

impl Identity {
    /// Reminds those who are left by a wave and have a mail address, each time once; how many. Who is left by several is
    /// reminded of the one whose day comes first. Run it a few times an hour.
    pub async fn remind_of_factor_waves(&self, ctx: &Ctx) -> Result<usize, DbError> {
        let mut tx = self.db.begin().await?;
        let rows = wave::open(&mut tx).await?;
        let waves = with_members(&mut tx, rows).await?;
        let now = ctx.now();
        let mut begun: Vec<_> = waves
            .into_iter()
            .filter(|wave| wave.row.reminds)
            .filter_map(|wave| Some((wave.row.terms().reminder_now(now)?, wave)))
            .collect();
        if begun.is_empty() {
            return Ok(0);
        }
        begun.sort_by_key(|(_, wave)| (wave.row.terms().due_at(), wave.row.id));
        let reachable: HashSet<StaffId> = mail_address::proved(&mut tx).await?.into_iter().collect();
        let mut told: HashMap<FactorWaveId, HashSet<StaffId>> = HashMap::new();
        for (kind, wave) in &begun {
            let sent = wave::reminded(&mut tx, wave.row.id, *kind, wave.row.terms().due_at()).await?;
            told.insert(wave.row.id, sent.into_iter().collect());
        }
        let mut reminded = 0;
        for person in self.census(&mut tx, ctx).await?.people {
            let id = person.row.id;
            let asks = |wave: &&(Reminder, super::members::Wave)| {
                wave.1.has(id, &person.roles) && person.had() < Some(wave.1.row.asks)
            };
            let Some((kind, wave)) = begun.iter().find(asks) else {
                continue;
            };
            let known = told.get(&wave.row.id).is_some_and(|sent| sent.contains(&id));
            if known || !reachable.contains(&id) {
                continue;
            }
            let terms = wave.row.terms();
            if !wave::remind(&mut tx, wave.row.id, id, *kind, terms.due_at(), now).await? {
                continue;
            }
            let event = FactorReminder {
                wave: wave.row.id,
                staff: id,
                asks: terms.asks,
                due_at: terms.due_at(),
            };
            tx.emit(ctx, &event).await?;
            reminded += 1;
            if reminded == MOST_AT_ONCE {
                break;
            }
        }
        if reminded > 0 {
            let entry = Entry::done("factor-wave.reminded").detail("people", reminded);
            tx.audit(ctx, entry).await?;
        }
        tx.commit().await?;
        Ok(reminded)
    }
}

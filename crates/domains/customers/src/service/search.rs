use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Scope};

use super::{CustomerError, read::CustomerSummary, record};
use crate::{
    Customers,
    model::{Search, SearchKind},
    permissions::CustomerRead,
    store::customer::{self, CustomerRow},
};

impl Customers {
    /// The customers with exactly this mail, phone or external id. What was searched stays out of logs and addresses.
    pub async fn search(&self, ctx: &Ctx, search: &Search) -> Result<Vec<CustomerSummary>, CustomerError> {
        ctx.require::<CustomerRead>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        let found = self.matching(&mut tx, search).await?;
        self.summaries(&mut tx, ctx, &found).await
    }

    /// Rows whose value is really the one searched: a blind index is short, so others may share it.
    pub(super) async fn matching(&self, tx: &mut Tx, search: &Search) -> Result<Vec<CustomerRow>, CustomerError> {
        let mut found = Vec::new();
        for row in candidates(tx, search.kind(), &record::index(&self.vault, search)).await? {
            let key = self.vault.subject_key(tx, row.id).await?;
            if Search::of(search.kind(), &record::open(&row, &key)?).as_ref() == Some(search) {
                found.push(row);
            }
        }
        Ok(found)
    }
}

async fn candidates(tx: &mut Tx, kind: SearchKind, index: &[u8]) -> Result<Vec<CustomerRow>, DbError> {
    match kind {
        SearchKind::Mail => customer::by_mail(tx, index).await,
        SearchKind::Phone => customer::by_phone(tx, index).await,
        SearchKind::ExternalId => customer::by_external_id(tx, index).await,
    }
}

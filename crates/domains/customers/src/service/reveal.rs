use std::collections::BTreeMap;

use serde::Serialize;
use wd_audit_log::{AuditTx as _, Entry};
use wd_kernel::{Ctx, CustomerId, Denied, Scope};

use super::{CustomerError, record};
use crate::{
    Customers,
    model::FieldClass,
    permissions::{CustomerRead, CustomerReadContact, CustomerReadIdentifiers, CustomerReadNotes},
    store::customer,
};

/// A class of fields in clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Revealed {
    /// Which class.
    pub class: FieldClass,
    /// Field name and value, for fields that hold something.
    pub fields: BTreeMap<String, String>,
}

impl Customers {
    /// Opens a class of fields. The audit entry commits before the values leave.
    pub async fn reveal(
        &self,
        ctx: &Ctx,
        id: CustomerId,
        class: FieldClass,
        reason: Option<&str>,
    ) -> Result<Revealed, CustomerError> {
        ctx.require::<CustomerRead>(Scope::ORGANISATION)?;
        require_class(ctx, class)?;
        let mut tx = self.db.begin().await?;
        let row = customer::find(&mut tx, id).await?.ok_or(CustomerError::NotFound)?;
        let key = self.vault.subject_key(&mut tx, id).await?;
        let fields = record::open(&row, &key)?;
        let mut entry = Entry::done("customer.revealed")
            .target(id)
            .detail("class", class.as_str());
        if let Some(reason) = reason.map(str::trim).filter(|reason| !reason.is_empty()) {
            entry = entry.personal("reason", reason.chars().take(500).collect::<String>());
        }
        tx.audit(ctx, entry).await?;
        tx.commit().await?;
        let fields = class
            .fields()
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), fields.value(name)?.to_owned())))
            .collect();
        Ok(Revealed { class, fields })
    }
}

fn require_class(ctx: &Ctx, class: FieldClass) -> Result<(), Denied> {
    match class {
        FieldClass::Contact => ctx.require::<CustomerReadContact>(Scope::ORGANISATION).map(drop),
        FieldClass::Identifiers => ctx.require::<CustomerReadIdentifiers>(Scope::ORGANISATION).map(drop),
        FieldClass::Notes => ctx.require::<CustomerReadNotes>(Scope::ORGANISATION).map(drop),
    }
}

use serde::{Deserialize, Deserializer};
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::Tx;
use wd_kernel::{Ctx, CustomerId, Denied, Scope};

use super::{CustomerError, read::Customer, record};
use crate::{
    Customers,
    events::{CustomerChanged, CustomerCreated},
    model::{CustomerFields, CustomerKind, Search, SearchKind},
    permissions::{CustomerEdit, CustomerReadContact, CustomerReadIdentifiers, CustomerReadNotes},
    store::customer::{self, CustomerRow},
};

/// A new record.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    /// 1 to 200 characters.
    pub name: String,
    /// A mail address.
    pub mail: Option<String>,
    /// A phone number with its country code.
    pub phone: Option<String>,
    /// A postal address.
    pub address: Option<String>,
    /// The company's own number for them; unique.
    pub external_id: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// At most 20 tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A change: a field that is left out stays, `null` clears it.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerChange {
    /// The version that was read.
    pub version: i64,
    /// 1 to 200 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Option<String>>,
    /// A mail address.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub mail: Option<Option<String>>,
    /// A phone number with its country code.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Option<String>>,
    /// A postal address.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub address: Option<Option<String>>,
    /// The company's own number for them; unique.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub external_id: Option<Option<String>>,
    /// Notes.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub notes: Option<Option<String>>,
    /// All tags; left out, they stay.
    pub tags: Option<Vec<String>>,
}

/// Tells `null` from a field that is not there.
#[expect(
    clippy::option_option,
    reason = "left out, cleared and set are three different wishes"
)]
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Customers {
    /// Makes a record.
    pub async fn create(&self, ctx: &Ctx, new: NewCustomer) -> Result<Customer, CustomerError> {
        ctx.require::<CustomerEdit>(Scope::ORGANISATION)?;
        let fields = CustomerFields::from(new).check().map_err(CustomerError::Invalid)?;
        if fields.name.is_none() {
            return Err(CustomerError::Invalid(vec![wd_kernel::FieldProblem {
                field: "name".into(),
                message: "A name is needed.".into(),
            }]));
        }
        let mut tx = self.db.begin().await?;
        let row = self
            .insert(&mut tx, ctx, CustomerKind::Recorded, false, &fields)
            .await?;
        tx.audit(ctx, Entry::done("customer.created").target(row.id)).await?;
        let customer = self.masked(&mut tx, ctx, &row).await?;
        tx.commit().await?;
        Ok(customer)
    }

    /// Changes a record that is still at the version that was read. A class of fields can be changed only with the right to see it.
    pub async fn change(&self, ctx: &Ctx, id: CustomerId, change: CustomerChange) -> Result<Customer, CustomerError> {
        ctx.require::<CustomerEdit>(Scope::ORGANISATION)?;
        require_classes(ctx, &change)?;
        let mut tx = self.db.begin().await?;
        let mut row = customer::find(&mut tx, id).await?.ok_or(CustomerError::NotFound)?;
        if row.version != change.version {
            return Err(CustomerError::Stale);
        }
        let key = self.vault.subject_key(&mut tx, id).await?;
        let before = record::open(&row, &key)?;
        let (named, after) = apply(before.clone(), change);
        let after = after.check().map_err(CustomerError::Invalid)?;
        if after.external_id != before.external_id {
            self.refuse_taken_external_id(&mut tx, &after).await?;
        }
        record::seal(&mut row, &after, &key, ctx.entropy())?;
        row.version += 1;
        row.updated_at = ctx.now();
        if !customer::update(&mut tx, &row, &record::indexes(&self.vault, &after)).await? {
            return Err(CustomerError::Stale);
        }
        if after.mail != before.mail {
            customer::mail_changed(&mut tx, id, row.updated_at).await?;
        }
        if after.phone != before.phone {
            customer::phone_changed(&mut tx, id, row.updated_at).await?;
        }
        tx.emit(ctx, &CustomerChanged { customer: id }).await?;
        tx.audit(ctx, Entry::done("customer.changed").target(id).detail("fields", named))
            .await?;
        let customer = self.masked(&mut tx, ctx, &row).await?;
        tx.commit().await?;
        Ok(customer)
    }

    /// Inserts a new customer with a key of their own.
    pub(super) async fn insert(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        kind: CustomerKind,
        verified: bool,
        fields: &CustomerFields,
    ) -> Result<CustomerRow, CustomerError> {
        self.refuse_taken_external_id(tx, fields).await?;
        let id: CustomerId = ctx.id();
        let key = self.vault.create_subject_key(tx, ctx, id).await?;
        let now = ctx.now();
        let mut row = CustomerRow {
            id,
            version: 1,
            kind: kind.as_str().into(),
            verified,
            name: None,
            mail: None,
            phone: None,
            address: None,
            external_id: None,
            notes: None,
            tags: None,
            created_at: now,
            updated_at: now,
            verified_at: None,
        };
        record::seal(&mut row, fields, &key, ctx.entropy())?;
        customer::insert(tx, &row, &record::indexes(&self.vault, fields)).await?;
        if kind == CustomerKind::Recorded {
            // Somebody of the staff chose them.
            if fields.mail.is_some() {
                customer::mail_changed(tx, id, now).await?;
            }
            if fields.phone.is_some() {
                customer::phone_changed(tx, id, now).await?;
            }
        }
        tx.emit(ctx, &CustomerCreated { customer: id }).await?;
        Ok(row)
    }

    async fn refuse_taken_external_id(&self, tx: &mut Tx, fields: &CustomerFields) -> Result<(), CustomerError> {
        match Search::of(SearchKind::ExternalId, fields) {
            Some(search) if !self.matching(tx, &search).await?.is_empty() => Err(CustomerError::ExternalIdTaken),
            _ => Ok(()),
        }
    }
}

impl From<NewCustomer> for CustomerFields {
    fn from(new: NewCustomer) -> Self {
        Self {
            name: Some(new.name),
            mail: new.mail,
            phone: new.phone,
            address: new.address,
            external_id: new.external_id,
            notes: new.notes,
            tags: new.tags,
        }
    }
}

/// The fields after the change, and the names of those it touches.
fn apply(before: CustomerFields, change: CustomerChange) -> (Vec<&'static str>, CustomerFields) {
    let mut named = Vec::new();
    let mut pick = |name, change: Option<Option<String>>, before| match change {
        Some(value) => {
            named.push(name);
            value
        }
        None => before,
    };
    let mut after = CustomerFields {
        name: pick("name", change.name, before.name),
        mail: pick("mail", change.mail, before.mail),
        phone: pick("phone", change.phone, before.phone),
        address: pick("address", change.address, before.address),
        external_id: pick("external_id", change.external_id, before.external_id),
        notes: pick("notes", change.notes, before.notes),
        tags: before.tags,
    };
    if let Some(tags) = change.tags {
        named.push("tags");
        after.tags = tags;
    }
    (named, after)
}

fn require_classes(ctx: &Ctx, change: &CustomerChange) -> Result<(), Denied> {
    if change.mail.is_some() || change.phone.is_some() || change.address.is_some() {
        ctx.require::<CustomerReadContact>(Scope::ORGANISATION)?;
    }
    if change.external_id.is_some() {
        ctx.require::<CustomerReadIdentifiers>(Scope::ORGANISATION)?;
    }
    if change.notes.is_some() {
        ctx.require::<CustomerReadNotes>(Scope::ORGANISATION)?;
    }
    Ok(())
}

//! The rights of this domain. The classes of fields have a right each.

wd_kernel::permissions! {
    /// Sees that a customer exists: name, tags, how many conversations.
    CustomerRead = "customer.read";
    /// Makes and changes records.
    CustomerEdit = "customer.edit";
    /// Imports records from a file.
    CustomerImport = "customer.import";
    /// Reveals mail, phone and address.
    CustomerReadContact = "customer.read_contact";
    /// Reveals the external id.
    CustomerReadIdentifiers = "customer.read_identifiers";
    /// Reveals notes.
    CustomerReadNotes = "customer.read_notes";
}

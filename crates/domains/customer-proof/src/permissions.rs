//! The rights of this domain.

wd_kernel::permissions! {
    /// Asks the customer of a conversation one has to prove who they are.
    CustomerProofAsk = "customer_proof.ask";
}

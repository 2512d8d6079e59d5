//! The rights of this domain.

wd_kernel::permissions! {
    /// Sees how staff sign in through the company's provider.
    SingleSignOnRead = "single_sign_on.read";
    /// Decides which provider proves who somebody is, and which groups give which roles.
    /// Whoever decides that can become anybody.
    SingleSignOnChange = "single_sign_on.change", step_up = true;
}

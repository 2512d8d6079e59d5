//! The rights of this domain.

wd_kernel::permissions! {
    /// Sees how the company's directory brings and takes away staff, and what it asked lately.
    ProvisioningRead = "provisioning.read";
    /// Decides whether the directory may, makes its tokens, and says which groups give which roles.
    ProvisioningChange = "provisioning.change", step_up = true;
}

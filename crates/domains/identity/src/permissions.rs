//! The rights of this domain.

wd_kernel::permissions! {
    /// Sees who works here.
    StaffRead = "staff.read";
    /// Invites people and sends their links again.
    StaffInvite = "staff.invite", step_up = true;
    /// Disables people and ends their sessions.
    StaffDisable = "staff.disable", step_up = true;
}

//! The rights of this domain.

wd_kernel::permissions! {
    /// Sees who works here.
    StaffRead = "staff.read";
    /// Invites people and sends their links again.
    StaffInvite = "staff.invite", step_up = true;
    /// Disables people and ends their sessions.
    StaffDisable = "staff.disable", step_up = true;
    /// Sees what passwords must be, per role, and how many people would have to change theirs.
    PasswordPolicyRead = "password_policy.read";
    /// Changes what passwords must be.
    PasswordPolicyChange = "password_policy.change", step_up = true;
}

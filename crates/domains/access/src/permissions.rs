//! The rights of this domain.

wd_kernel::permissions! {
    /// Sees which roles there are and who holds them.
    RolesRead = "roles.read";
    /// Gives and takes roles.
    RolesAssign = "roles.assign", step_up = true;
    /// Sees the teams and who is in them.
    TeamsRead = "teams.read";
    /// Makes teams and decides who is in them.
    TeamsManage = "teams.manage", step_up = true;
}

//! The rights of this domain. Which folders somebody may use is a matter of membership.

wd_kernel::permissions! {
    /// Has folders of the team vault: those of one's teams, and those one is named in.
    TeamVaultUse = "team_vault.use";
    /// Makes folders of a team, says who is in them, deletes them.
    TeamVaultManage = "team_vault.manage", step_up = true;
    /// Opens all entries of a folder one may share, to check or to export them.
    TeamVaultOpenAll = "team_vault.open_all", step_up = true;
}

//! The rights of this domain.

wd_kernel::permissions! {
    /// Sees who works here.
    StaffRead = "staff.read";
    /// Invites people and sends their links again.
    StaffInvite = "staff.invite", step_up = true;
    /// Disables people and ends their sessions.
    StaffDisable = "staff.disable", step_up = true;
    /// Sees what passwords must be, per role, and how many people would have to change theirs; who, with `staff.read`.
    PasswordPolicyRead = "password_policy.read";
    /// Changes what passwords must be.
    PasswordPolicyChange = "password_policy.change", step_up = true;
    /// Sees which breached passwords are known, and how many passwords were found in a list or not held against the newest;
    /// whose, with `staff.read`.
    BreachedPasswordsRead = "breached_passwords.read";
    /// Asks those people by mail to sign in with their passwords.
    BreachedPasswordsAsk = "breached_passwords.ask";
    /// Decides whether passwords are tested without sign-in, by a blind index of each.
    BreachedPasswordsBlindScan = "breached_passwords.blind_scan", step_up = true;
    /// Sees who lost all factors, and runs the procedure that says whether it is them.
    StaffVerifyCaller = "staff.verify_caller";
    /// Lets somebody who lost all factors set up new ones, or refuses it.
    StaffReProof = "staff.re_proof", step_up = true;
    /// Sets how long those who lost all factors wait.
    StaffReProofWaits = "staff.re_proof_waits", step_up = true;
    /// Sees what roles ask of second factors, and who has not got there yet.
    FactorPolicyRead = "factor_policy.read";
    /// Changes what roles ask of second factors.
    FactorPolicyChange = "factor_policy.change", step_up = true;
}

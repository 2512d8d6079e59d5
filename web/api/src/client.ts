import { at, http, type ApiOptions, type Http, type Query } from "./http";
import type {
  AdoptedStaff, ChangeProvisioning, DirectoryRequests, MadeDirectoryToken, ProvisioningLink, ProvisioningOverview, WaitingPeople,
  AskedForSignIn, BlindScanView, BreachedPasswords, BreachRange, SetBlindScan,
  AtProvider, AuditEntry, AuditEntryDetail, AuditFilter, Ceremony, ChangeSingleSignOn, Colleague, Conversation, ConversationCounts, ConversationsView, Customer, CustomerChange,
  CustomerSummary, DataClass, Device, FactorAdded, Factors, Import, Invitation, Items, NewCustomer, NewStaff, Organisation, OrganisationSettings, Outgoing, OwnMailAddress, OwnReProofing,
  Page, PasswordCheck, PasswordPolicies, PasswordPolicy, PasswordPolicyOfRole, PasswordPolicyPreview, PasswordRules, FactorCoverage, FactorWave, FactorWavePreview, FactorWaves, NewFactorWave, PreviewFactorWave, FactorPolicies, FactorPolicyOfRole, FactorPolicyPreview, ThoughtFactorPolicy, RiskAnswer, RiskPolicy, RiskPolicyEdit, SetFactorPolicy, SignInReviews, KnownBrowsers, SessionPolicies, SessionPolicyOfRole, SessionPolicyPreview, SetSessionPolicy, ThoughtSessionPolicy, ProviderAccount, ProviderAnswer, ProviderOutcome, ProviderTrial, ProofChannel, Procedure, ProcedureAnswer, ReProofing, ReProofingReason, ReProofingWaits, Revealed, SearchKind, SecurityEvent, Session, SessionState, EndedSessions, EndedSessionsOfAll, SignInProvider, SingleSignOnSettings, SmsCode, SmsEnrolment, Staff, StaffProof, StaffInvited, Team, TextMessages, TotpEnrolment,
} from "./types";

/** Which part of a list. */
export interface Paging {
  after?: string | undefined;
  limit?: number | undefined;
}

export type Api = ReturnType<typeof createApi>;

/** The staff's side of the HTTP interface, one function an endpoint. */
export function createApi(options: ApiOptions = {}) {
  const over = http(options);
  return {
    session: session(over),
    factors: factors(over),
    mailAddress: mailAddress(over),
    recovery: recovery(over),
    staff: staff(over),
    customers: customers(over),
    conversations: conversations(over),
    devices: devices(over),
    organisation: organisation(over),
    singleSignOn: singleSignOn(over),
    provisioning: provisioning(over),
    outgoing: outgoing(over),
    textMessages: textMessages(over),
    audit: audit(over),
    passwordPolicies: passwordPolicies(over),
    breachedPasswords: breachedPasswords(over),
    factorCoverage: factorCoverage(over),
    factorWaves: factorWaves(over),
    factorPolicies: factorPolicies(over),
    signInRisk: signInRisk(over),
    sessionPolicies: sessionPolicies(over),
  };
}

const V1 = "/api/v1";

function session(over: Http) {
  return {
    state: () => over.get<SessionState>(`${V1}/session`),
    password: (login: string, password: string) => over.send<SessionState>("POST", `${V1}/session/password`, { login, password }),
    totp: (code: string, remember = false) => over.send<SessionState>("POST", `${V1}/session/totp`, { code, remember }),
    recoveryCode: (code: string) => over.send<SessionState>("POST", `${V1}/session/recovery-code`, { code }),
    sendSms: () => over.send<SmsCode>("POST", `${V1}/session/sms/send`),
    sms: (code: string, remember = false) => over.send<SessionState>("POST", `${V1}/session/sms`, { code, remember }),
    passkeyOptions: () => over.send<Ceremony<PublicKeyCredentialRequestOptionsJSON>>("POST", `${V1}/session/passkey/options`),
    passkey: (ceremony: string, credential: unknown, remember = false) => over.send<SessionState>("POST", `${V1}/session/passkey`, { ceremony, credential, remember }),
    end: () => over.send<void>("DELETE", `${V1}/session`),
    list: () => over.get<Items<Session>>(`${V1}/sessions`),
    browsers: () => over.get<KnownBrowsers>(`${V1}/browsers`),
    forgetBrowser: (id: string) => over.send<void>("DELETE", V1 + at`/browsers/${id}`),
    forgetBrowsers: () => over.send<void>("DELETE", `${V1}/browsers`),
    endOthers: () => over.send<EndedSessions>("DELETE", `${V1}/sessions`),
    endOther: (id: string) => over.send<void>("DELETE", V1 + at`/sessions/${id}`),
    stepUpTotp: (code: string) => over.send<SessionState>("POST", `${V1}/step-up/totp`, { code }),
    stepUpPasskeyOptions: () => over.send<Ceremony<PublicKeyCredentialRequestOptionsJSON>>("POST", `${V1}/step-up/passkey/options`),
    stepUpPasskey: (ceremony: string, credential: unknown) => over.send<SessionState>("POST", `${V1}/step-up/passkey`, { ceremony, credential }),
    openInvitation: (token: string) => over.send<Invitation>("POST", `${V1}/invitations/open`, { token }),
    acceptInvitation: (token: string, password: string) => over.send<SessionState>("POST", `${V1}/invitations/accept`, { token, password }),
    /** Without the present one where the session does not ask for it. */
    changePassword: (present: string | undefined, next: string) => over.send<SessionState>("PUT", `${V1}/password`, { present, new: next }),
    reviews: () => over.get<SignInReviews>(`${V1}/session/reviews`),
    answerReview: (review: string, answer: RiskAnswer) => over.send<void>("PUT", V1 + at`/session/reviews/${review}`, { answer }),
    history: (paging: Paging = {}) => over.get<Page<SecurityEvent>>(`${V1}/session/history`, { ...paging }),
    passwordRules: (invitation?: string) => over.send<PasswordRules>("POST", `${V1}/password/rules`, invitation ? { invitation } : {}),
    checkPassword: (password: string, invitation?: string) => over.send<PasswordCheck>("POST", `${V1}/password/check`, { password, ...(invitation ? { invitation } : {}) }),
  };
}

function factorCoverage(over: Http) {
  return {
    get: ({ left, ...filter }: { role?: string; wave?: string; left?: boolean; search?: string } = {}) => over.get<FactorCoverage>(`${V1}/factor-coverage`, { ...filter, ...(left && { left: "true" }) }),
  };
}

function factorWaves(over: Http) {
  return {
    list: () => over.get<FactorWaves>(`${V1}/factor-waves`),
    create: (wave: NewFactorWave) => over.send<FactorWave>("POST", `${V1}/factor-waves`, wave),
    preview: (question: PreviewFactorWave) => over.send<FactorWavePreview>("POST", `${V1}/factor-waves/preview`, question),
    change: (id: string, version: number, wave: NewFactorWave) => over.send<FactorWave>("PUT", V1 + at`/factor-waves/${id}`, { version, wave }),
    end: (id: string, version: number) => over.send<FactorWave>("POST", V1 + at`/factor-waves/${id}/end`, { version }),
  };
}

function factorPolicies(over: Http) {
  return {
    list: () => over.get<FactorPolicies>(`${V1}/factor-policies`),
    set: (role: string, policy: SetFactorPolicy) => over.send<FactorPolicyOfRole>("PUT", V1 + at`/factor-policies/${role}`, policy),
    preview: (role: string, policy: ThoughtFactorPolicy) => over.send<FactorPolicyPreview>("POST", V1 + at`/factor-policies/${role}/preview`, policy),
  };
}

function signInRisk(over: Http) {
  return {
    policy: () => over.get<RiskPolicy>(`${V1}/sign-in-risk`),
    setPolicy: (edit: RiskPolicyEdit) => over.send<RiskPolicy>("PUT", `${V1}/sign-in-risk`, edit),
  };
}

function sessionPolicies(over: Http) {
  return {
    list: () => over.get<SessionPolicies>(`${V1}/session-policies`),
    set: (role: string, policy: SetSessionPolicy) => over.send<SessionPolicyOfRole>("PUT", V1 + at`/session-policies/${role}`, policy),
    preview: (role: string, policy: ThoughtSessionPolicy) => over.send<SessionPolicyPreview>("POST", V1 + at`/session-policies/${role}/preview`, policy),
  };
}

function passwordPolicies(over: Http) {
  return {
    list: () => over.get<PasswordPolicies>(`${V1}/password-policies`),
    set: (role: string, version: number, policy: PasswordPolicy, reason?: string) =>
      over.send<PasswordPolicyOfRole>("PUT", V1 + at`/password-policies/${role}`, { version, policy, ...(reason ? { reason } : {}) }),
    preview: (role: string, policy: PasswordPolicy) => over.send<PasswordPolicyPreview>("POST", V1 + at`/password-policies/${role}/preview`, { policy }),
  };
}

function breachedPasswords(over: Http) {
  return {
    get: () => over.get<BreachedPasswords>(`${V1}/breached-passwords`),
    scan: () => over.get<BlindScanView>(`${V1}/breached-passwords/scan`),
    switchScan: (how: SetBlindScan) => over.send<BlindScanView>("PUT", `${V1}/breached-passwords/scan`, how),
    ask: () => over.send<AskedForSignIn>("POST", `${V1}/breached-passwords/ask`),
    range: (prefix: string) => over.get<BreachRange>(V1 + at`/breached-passwords/range/${prefix}`),
  };
}

function factors(over: Http) {
  return {
    list: () => over.get<Factors>(`${V1}/factors`),
    startTotp: () => over.send<TotpEnrolment>("POST", `${V1}/factors/totp`),
    confirmTotp: (id: string, code: string) => over.send<FactorAdded>("POST", `${V1}/factors/totp/confirm`, { id, code }),
    startSms: (number: string) => over.send<SmsEnrolment>("POST", `${V1}/factors/sms`, { number }),
    confirmSms: (id: string, code: string) => over.send<FactorAdded>("POST", `${V1}/factors/sms/confirm`, { id, code }),
    passkeyOptions: () => over.send<Ceremony<PublicKeyCredentialCreationOptionsJSON>>("POST", `${V1}/factors/passkey/options`),
    addPasskey: (ceremony: string, name: string, credential: unknown) => over.send<FactorAdded>("POST", `${V1}/factors/passkey`, { ceremony, name, credential }),
    newRecoveryCodes: () => over.send<{ codes: string[] }>("POST", `${V1}/factors/recovery-codes`),
    rename: (id: string, name: string) => over.send<void>("PATCH", V1 + at`/factors/${id}`, { name }),
    remove: (id: string) => over.send<void>("DELETE", V1 + at`/factors/${id}`),
  };
}

function mailAddress(over: Http) {
  return {
    show: () => over.get<OwnMailAddress>(`${V1}/mail-address`),
    claim: (address: string) => over.send<void>("PUT", `${V1}/mail-address`, { address }),
    prove: (code: string) => over.send<void>("POST", `${V1}/mail-address/prove`, { code }),
    forget: () => over.send<void>("DELETE", `${V1}/mail-address`),
  };
}

function recovery(over: Http) {
  const own = `${V1}/session/re-proofing`;
  return {
    own: () => over.get<OwnReProofing>(own),
    ask: () => over.send<OwnReProofing>("POST", own),
    withdraw: (not_me: boolean) => over.send<OwnReProofing>("POST", `${own}/withdraw`, { not_me }),
    use: () => over.send<SessionState>("POST", `${own}/use`),
    list: (paging: Paging = {}) => over.get<Page<ReProofing>>(`${V1}/re-proofings`, { ...paging }),
    procedure: () => over.get<Procedure>(`${V1}/re-proofing-procedure`),
    askFor: (staff: string, answers: ProcedureAnswer[]) => over.send<ReProofing>("POST", `${V1}/re-proofings`, { staff, answers }),
    verify: (id: string, answers: ProcedureAnswer[]) => over.send<ReProofing>("POST", V1 + at`/re-proofings/${id}/procedure`, { answers }),
    approve: (id: string) => over.send<ReProofing>("POST", V1 + at`/re-proofings/${id}/approve`),
    refuse: (id: string, reason: ReProofingReason) => over.send<ReProofing>("POST", V1 + at`/re-proofings/${id}/refuse`, { reason }),
    waits: () => over.get<ReProofingWaits>(`${V1}/re-proofing-waits`),
    setWaits: (waits: ReProofingWaits) => over.send<ReProofingWaits>("PUT", `${V1}/re-proofing-waits`, waits),
  };
}

function staff(over: Http) {
  return {
    list: (paging: Paging = {}) => over.get<Page<Staff>>(`${V1}/staff`, { ...paging }),
    invite: (person: NewStaff) => over.send<StaffInvited>("POST", `${V1}/staff`, person),
    setRoles: (id: string, roles: string[]) => over.send<Staff>("PUT", V1 + at`/staff/${id}/roles`, { roles }),
    setTeams: (id: string, teams: string[]) => over.send<Staff>("PUT", V1 + at`/staff/${id}/teams`, { teams }),
    enable: (id: string, roles: string[], teams: string[]) => over.send<StaffInvited>("POST", V1 + at`/staff/${id}/enable`, { roles, teams }),
    browsers: (id: string) => over.get<KnownBrowsers>(V1 + at`/staff/${id}/browsers`),
    forgetBrowser: (id: string, browser: string) => over.send<EndedSessions>("DELETE", V1 + at`/staff/${id}/browsers/${browser}`),
    signOut: (id: string) => over.send<EndedSessions>("POST", V1 + at`/staff/${id}/sign-out`),
    signOutEverybody: () => over.send<EndedSessionsOfAll>("POST", `${V1}/staff/sign-out`),
    disable: (id: string) => over.send<Staff>("POST", V1 + at`/staff/${id}/disable`),
    teams: () => over.get<Items<Team>>(`${V1}/teams`),
    createTeam: (name: string) => over.send<Team>("POST", `${V1}/teams`, { name }),
    colleagues: () => over.get<Items<Colleague>>(`${V1}/colleagues`),
  };
}

function customers(over: Http) {
  return {
    list: (paging: Paging = {}) => over.get<Page<CustomerSummary>>(`${V1}/customers`, { ...paging }),
    search: (kind: SearchKind, value: string) => over.send<Items<CustomerSummary>>("POST", `${V1}/customers/search`, { kind, value }),
    get: (id: string) => over.get<Customer>(V1 + at`/customers/${id}`),
    conversations: (id: string, paging: Paging = {}) => over.get<Page<Conversation>>(V1 + at`/customers/${id}/conversations`, { ...paging }),
    create: (customer: NewCustomer) => over.send<Customer>("POST", `${V1}/customers`, customer),
    change: (id: string, change: CustomerChange) => over.send<Customer>("PATCH", V1 + at`/customers/${id}`, change),
    reveal: (id: string, dataClass: DataClass, reason?: string) =>
      over.send<Revealed>("POST", V1 + at`/customers/${id}/reveal`, { class: dataClass, ...(reason ? { reason } : {}) }),
    startImport: (file: Blob) => over.upload<Import>(`${V1}/customers/imports`, file, "text/csv"),
    import: (id: string) => over.get<Import>(V1 + at`/customers/imports/${id}`),
  };
}

function conversations(over: Http) {
  return {
    list: (view: ConversationsView, team: string | undefined, paging: Paging = {}) => over.get<Page<Conversation>>(`${V1}/conversations`, { view, team, ...paging }),
    counts: () => over.get<ConversationCounts>(`${V1}/conversations/counts`),
    get: (id: string) => over.get<Conversation>(V1 + at`/conversations/${id}`),
    proof: (id: string) => over.get<StaffProof>(V1 + at`/conversations/${id}/proof`),
    askForProof: (id: string, channel: ProofChannel) => over.send<StaffProof>("POST", V1 + at`/conversations/${id}/proof-requests`, { channel }),
    release: (id: string) => over.send<Conversation>("POST", V1 + at`/conversations/${id}/release`),
    close: (id: string) => over.send<Conversation>("POST", V1 + at`/conversations/${id}/close`),
    reopen: (id: string) => over.send<Conversation>("POST", V1 + at`/conversations/${id}/reopen`),
  };
}

function devices(over: Http) {
  return {
    list: (staff?: string) => over.get<Items<Device>>(`${V1}/devices`, { staff }),
    revoke: (id: string) => over.send<void>("DELETE", V1 + at`/devices/${id}`),
  };
}

function organisation(over: Http) {
  return {
    get: () => over.get<Organisation>(`${V1}/organisation`),
    change: (settings: OrganisationSettings) => over.send<Organisation>("PUT", `${V1}/organisation/settings`, settings),
  };
}

function singleSignOn(over: Http) {
  return {
    provider: () => over.get<SignInProvider>(`${V1}/session/provider`),
    begin: () => over.send<AtProvider>("POST", `${V1}/session/provider/begin`),
    finish: (answer: ProviderAnswer) => over.send<ProviderOutcome>("POST", `${V1}/session/provider`, answer),
    beginStepUp: () => over.send<AtProvider>("POST", `${V1}/step-up/provider`),
    account: () => over.get<ProviderAccount>(`${V1}/provider-account`),
    beginBinding: () => over.send<AtProvider>("POST", `${V1}/provider-account/begin`),
    unbind: () => over.send<void>("DELETE", `${V1}/provider-account`),
    get: () => over.get<SingleSignOnSettings>(`${V1}/single-sign-on`),
    change: (change: ChangeSingleSignOn) => over.send<SingleSignOnSettings>("PUT", `${V1}/single-sign-on`, change),
    tryIt: (issuer: string, scopes: string[]) => over.send<ProviderTrial>("POST", `${V1}/single-sign-on/try`, { issuer, scopes }),
  };
}

function provisioning(over: Http) {
  const path = `${V1}/provisioning`;
  return {
    get: () => over.get<ProvisioningOverview>(path),
    change: (change: ChangeProvisioning) => over.send<ProvisioningOverview>("PUT", path, change),
    makeToken: (name: string, days: number) => over.send<MadeDirectoryToken>("POST", `${path}/tokens`, { name, days }),
    revokeToken: (token: string) => over.send<void>("DELETE", path + at`/tokens/${token}`),
    adopt: () => over.send<AdoptedStaff>("POST", `${path}/adopt`),
    waiting: () => over.get<WaitingPeople>(`${path}/waiting`),
    link: (staff: string) => over.send<ProvisioningLink>("POST", path + at`/waiting/${staff}/link`),
    requests: () => over.get<DirectoryRequests>(`${path}/requests`),
  };
}

function outgoing(over: Http) {
  return {
    list: (paging: Paging = {}) => over.get<Outgoing>(`${V1}/outgoing`, { ...paging }),
    test: () => over.send<void>("POST", `${V1}/outgoing/test`),
  };
}

function textMessages(over: Http) {
  return {
    list: (paging: Paging = {}) => over.get<TextMessages>(`${V1}/text-messages`, { ...paging }),
    test: (number: string) => over.send<void>("POST", `${V1}/text-messages/test`, { number }),
  };
}

function audit(over: Http) {
  return {
    list: (filter: AuditFilter, paging: Paging = {}) => over.get<Page<AuditEntry>>(`${V1}/audit`, { ...filter, ...paging } as Query),
    get: (id: string) => over.get<AuditEntryDetail>(V1 + at`/audit/${id}`),
    export: (format: "jsonl" | "csv", range: { from?: string; to?: string }) => over.download(`${V1}/audit/export`, { format, ...range }),
  };
}

import type { components } from "./schema";

/** The words of the HTTP interface, as the server's OpenAPI document says them. Nothing is typed by hand but the closed lists it cannot say. */
type Schemas = components["schemas"];

/** RFC 3339 in UTC. */
export type Time = Schemas["Timestamp"];
/** Binary as base64url without padding. */
export type B64u = Schemas["Bytes"];

/** The closed list of docs/API-DESIGN.md. */
export type ProblemCode = Schemas["ProblemCode"];

export type FieldProblem = Schemas["FieldProblem"];

/** RFC 9457 `application/problem+json`. */
export type Problem = Schemas["Problem"];

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Items<T> {
  items: T[];
}

// Proofs by customers
export type ProofChannel = Schemas["ProofChannel"];
export type ProofObstacle = Schemas["ProofObstacle"];
export type StaffProof = Schemas["StaffProof"];

// Signing in
export type Team = Schemas["Team"];
export type Me = Schemas["Me"];
export type FactorKind = Schemas["FactorKind"];
export type SessionState = Schemas["SessionState"];
/** WebAuthn options as JSON; the browser parses them. */
export type Ceremony<T> = Omit<Schemas["Ceremony"], "options"> & { options: T };
export type Session = Schemas["Session"];
export type Invitation = Schemas["Invitation"];
export type PasswordCheck = Schemas["PasswordVerdict"];
export type PasswordRules = Schemas["PasswordRulesView"];
export type PasswordPolicy = Schemas["PasswordPolicy"];
export type PasswordPolicyOfRole = Schemas["PasswordPolicyOfRole"];
export type AskedForSignIn = Schemas["AskedForSignIn"];
export type BreachedPasswords = Schemas["BreachedPasswords"];
export type BreachRange = Schemas["BreachRange"];
export type BlindScanView = Schemas["BlindScanView"];
export type BlindScanRunView = Schemas["BlindScanRunView"];
export type SetBlindScan = Schemas["SetBlindScan"];
export type UnseenPassword = Schemas["UnseenPassword"];
export type FoundPassword = Schemas["FoundPassword"];
export type Concerned = Schemas["Concerned"];
export type FactorPolicyPreview = Schemas["FactorPolicyPreview"];
export type ThoughtFactorPolicy = Schemas["ThoughtFactorPolicy"];
export type PasswordPolicies = Schemas["PasswordPolicies"];
export type PasswordPolicyPreview = Schemas["PasswordPolicyPreview"];
export type FactorWave = Schemas["FactorWave"];
export type FactorWavePreview = Schemas["FactorWavePreview"];
export type FactorWaves = Schemas["FactorWaves"];
export type NewFactorWave = Schemas["NewFactorWave"];
export type PreviewFactorWave = Schemas["PreviewFactorWave"];
export type ProposedFactorWave = Schemas["ProposedFactorWave"];
export type FactorCoverage = Schemas["FactorCoverage"];
export type CoveredPerson = Schemas["CoveredPerson"];
export type RoleCoverage = Schemas["RoleCoverage"];
export type SignInReview = Schemas["SignInReview"];
export type SignInAnswer = Schemas["SignInAnswer"];
export type SignInReviews = Schemas["SignInReviews"];
export type RiskAnswer = Schemas["RiskAnswer"];
export type RiskDecision = Schemas["RiskDecision"];
export type RiskSignal = Schemas["RiskSignal"];
export type RiskPolicy = Schemas["RiskPolicy"];
export type RiskPolicyEdit = Schemas["RiskPolicyEdit"];
export type SignalPolicy = Schemas["SignalPolicy"];
export type FactorPolicies = Schemas["FactorPolicies"];
export type FactorPolicyOfRole = Schemas["FactorPolicyOfRole"];
export type EnrolmentDue = Schemas["EnrolmentDue"];
export type PasswordDue = Schemas["PasswordDue"];
export type Make = Schemas["Make"];
export type FactorStrength = Schemas["FactorStrength"];
export type SetFactorPolicy = Schemas["SetFactorPolicy"];
export type KnownBrowser = Schemas["KnownBrowser"];
export type KnownBrowsers = Schemas["KnownBrowsers"];
export type EndedSessions = Schemas["EndedSessions"];
export type EndedSessionsOfAll = Schemas["EndedSessionsOfAll"];
export type SessionLife = Schemas["SessionLife"];
export type SessionPolicies = Schemas["SessionPolicies"];
export type SessionPolicyOfRole = Schemas["SessionPolicyOfRole"];
export type SessionPolicyPreview = Schemas["SessionPolicyPreview"];
export type SetSessionPolicy = Schemas["SetSessionPolicy"];
export type ThoughtSessionPolicy = Schemas["ThoughtSessionPolicy"];
export type OwnMailAddress = Schemas["OwnMailAddress"];
export type Factor = Schemas["Factor"];
export type Factors = Schemas["Factors"];
export type SecurityEvent = Schemas["SecurityEvent"];
export type TotpEnrolment = Schemas["TotpEnrolment"];
export type SmsCode = Schemas["SmsCode"];
export type SmsEnrolment = Schemas["SmsEnrolment"];
export type TextMessageOffer = Schemas["TextMessageOffer"];
export type FactorAdded = Schemas["AddedFactor"];

// Recovery
export type ReProofing = Schemas["ReProofing"];
export type ReProofingState = Schemas["ReProofingState"];
export type ReProofingReason = Schemas["ReProofingReason"];
export type ReProofingWaits = Schemas["ReProofingWaits"];
export type OwnReProofing = Schemas["OwnReProofing"];
export type OwnCase = Schemas["OwnCase"];
export type Procedure = Schemas["Procedure"];
export type ProcedureStep = Schemas["ProcedureStep"];
export type ProcedureAnswer = Schemas["ProcedureAnswer"];

// Staff, teams, organisation
export type StaffState = Schemas["StaffState"];
export type Staff = Schemas["Staff"];
export type NewStaff = Schemas["InviteStaff"];
export type StaffInvited = Schemas["StaffInvitation"];
export type Colleague = Schemas["ColleagueView"];
export type OrganisationKey = Schemas["OrganisationKey"];
export type IdentityKey = Schemas["IdentityKey"];
export type OrganisationSettings = Schemas["OrganisationSettings"];
export type SettingsChange = Schemas["SettingsChange"];
export type Organisation = Schemas["Organisation"];

// Single sign-on
export type SignInProvider = Schemas["SignInProvider"];
export type AtProvider = Schemas["AtProvider"];
export type ProviderAnswer = Schemas["ProviderAnswer"];
export type ProviderOutcome = Schemas["ProviderOutcome"];
export type ProviderAccount = Schemas["ProviderAccount"];
export type AdoptedStaff = Schemas["AdoptedStaff"];
export type ChangeProvisioning = Schemas["ChangeProvisioning"];
export type DirectoryMapping = Schemas["DirectoryMapping"];
export type DirectoryRequest = Schemas["DirectoryRequest"];
export type DirectoryRequests = Schemas["DirectoryRequests"];
export type DirectorySettings = Schemas["DirectorySettings"];
export type DirectoryToken = Schemas["DirectoryToken"];
export type MadeDirectoryToken = Schemas["MadeDirectoryToken"];
export type ProvisioningLink = Schemas["ProvisioningLink"];
export type ProvisioningOverview = Schemas["ProvisioningOverview"];
export type WaitingPeople = Schemas["WaitingPeople"];
export type WaitingPerson = Schemas["WaitingPerson"];
export type ProviderSettings = Schemas["ProviderSettings"];
export type GroupMapping = Schemas["GroupMapping"];
export type SingleSignOnSettings = Schemas["SingleSignOnSettings"];
export type ChangeSingleSignOn = Schemas["ChangeSingleSignOn"];
export type ProviderTrial = Schemas["ProviderTrial"];

// Outgoing mail
export type Outgoing = Schemas["OutgoingList"];
export type OutgoingMail = Schemas["OutgoingMail"];
export type OutgoingState = Schemas["OutgoingState"];

// Outgoing text messages
export type TextMessages = Schemas["TextMessages"];
export type TextMessage = Schemas["SmsMessage"];
export type TextMessageState = Schemas["SmsState"];
export type TextDriver = Schemas["SmsDriverState"];
export type TextFigure = Schemas["SmsFigure"];
export type TextSpend = Schemas["SmsSpend"];
export type TextAlarm = Schemas["SmsAlarm"];

// Customers
export type DataClass = Schemas["FieldClass"];
export type CustomerSummary = Schemas["CustomerSummary"];
export type Masked = Schemas["Masked"];
export type Customer = Schemas["Customer"];
export type NewCustomer = Schemas["NewCustomer"];
/** Null clears a field, absence keeps it. */
export type CustomerChange = Schemas["CustomerChange"];
export type SearchKind = Schemas["SearchKind"];
export type Revealed = Schemas["Revealed"];
export type ImportProblem = Schemas["ImportProblem"];
export type Import = Schemas["Import"];

// Conversations
export type ConversationsView = "waiting" | "mine" | "all" | "closed";
export type Named = Schemas["StaffRef"];
export type Conversation = Schemas["Conversation"];
export type ConversationCounts = Schemas["ConversationCounts"];

// Devices
export type Device = Schemas["Device"];

// Audit log
export type AuditEntry = Omit<Schemas["AuditEntry"], "details"> & { details: Record<string, unknown> };
export type AuditEntryDetail = Omit<Schemas["AuditEntryDetail"], "details"> & { details: Record<string, unknown> };

/** What a list of entries is narrowed by. */
export interface AuditFilter {
  actor?: string;
  action?: string;
  target?: string;
  from?: Time;
  to?: Time;
}

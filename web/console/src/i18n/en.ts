import { auditLog } from "./en/audit-log";
import { common } from "./en/common";
import { concerned } from "./en/concerned";
import { coverage } from "./en/coverage";
import { customerProof } from "./en/customer-proof";
import { customers } from "./en/customers";
import { desk } from "./en/desk";
import { factorPolicy } from "./en/factor-policy";
import { sessionPolicy } from "./en/session-policy";
import { identity } from "./en/identity";
import { mail } from "./en/mail";
import { organisation } from "./en/organisation";
import { breachedPasswords } from "./en/breached-passwords";
import { passwordPolicy } from "./en/password-policy";
import { provisioning } from "./en/provisioning";
import { signInRisk } from "./en/sign-in-risk";
import { singleSignOn } from "./en/single-sign-on";
import { recovery } from "./en/recovery";
import { sms } from "./en/sms";
import { staff } from "./en/staff";
import { teamVault } from "./en/team-vault";
import { waves } from "./en/waves";

/** Every text of the console, in English. A second language is a second object of this type. */
export const en = { ...common, ...concerned, ...identity, ...desk, ...customers, ...customerProof, ...staff, ...auditLog, ...organisation, ...mail, ...breachedPasswords, ...passwordPolicy, ...factorPolicy, ...sessionPolicy, ...coverage, ...waves, ...signInRisk, ...singleSignOn, ...provisioning, ...recovery, ...teamVault, ...sms };

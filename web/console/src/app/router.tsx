import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect, type RouterHistory } from "@tanstack/react-router";
import type { OpenMessenger } from "../messenger/MessengerProvider";
import { Inbox } from "../desk/Inbox";
import { Welcome } from "../identity/Welcome";
import { Gate } from "./Gate";
import { Home, NotFound } from "./Home";

/** Addresses of the console, all behind the `#`. */
export function createConsoleRouter(openMessenger: OpenMessenger, history: RouterHistory) {
  const root = createRootRoute({ notFoundComponent: NotFound });
  const welcome = createRoute({ getParentRoute: () => root, path: "/welcome/$token", component: Welcome });
  const gate = createRoute({ getParentRoute: () => root, id: "gate", component: () => <Gate openMessenger={openMessenger} /> });
  const under = <P extends string>(path: P, component: Parameters<typeof createRoute>[0]["component"]) => createRoute({ getParentRoute: () => gate, path, component });
  const pages = [
    under("/", Home),
    createRoute({ getParentRoute: () => gate, path: "/inbox", beforeLoad: () => Promise.reject(redirect({ to: "/inbox/$view", params: { view: "waiting" } })) }),
    under("/inbox/$view", Inbox),
    under("/inbox/$view/$conversation", Inbox),
    under("/customers", lazyRouteComponent(() => import("../customers/Customers"), "Customers")),
    under("/customers/import", lazyRouteComponent(() => import("../customers/ImportPage"), "ImportPage")),
    under("/customers/$customer", lazyRouteComponent(() => import("../customers/CustomerPage"), "CustomerPage")),
    under("/vault", lazyRouteComponent(() => import("../team-vault/VaultPage"), "VaultPage")),
    under("/vault/$folder", lazyRouteComponent(() => import("../team-vault/VaultPage"), "VaultPage")),
    under("/staff", lazyRouteComponent(() => import("../access/StaffPage"), "StaffPage")),
    under("/recovery", lazyRouteComponent(() => import("../recovery/RecoveryPage"), "RecoveryPage")),
    under("/devices", lazyRouteComponent(() => import("../devices/DevicesPage"), "DevicesPage")),
    under("/security", lazyRouteComponent(() => import("../identity/SecurityPage"), "SecurityPage")),
    under("/audit", lazyRouteComponent(() => import("../audit-log/AuditPage"), "AuditPage")),
    under("/settings", lazyRouteComponent(() => import("../organisation/SettingsPage"), "SettingsPage")),
    under("/settings/passwords", lazyRouteComponent(() => import("../password-policy/PasswordPolicyPage"), "PasswordPolicyPage")),
    under("/settings/breached-passwords", lazyRouteComponent(() => import("../breached-passwords/BreachedPasswordsPage"), "BreachedPasswordsPage")),
    under("/settings/coverage", lazyRouteComponent(() => import("../coverage/CoveragePage"), "CoveragePage")),
    under("/settings/factors", lazyRouteComponent(() => import("../coverage/FactorPolicyPage"), "FactorPolicyPage")),
    under("/settings/sign-in-risk", lazyRouteComponent(() => import("../sign-in-risk/RiskPolicyPage"), "RiskPolicyPage")),
    under("/settings/sessions", lazyRouteComponent(() => import("../session-policy/SessionPolicyPage"), "SessionPolicyPage")),
    under("/settings/single-sign-on", lazyRouteComponent(() => import("../single-sign-on/SingleSignOnPage"), "SingleSignOnPage")),
    under("/settings/provisioning", lazyRouteComponent(() => import("../provisioning/ProvisioningPage"), "ProvisioningPage")),
    under("/settings/mail", lazyRouteComponent(() => import("../mail/MailPage"), "MailPage")),
    under("/settings/sms", lazyRouteComponent(() => import("../sms/SmsPage"), "SmsPage")),
  ];
  return createRouter({ routeTree: root.addChildren([welcome, gate.addChildren(pages)]), history, defaultPendingMs: 300 });
}

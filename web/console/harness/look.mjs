// Pictures and axe findings of every screen: node harness/look.mjs OUT [only…], with `npm run harness` running.
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [out = "/tmp/wardesk-look", ...only] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const cnv = (n) => `cnv_${n.toString(16).padStart(32, "0")}`;
const fol = (n) => `fol_${n.toString(16).padStart(32, "0")}`;
const cus = (n) => `cus_${n.toString(16).padStart(32, "0")}`;
const click = (name, role = "button") => (page) => page.getByRole(role, { name }).first().click();
const then = (...steps) => async (page) => { for (const step of steps) { await step(page); await page.waitForTimeout(250); } };

/** Beside the conversation, or one press away where there is no room. */
const customerBeside = async (page) => { const button = page.getByRole("button", { name: "Show the customer" }); if (await button.isVisible()) await button.click(); };

const SCREENS = {
  "sign-in": ["?session=signed-out", "/"],
  "sign-in-password": ["?session=signed-out", "/", async (page) => { await page.getByLabel("Login name").fill("mia"); await click("Continue")(page); }],
  factor: ["?session=second-factor", "/"],
  "factor-totp": ["?session=second-factor", "/", click(/Authenticator/)],
  welcome: ["?session=signed-out", "/welcome/abc", async (page) => { await page.getByLabel("New password").first().fill("too short"); await page.waitForTimeout(700); }],
  "welcome-suggest": ["?session=signed-out", "/welcome/abc", then(click("Suggest a passphrase"), (page) => page.waitForTimeout(700), click("Use this"), (page) => page.waitForTimeout(700))],
  "welcome-early": ["?session=signed-out", "/welcome/early"],
  enrol: ["?session=enrol", "/"],
  "enrol-totp": ["?session=enrol", "/", click(/Authenticator/)],
  "enrol-codes": ["?session=enrol", "/", then(click(/Authenticator/), (page) => page.getByLabel("Code the app shows now").fill("123456"), click("Confirm"))],
  "enrol-done": ["?session=enrol", "/", then(click(/Authenticator/), (page) => page.getByLabel("Code the app shows now").fill("123456"), click("Confirm"), (page) => page.getByLabel(/I have kept/).check(), click("Continue"))],
  "enrol-number": ["?session=enrol", "/", click(/^Text message/)],
  "enrol-number-code": ["?session=enrol", "/", then(click(/^Text message/), (page) => page.getByLabel("Telephone number").fill("+49 151 23456789"), click("Send me a code"))],
  "factor-sms": ["?session=second-factor", "/", click(/^Text message/)],
  "factor-sms-code": ["?session=second-factor", "/", then(click(/^Text message/), click("Send me a code"))],
  device: ["?device=absent", "/inbox/waiting"],
  "device-waiting": ["?device=waiting-for-key", "/inbox/waiting"],
  inbox: ["", "/inbox/waiting"],
  "inbox-many": ["?many=20000", "/inbox/waiting"],
  "inbox-empty": ["?empty", "/inbox/waiting"],
  conversation: ["", `/inbox/mine/${cnv(6)}`],
  "conversation-waiting": ["", `/inbox/waiting/${cnv(1)}`],
  "conversation-long-name": ["", `/inbox/waiting/${cnv(5)}`],
  "proof-ask": ["", `/inbox/mine/${cnv(6)}`, then((page) => page.getByRole("textbox", { name: "Reply" }).waitFor(), (page) => page.keyboard.press("p"), (page) => page.getByRole("dialog").waitFor())],
  "proof-obstacles": ["?proof=obstacles", `/inbox/mine/${cnv(6)}`, then((page) => page.getByRole("textbox", { name: "Reply" }).waitFor(), (page) => page.keyboard.press("p"), (page) => page.getByRole("dialog").waitFor())],
  "proof-waiting": ["?proof=waiting", `/inbox/mine/${cnv(6)}`, customerBeside],
  "proof-proved": ["?proof=proved", `/inbox/mine/${cnv(6)}`, customerBeside],
  "proof-by-passkey": ["?proof=by-passkey", `/inbox/mine/${cnv(6)}`, customerBeside],
  "proof-failed": ["?proof=failed", `/inbox/mine/${cnv(6)}`, customerBeside],
  "proof-ended": ["?proof=ended", `/inbox/mine/${cnv(6)}`, customerBeside],
  note: ["", `/inbox/mine/${cnv(6)}`, click("Internal note")],
  protection: ["", `/inbox/mine/${cnv(6)}`, click(/who is in this/)],
  assign: ["", `/inbox/mine/${cnv(6)}`, (page) => page.keyboard.press("a")],
  reveal: ["", `/customers/${cus(1)}`, then(click("Reveal: Contact"), click("Reveal for one minute"))],
  "reveal-ask": ["", `/customers/${cus(1)}`, click("Reveal: Contact")],
  customers: ["", "/customers"],
  "customers-empty": ["?empty", "/customers"],
  customer: ["", `/customers/${cus(1)}`],
  "customer-empty": ["?empty", `/customers/${cus(2)}`],
  "customer-edit": ["", `/customers/${cus(1)}`, then(click("Edit"), click("Replace: Mail"), click("Save"))],
  import: ["", "/customers/import"],
  "import-done": ["", "/customers/import", async (page) => { await page.locator("input[type=file]").setInputFiles({ name: "a.csv", mimeType: "text/csv", buffer: Buffer.from("name\nA") }); await page.waitForTimeout(1200); }],
  vault: ["", "/vault"],
  "vault-empty": ["?empty", "/vault"],
  "vault-folder": ["", `/vault/${fol(1)}`],
  "vault-waiting": ["", `/vault/${fol(2)}`],
  "vault-entry": ["", `/vault/${fol(1)}`, then(click("Parcel portal"), (page) => page.getByRole("dialog").getByRole("button", { name: "Show" }).first().click())],
  "vault-add": ["", `/vault/${fol(1)}`, then(click("Add an entry"), click("Suggest a passphrase"))],
  "vault-new": ["", "/vault", click("New folder")],
  "vault-import": ["", `/vault/${fol(1)}`, then(click("More about this folder"), click("Import", "menuitem"), (page) => page.locator("input[type=file]").setInputFiles({ name: "a.csv", mimeType: "text/csv", buffer: Buffer.from("Title,Username,Password\nCustoms,desk,x\nDepot list,depot-7,y\nNothing,desk,\n") }))],
  "vault-check": ["", `/vault/${fol(1)}`, then(click("More about this folder"), click("Look for breached passwords", "menuitem"), click("Open and check 3 entries"))],
  "vault-export": ["", `/vault/${fol(1)}`, then(click("More about this folder"), click("Export", "menuitem"))],
  "vault-share": ["", `/vault/${fol(1)}`, click("Share")],
  staff: ["", "/staff"],
  invite: ["", "/staff", then(click("Invite"), (page) => page.getByRole("textbox", { name: "Name", exact: true }).fill("Wil"), (page) => page.getByRole("textbox", { name: "Login name" }).fill("wil"), click("Make the invitation"))],
  "step-up": ["?stale", "/devices", then(click(/^Revoke Firefox/), (page) => page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click())],
  devices: ["", "/devices"],
  security: ["", "/security"],
  "security-password": ["", "/security", then(click("Change the password"), (page) => page.getByLabel("Present password").fill("wrong"), (page) => page.getByLabel("New password").first().fill("marble otter twelve pines"), (page) => page.waitForTimeout(700), click("Set the new password"))],
  "mail-address": ["", "/security", then(click("Add an address"), (page) => page.getByLabel("Your mail address").fill("mia@example.org"), click("Send the code"))],
  "staff-browsers": ["", "/staff", then(click(/Tomás Ferreira: more/), (page) => page.getByRole("menuitem", { name: /Known browsers/ }).click())],
  "factor-remember": ["?session=second-factor&remember", "/", click(/Authenticator/)],
  "security-rename": ["", "/security", click(/^Rename/)],
  "staff-enabled": ["", "/staff", then(click(/Bo Lindqvist/), (page) => page.getByRole("menuitem", { name: "Enable again" }).click(), (page) => page.getByRole("dialog").getByRole("button", { name: /^Enable/ }).click())],
  "staff-enable": ["", "/staff", then(click(/Bo Lindqvist/), (page) => page.getByRole("menuitem", { name: "Enable again" }).click())],
  audit: ["", "/audit"],
  "audit-entry": ["", "/audit", click("Customer data revealed")],
  settings: ["", "/settings"],
  "breached-passwords": ["", "/settings/breached-passwords"],
  "blind-scan": ["", "/settings/breached-passwords", then(click("Switch on…"), (page) => page.getByRole("textbox", { name: /Why it is needed/ }).fill("The branches sign in once a quarter."), (page) => page.getByRole("region", { name: "Test without sign-in" }).evaluate((card) => card.scrollIntoView()))],
  "blind-scan-runs": ["?scan", "/settings/breached-passwords", (page) => page.getByRole("region", { name: "Test without sign-in" }).evaluate((card) => card.scrollIntoView())],
  "blind-scan-ends": ["?scan", "/settings/breached-passwords", then(click("Switch off…"), (page) => page.getByRole("region", { name: "Test without sign-in" }).evaluate((card) => card.scrollIntoView()))],
  "breached-passwords-none": ["?empty", "/settings/breached-passwords"],
  "was-this-you": ["?asked", "/staff"],
  "security-asked": ["?asked", "/security"],
  "sign-in-risk": ["", "/settings/sign-in-risk", then((page) => page.getByRole("radiogroup", { name: "A new country" }).getByText("Let in").click())],
  "sign-in-risk-empty": ["?empty", "/settings/sign-in-risk"],
  coverage: ["", "/settings/coverage"],
  "coverage-wave": ["", "/settings/coverage", then(click("Show", "combobox"), click("Administrators", "option"), (page) => page.waitForTimeout(500))],
  "coverage-waves": ["", "/settings/coverage", then((page) => page.getByRole("heading", { name: "Waves" }).waitFor(), (page) => page.getByRole("heading", { name: "Waves" }).evaluate((one) => one.scrollIntoView()))],
  "coverage-people": ["", "/settings/coverage", then((page) => page.getByRole("heading", { name: "People by risk" }).waitFor(), (page) => page.getByRole("heading", { name: "People by risk" }).evaluate((one) => one.scrollIntoView()))],
  "coverage-role": ["?empty", "/settings/coverage", then(click("Show only Agent"), (page) => page.getByLabel("Name").fill("nobody"), (page) => page.waitForTimeout(500))],
  "wave-plan": ["", "/settings/coverage", click("Plan the wave “Everybody else”")],
  "wave-change": ["", "/settings/coverage", then(click("Change the wave “Administrators”"), (page) => page.getByLabel("Days of grace").fill("0"), (page) => page.waitForTimeout(500))],
  "wave-end": ["", "/settings/coverage", click("End the wave “Administrators”")],
  factors: ["", "/settings/factors", (page) => page.getByText("Who has none yet").click()],
  "factors-change": ["", "/settings/factors", then(click("Change what Agent needs"), (page) => page.getByLabel("A passkey or security key").first().check())],
  "factors-due": ["?due", "/security"],
  "factors-due-add": ["?due", "/settings", click("Add a passkey")],
  "enrol-due": ["?session=enrol&due", "/"],
  sessions: ["", "/settings/sessions"],
  "sessions-change": ["", "/settings/sessions", then(click("Change the sessions of Agent"), (page) => page.waitForTimeout(700))],
  "factors-change-people": ["", "/settings/factors", then(click("Change what Agent needs"), (page) => page.getByLabel("A passkey or security key").first().check(), (page) => page.getByText(/^Who they are/).click())],
  "session-ending": ["?ending", "/settings"],
  "session-ending-all": ["?ending=all", "/settings"],
  passwords: ["", "/settings/passwords"],
  "passwords-change": ["", "/settings/passwords", then(click("Change the policy of Agent"), click("Ready-made policy", "combobox"), click(/Legacy/, "option"), (page) => page.waitForTimeout(700))],
  "must-change": ["?session=change-password", "/"],
  "must-change-passkey": ["?session=change-password&passkey", "/"],
  "proof-stopped": ["?proof=stopped", `/inbox/mine/${cnv(6)}`, then((page) => page.getByRole("textbox", { name: "Reply" }).waitFor(), (page) => page.keyboard.press("p"), (page) => page.getByRole("dialog").waitFor())],
  "single-sign-on": ["", "/settings/single-sign-on", click("Try it")],
  "single-sign-on-none": ["?empty", "/settings/single-sign-on"],
  directory: ["", "/settings/provisioning"],
  "directory-none": ["?empty", "/settings/provisioning"],
  "directory-make": ["", "/settings/provisioning", click("Make a token")],
  "directory-made": ["", "/settings/provisioning", then(click("Make a token"), (page) => page.getByLabel("Name").fill("Okta"), (page) => page.getByRole("dialog").getByRole("button", { name: "Make a token" }).click())],
  "directory-link": ["", "/settings/provisioning", then(click("Make a link for Grace Hopper"), (page) => page.getByRole("dialog").getByRole("button", { name: "Make a link" }).click())],
  mail: ["", "/settings/mail"],
  "mail-none": ["?empty", "/settings/mail"],
  sms: ["", "/settings/sms"],
  "sms-alarms": ["", "/settings/sms", (page) => page.getByRole("heading", { name: /[Aa]larm/ }).first().evaluate((one) => one.scrollIntoView())],
  "sms-none": ["?empty", "/settings/sms"],
  "sms-test": ["", "/settings/sms", then(click("Send a test"), (page) => page.getByLabel("Telephone number").fill("+49 151 23456789"))],
  palette: ["", "/inbox/waiting", (page) => page.keyboard.press("Control+k")],
  help: ["", "/inbox/waiting", (page) => page.keyboard.press("?")],
  slow: ["?slow", "/"],
};

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
let findings = 0;
for (const width of (process.env.WIDTHS ?? "1440,768,360").split(",").map(Number)) {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport: { width, height: width === 360 ? 740 : 900 }, colorScheme, reducedMotion: "reduce" });
    for (const [name, [query, path, act]] of Object.entries(SCREENS)) {
      if (only.length > 0 && !only.includes(name)) continue;
      const page = await context.newPage();
      page.setDefaultTimeout(10000);
      page.on("pageerror", (error) => console.log(`${name} ${width}: ${error.message}`));
      page.on("console", (message) => message.type() === "error" && console.log(`${name} ${width}: ${message.text().slice(0, 300)}`));
      await page.goto(`http://127.0.0.1:5391/${query}#${path}`);
      await page.waitForTimeout(500);
      try { await act?.(page); } catch (error) { console.log(`${name} ${width} ${colorScheme}: ${error.message.split("\n")[0]}`); }
      await page.waitForTimeout(350);
      await page.screenshot({ path: `${out}/${name}-${width}-${colorScheme}.png` });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) console.log(`${name} ${width}: scrolls sideways by ${wide}`);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
      for (const one of violations) {
        findings += 1;
        console.log(`axe ${name} ${width} ${colorScheme}: ${one.id} ${one.nodes.slice(0, 2).map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join(" | ").slice(0, 300)}`);
      }
      await page.close();
    }
    await context.close();
  }
}
await browser.close();
console.log(`axe findings: ${findings}`);

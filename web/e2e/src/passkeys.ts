import type { CDPSession, Page } from "playwright-core";

type Options = { transport: "internal" | "usb"; present?: boolean; maySync?: boolean };

/** A credential as the authenticator keeps it: its private key is in it. */
export interface Credential {
  credentialId: string;
  isResidentCredential: boolean;
  rpId?: string;
  privateKey: string;
  userHandle?: string;
  signCount: number;
}

/** Chromium's own software authenticator (CTAP 2) of a page: it verifies its user until told otherwise. */
export class PasskeyHolder {
  private constructor(
    private readonly session: CDPSession,
    private readonly authenticatorId: string,
  ) {}

  /** `present`: somebody touches it whenever it is asked. `maySync`: it says that its passkeys may be copied to other devices. */
  static async of(page: Page, { transport, present = true, maySync = false }: Options): Promise<PasskeyHolder> {
    const session = await page.context().newCDPSession(page);
    await session.send("WebAuthn.enable");
    const options = {
      protocol: "ctap2", transport, hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: present, defaultBackupEligibility: maySync,
    } as const;
    const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", { options });
    return new PasskeyHolder(session, authenticatorId);
  }

  async isTouched(touched: boolean): Promise<void> {
    await this.session.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId: this.authenticatorId, enabled: touched });
  }

  /** Whether its owner shows a finger or a PIN. */
  async verifiesUser(verifies: boolean): Promise<void> {
    await this.session.send("WebAuthn.setUserVerified", { authenticatorId: this.authenticatorId, isUserVerified: verifies });
  }

  async credentials(): Promise<Credential[]> {
    return (await this.session.send("WebAuthn.getCredentials", { authenticatorId: this.authenticatorId })).credentials;
  }

  async put(credential: Credential): Promise<void> {
    await this.session.send("WebAuthn.addCredential", { authenticatorId: this.authenticatorId, credential });
  }

  async empty(): Promise<void> {
    await this.session.send("WebAuthn.clearCredentials", { authenticatorId: this.authenticatorId });
  }
}

/**
 * The certificate by which Chromium's authenticators vouch for themselves (DER): each is new, with the same key and name.
 * The statement ("packed", WebAuthn Level 3, 8.2) is `{"alg", "sig", "x5c": [certificate]}` in CBOR.
 */
export async function batchCertificate(page: Page): Promise<Buffer> {
  const site = "https://maker.example/";
  await page.route(site, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Maker</title>" }));
  await page.goto(site);
  await PasskeyHolder.of(page, { transport: "usb" });
  const encoded = await page.evaluate(async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const made = await navigator.credentials.create({
      publicKey: {
        rp: { name: "Maker" }, user: { id: bytes, name: "maker", displayName: "Maker" }, challenge: bytes,
        pubKeyCredParams: [{ type: "public-key", alg: -7 }], attestation: "direct",
      },
    });
    return ((made as PublicKeyCredential).toJSON() as { response: { attestationObject: string } }).response.attestationObject;
  });
  const statement = Buffer.from(encoded, "base64url");
  const name = statement.indexOf("x5c");
  // A list of one byte string whose length takes two bytes.
  if (name < 0 || statement.readUInt16BE(name + 3) !== 0x8159) throw new Error("the statement has no single certificate");
  return statement.subarray(name + 7, name + 7 + statement.readUInt16BE(name + 5));
}

/** The AAGUID that Chromium gives its authenticators. */
export const CHROMIUM_AAGUID = "01020304-0506-0708-0102-030405060708";

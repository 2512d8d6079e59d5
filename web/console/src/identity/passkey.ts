/** The browser's side of WebAuthn, in the JSON forms of the standard. */

/** The person closed the browser's dialog, or the browser has no passkeys. */
export class PasskeyProblem extends Error {
  constructor(readonly code: "passkey-cancelled" | "passkey-unsupported" | "passkey-exists") {
    super(code);
    this.name = "PasskeyProblem";
  }
}

export function passkeysWork(): boolean {
  return typeof PublicKeyCredential !== "undefined" && "parseRequestOptionsFromJSON" in PublicKeyCredential;
}

export async function conditionalWorks(): Promise<boolean> {
  return passkeysWork() && (await PublicKeyCredential.isConditionalMediationAvailable?.()) === true;
}

/** webauthn servers wrap the options in `publicKey`; the parser wants what is inside. */
function inside<T>(options: T): T {
  return (options as { publicKey?: T }).publicKey ?? options;
}

export async function askPasskey(options: PublicKeyCredentialRequestOptionsJSON, conditional?: AbortSignal): Promise<unknown> {
  if (!passkeysWork()) throw new PasskeyProblem("passkey-unsupported");
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(inside(options));
  const wish: CredentialRequestOptions = conditional ? { publicKey, mediation: "conditional", signal: conditional } : { publicKey };
  return json(await navigator.credentials.get(wish).catch(refused));
}

export async function makePasskey(options: PublicKeyCredentialCreationOptionsJSON): Promise<unknown> {
  if (!passkeysWork()) throw new PasskeyProblem("passkey-unsupported");
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(inside(options));
  return json(await navigator.credentials.create({ publicKey }).catch(refused));
}

function refused(error: unknown): never {
  throw new PasskeyProblem((error as DOMException).name === "InvalidStateError" ? "passkey-exists" : "passkey-cancelled");
}

function json(credential: Credential | null): unknown {
  if (!credential) throw new PasskeyProblem("passkey-cancelled");
  return (credential as PublicKeyCredential).toJSON();
}

/** The browser's side of WebAuthn, in the JSON forms of the standard. */

/** The person closed the browser's dialog, the browser has no passkeys, or keeps them out of a page inside another one. */
export class PasskeyProblem extends Error {
  constructor(readonly code: "passkey-cancelled" | "passkey-unsupported" | "passkey-exists" | "passkey-framed") {
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
  mustWork("publickey-credentials-get");
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(inside(options));
  const wish: CredentialRequestOptions = conditional ? { publicKey, mediation: "conditional", signal: conditional } : { publicKey };
  return json(await navigator.credentials.get(wish).catch(refused));
}

export async function makePasskey(options: PublicKeyCredentialCreationOptionsJSON): Promise<unknown> {
  mustWork("publickey-credentials-create");
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(inside(options));
  return json(await navigator.credentials.create({ publicKey }).catch(refused));
}

/** Only some browsers tell what the page around a frame allows; of the others it is seen when they refuse. */
function mustWork(feature: string): void {
  if (!passkeysWork()) throw new PasskeyProblem("passkey-unsupported");
  const { featurePolicy } = document as Document & { featurePolicy?: { allowsFeature(name: string): boolean } };
  if (featurePolicy && !featurePolicy.allowsFeature(feature)) throw new PasskeyProblem("passkey-framed");
}

function refused(error: unknown): never {
  throw new PasskeyProblem((error as DOMException).name === "InvalidStateError" ? "passkey-exists" : "passkey-cancelled");
}

function json(credential: Credential | null): unknown {
  if (!credential) throw new PasskeyProblem("passkey-cancelled");
  return (credential as PublicKeyCredential).toJSON();
}

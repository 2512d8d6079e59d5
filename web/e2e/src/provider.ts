import { generateKeyPairSync, randomUUID } from "node:crypto";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";

/** Who sits at the provider's page, and how they show who they are. */
export interface Visitor {
  sub: string;
  acr: string;
  groups: string[];
}

/** An OpenID provider that others wrote: npm's `oidc-provider`, on a port of its own. Its page lets the visitor in at once. */
export class OpenIdProvider {
  readonly issuer: string;
  visitor: Visitor = { sub: "ada-at-example", acr: "strong", groups: [] };
  readonly #stop: () => void;

  private constructor(issuer: string, stop: () => void) {
    this.issuer = issuer;
    this.#stop = stop;
  }

  static async start(redirectUri: string, algorithm: "RS256" | "PS256" | "ES256" | "EdDSA"): Promise<OpenIdProvider> {
    let answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end();
    const server = createServer((request, response) => answer(request, response));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const own = new OpenIdProvider(issuer, () => (server.closeAllConnections(), server.close()));
    const provider = new Provider(issuer, own.#configuration(redirectUri, algorithm));
    const callback = provider.callback();
    answer = (request, response) => {
      if (!request.url?.startsWith("/visit/")) return callback(request, response);
      const { sub, acr } = own.visitor;
      void provider.interactionFinished(request, response, { login: { accountId: sub, acr, ts: Math.floor(Date.now() / 1000) } });
    };
    return own;
  }

  #configuration(redirectUri: string, algorithm: string): Record<string, unknown> {
    return {
      clients: [{
        client_id: "wardesk", client_secret: SECRET, redirect_uris: [redirectUri], grant_types: ["authorization_code"], response_types: ["code"],
        id_token_signed_response_alg: algorithm, require_auth_time: true,
      }],
      jwks: { keys: [signingKey(algorithm)] },
      cookies: { keys: [randomUUID()] },
      acrValues: ["strong", "weak"],
      claims: { openid: ["sub"], profile: ["name", "preferred_username", "groups"], acr: null, auth_time: null },
      conformIdTokenClaims: false,
      pkce: { required: () => true, methods: ["S256"] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: () => `/visit/${randomUUID()}` },
      findAccount: (_: unknown, sub: string) => ({
        accountId: sub,
        claims: () => ({ sub, name: "Ada Example", preferred_username: sub, groups: this.visitor.groups }),
      }),
      loadExistingGrant: async (context: { oidc: { client: { clientId: string }; session: { accountId: string }; provider: Provider } }) => {
        const { client, session, provider } = context.oidc;
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
        grant.addOIDCScope("openid profile");
        await grant.save();
        return grant;
      },
    };
  }

  stop(): void {
    this.#stop();
  }
}

export const SECRET = "a client secret with : and % in it, long enough";

function signingKey(algorithm: string): object {
  const { privateKey } =
    algorithm === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" })
    : algorithm === "EdDSA" ? generateKeyPairSync("ed25519")
    : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: algorithm, kid: randomUUID() };
}

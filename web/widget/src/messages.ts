/** What the loader in the shop's page and the sheet in the frame tell each other. */
export type ToFrame = { wardesk: 1; type: "open" } | { wardesk: 1; type: "closed" } | { wardesk: 1; type: "identify"; token: string } | { wardesk: 1; type: "sign-out" };

export type ToHost = { wardesk: 1; type: "ready" } | { wardesk: 1; type: "close" } | { wardesk: 1; type: "unread"; count: number } | { wardesk: 1; type: "signed-out" };

export function isMessage(data: unknown): data is { wardesk: 1; type: string } {
  return typeof data === "object" && data !== null && (data as { wardesk?: unknown }).wardesk === 1 && typeof (data as { type?: unknown }).type === "string";
}

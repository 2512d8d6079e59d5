/** The website on which the chat stands, for the last line of a text message. The server takes it only if it is one of those it knows. */

/** The origin of the outermost page around the frame; null on our own page, and where the browser does not say. */
export function siteAround(): string | null {
  if (window.parent === window) return null;
  // Not in every browser; the outermost page is the last one.
  const around = location.ancestorOrigins as DOMStringList | undefined;
  if (around) return around[around.length - 1] ?? null;
  // Whose page it is only where the page around is the outermost one, and it may be told.
  if (window.parent !== window.top || document.referrer === "") return null;
  return new URL(document.referrer).origin;
}

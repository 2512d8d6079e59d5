/** Text and links, as data: what is shown is made of text nodes only. */
export type Piece = { text: string; href: string | null };

const CANDIDATE = /https?:\/\/[^\s<>"'`]+/gi;

export function pieces(body: string): Piece[] {
  const result: Piece[] = [];
  let at = 0;
  for (const match of body.matchAll(CANDIDATE)) {
    const text = trimmed(match[0]);
    const href = safeHref(text);
    if (href === null) continue;
    if (match.index > at) result.push({ text: body.slice(at, match.index), href: null });
    result.push({ text, href });
    at = match.index + text.length;
  }
  if (at < body.length) result.push({ text: body.slice(at), href: null });
  return result;
}

/** Punctuation at the end belongs to the sentence, a bracket only when it was not opened inside. */
function trimmed(link: string): string {
  let end = link.length;
  for (;;) {
    const last = link[end - 1] ?? "";
    if (/[.,;:!?…]/.test(last)) end--;
    else if (last === ")" && !link.slice(0, end).includes("(")) end--;
    else return link.slice(0, end);
  }
}

function safeHref(text: string): string | null {
  try {
    const url = new URL(text);
    // A name in front of the host is there to deceive.
    return (url.protocol === "https:" || url.protocol === "http:") && url.username === "" ? url.href : null;
  } catch {
    return null;
  }
}

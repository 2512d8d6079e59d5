/** What was typed and not sent, while this page lives. Never stored: it is clear text. */
export type DraftKind = "reply" | "note";

const texts = new Map<string, string>();

export const drafts = {
  get: (conversation: string, kind: DraftKind) => texts.get(`${conversation} ${kind}`) ?? "",
  set: (conversation: string, kind: DraftKind, text: string) => {
    if (text) texts.set(`${conversation} ${kind}`, text);
    else texts.delete(`${conversation} ${kind}`);
  },
  clear: () => texts.clear(),
};

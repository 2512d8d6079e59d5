// Asking the demo's server, and small things every part of the page needs.

/** The answer as JSON; throws when there is none or it is a refusal. */
export async function ask(what, body) {
  const options = body ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {};
  const answer = await fetch(`/demo/${what}`, { ...options, cache: "no-store" });
  const json = await answer.json();
  if (!answer.ok) throw new Refusal(json.fields?.[0]?.message ?? json.detail ?? json.title);
  return json;
}

/** The server answered, but not with what was asked; the message is for people. */
export class Refusal extends Error {}

/** An element with classes and children; text is only ever text. */
export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** 1234 → "1.2 kB" */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A button that copies the text of the element whose id is in `data-copy`. */
export function copies() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy).textContent;
    const before = button.firstChild.textContent;
    try {
      await navigator.clipboard.writeText(text.replaceAll("\u202f", ""));
      button.firstChild.textContent = "Copied";
    } catch {
      button.firstChild.textContent = "Select it";
    }
    setTimeout(() => (button.firstChild.textContent = before === "Copied" || before === "Select it" ? "Copy" : before), 1500);
  });
}

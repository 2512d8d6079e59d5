// "See what the server knows": the search, two samples, the tables.
import { Refusal, ask, element, size } from "./server.js";

const byId = (id) => document.getElementById(id);
const ROW = 16;

export function showCanaries({ canaries, command }) {
  if (command) byId("command").textContent = command;
  const box = byId("canaries");
  if (box.childElementCount === canaries.length) return;
  box.replaceChildren(...canaries.map(({ word, whose }) => {
    const button = element("button", "quiet", word);
    button.type = "button";
    button.addEventListener("click", () => {
      byId("text").value = word;
      byId("search").requestSubmit();
    });
    return element("div", "", button, `stands in ${whose}`);
  }));
}

export function startSearch() {
  const form = byId("search");
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = byId("text").value.trim();
    button.disabled = true;
    try {
      byId("found").replaceChildren(result(text, await ask("search", { text })));
    } catch (error) {
      const why = error instanceof Refusal ? error.message : "The demo does not answer. Is it still running?";
      byId("found").replaceChildren(element("div", "result some", why));
    }
    button.disabled = false;
  });
}

function result(text, { forms, files, bytes }) {
  const count = forms.reduce((sum, form) => sum + form.count, 0);
  const holding = files.filter((file) => file.count > 0);
  const box = element("div", `result ${count ? "some" : "none"}`);
  const head = count ? `Found ${count} ${count === 1 ? "time" : "times"}` : "Not found, in no form";
  const scope = `“${text}” in ${files.length} files, ${size(bytes)}.`;
  box.append(element("div", "", element("strong", "", head), element("div", "small", scope)));
  const list = element("dl", "");
  for (const form of forms) list.append(element("dt", "", form.form), element("dd", "", String(form.count)));
  box.append(list);
  if (count) {
    const where = holding.map((file) => `${file.name} (${file.count})`).join(", ");
    box.append(element("p", "small", `In ${where}. What can be found here are names and logins of staff, also in base64 inside the signed statements about their devices. demo.json holds this demo’s accounts.`));
  }
  const all = element("ul", "");
  for (const file of files) all.append(element("li", "", `${file.name}, ${size(file.bytes)}: ${file.count}`));
  const own = element("p", "", "scripted/ holds what the scripted people’s own devices know, sealed. It is here only because they are programs on this machine.");
  box.append(element("details", "", element("summary", "", "Every file that was read"), all, own));
  return box;
}

export async function watchServer() {
  try {
    const { tables, samples } = await ask("server-view");
    byId("samples").replaceChildren(...samples.map(sample));
    if (samples.length === 0) byId("samples").textContent = "The first message is still being written.";
    showTables(tables);
  } catch {
    // The notice at the top of the page tells that the server is gone.
  }
  setTimeout(watchServer, document.hidden ? 20000 : 5000);
}

function sample({ title, column, offset, length, hex }) {
  const narrow = matchMedia("(max-width: 620px)").matches;
  const row = narrow ? ROW / 2 : ROW;
  const bytes = hex.match(/../g) ?? [];
  const pre = element("pre", "");
  for (let n = 0; n < Math.min(bytes.length, row * 8); n += row) {
    const part = bytes.slice(n, n + row);
    const letters = part.map((byte) => (byte >= "20" && byte < "7f" ? String.fromCharCode(parseInt(byte, 16)) : "·")).join("");
    const at = (offset + n).toString(16).padStart(4, "0");
    pre.append(element("span", "at", at), `  ${part.join(" ").padEnd(row * 3)} `, element("span", "ascii", letters), "\n");
  }
  const caption = element("figcaption", "", element("b", "", title), ` · ${column}, ${length} bytes, from byte ${offset}`);
  return element("figure", "sample", caption, pre);
}

function showTables(tables) {
  const total = tables.reduce((sum, table) => sum + table.bytes, 0);
  byId("total").textContent = `${size(total)} in ${tables.length} tables`;
  const cell = (name, className, text, scope) => {
    const made = element(name, className, text);
    if (scope) made.scope = scope;
    return made;
  };
  const head = element("tr", "", cell("th", "", "Table", "col"), cell("th", "n", "Rows", "col"), cell("th", "n", "Bytes", "col"), cell("th", "about", "What is in it", "col"));
  const row = ({ name, rows, bytes, about }) => element("tr", "",
    cell("td", "", name), cell("td", "n", String(rows)), cell("td", "n", size(bytes)), cell("td", "about", about ?? ""));
  const table = element("table", "", element("thead", "", head), element("tbody", "", ...tables.map(row)));
  const box = byId("tables");
  const at = box.scrollTop;
  box.replaceChildren(table);
  box.scrollTop = at;
}

// The three accounts with their live authenticator codes.
import { element } from "./server.js";

const STEP = 30;
const ROUND = 2 * Math.PI * 12;
const cards = new Map();

export function showTeam(team) {
  for (const member of team) {
    let card = cards.get(member.login);
    if (!card) cards.set(member.login, (card = build(member)));
    show(card, member);
  }
}

function build(member) {
  const list = document.querySelector(`[data-login="${member.login}"] .sign-in`);
  const line = (key, name, extra) => {
    const value = element("span", key);
    value.id = `${key}-${member.login}`;
    const copy = element("button", "quiet copy", "Copy", element("span", "away", ` the ${name.toLowerCase()} of ${member.name}`));
    copy.type = "button";
    copy.dataset.copy = value.id;
    list.append(element("div", "", element("dt", "clock", name, extra ?? ""), element("dd", "", value, copy)));
    return value;
  };
  const ring = clock();
  return { login: line("login", "Name"), password: line("password", "Password"), code: line("code", "Code", ring), ring };
}

function show(card, member) {
  set(card.login, member.login);
  set(card.password, member.password);
  const { code, seconds } = member.code ?? { code: null, seconds: 0 };
  const waits = member.code ? `Used. Next in ${seconds} s` : "Another authenticator was set up";
  card.code.classList.toggle("waits", !code);
  set(card.code, code ? `${code.slice(0, 3)}\u202f${code.slice(3)}` : waits);
  card.ring.setAttribute("class", `ring${seconds <= 5 ? " soon" : ""}`);
  const left = card.ring.lastChild;
  left.setAttribute("stroke-dashoffset", String(ROUND * (1 - Math.min(1, seconds / STEP))));
}

/** Changes the text only when it differs: what somebody has selected stays selected. */
function set(where, text) {
  if (where.textContent !== text) where.textContent = text;
}

function clock() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  svg.setAttribute("aria-hidden", "true");
  for (const name of ["whole", "left"]) {
    const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    circle.setAttribute("class", name);
    for (const key of ["cx", "cy"]) circle.setAttribute(key, "16");
    circle.setAttribute("r", "12");
    if (name === "left") circle.setAttribute("stroke-dasharray", String(ROUND));
    svg.append(circle);
  }
  return svg;
}

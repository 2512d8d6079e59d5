// The shop: a few parcels to look at, and the way into the chat.
import { element } from "./server.js";

const PARCELS = {
  "NW-2231": ["Delivered", "From Atelier Morgenrot, Leipzig · 1.2 kg", [
    ["Picked up in Leipzig", "Monday, 16:20"], ["Sorted in Berlin-Süd", "Tuesday, 03:10"], ["Left with a neighbour", "Tuesday, 11:48"]], 3],
  "NW-2252": ["On its way", "From Papierhaus Winter, Hannover · 3.4 kg", [
    ["Picked up in Hannover", "Monday, 15:05"], ["Sorted in Hamburg", "today, 04:30"], ["Out for delivery", "tomorrow morning"], ["Delivered", ""]], 2],
  "NW-2198": ["Delayed", "From Linen & Thread, Ghent · 0.8 kg", [
    ["Picked up in Ghent", "Monday, 17:40"], ["Waiting in the depot in Antwerp", "since Tuesday"], ["Out for delivery", "Friday"], ["Delivered", ""]], 2],
};
const byId = (id) => document.getElementById(id);

export function startShop() {
  show("NW-2231");
  new MutationObserver(makeRoom).observe(document.body, { subtree: true, childList: true, attributeFilter: ["aria-expanded"] });
  byId("track").addEventListener("submit", (event) => {
    event.preventDefault();
    const number = byId("number").value.trim().toUpperCase();
    const known = Object.hasOwn(PARCELS, number);
    const others = Object.keys(PARCELS).join(", ");
    byId("track-answer").textContent = known ? "" : `We have no parcel with this number. In this demo there are ${others}.`;
    if (known) show(number);
  });
  byId("ask").addEventListener("click", () => {
    if (window.Wardesk) window.Wardesk.open();
    else byId("track-answer").textContent = "The chat is not part of this build: run npm run build in web/, then build Wardesk again.";
  });
}

/** Makes room for the chat while it is open; its button says whether it is. */
function makeRoom() {
  const button = document.querySelector("button[aria-haspopup=dialog]");
  document.body.classList.toggle("chat-open", button?.getAttribute("aria-expanded") === "true");
}

function show(number) {
  const [state, from, steps, done] = PARCELS[number];
  byId("parcel-number").textContent = number;
  byId("parcel-state").textContent = state;
  byId("parcel-from").textContent = from;
  const line = ([what, when], n) => element("li", n < done ? "" : "ahead", element("span", "", element("b", "", what), when));
  byId("parcel-steps").replaceChildren(...steps.map(line));
}

import { ask, copies } from "./server.js";
import { showTeam } from "./team.js";
import { startShop } from "./shop.js";
import { showCanaries, startSearch, watchServer } from "./knows.js";

const settingUp = document.querySelector("#setting-up");
const gone = document.querySelector("#gone");
const robin = document.querySelector("#robin");

async function poll() {
  let again = 1000;
  try {
    const state = await ask("state");
    gone.hidden = true;
    settingUp.hidden = !state.setting_up;
    const text = `${state.setting_up} …${state.team.length ? "" : " The accounts appear here in a moment."}`;
    if (state.setting_up && settingUp.textContent !== text) settingUp.textContent = text;
    showTeam(state.team);
    showCanaries(state);
    robin.classList.toggle("there", state.robin);
    robin.textContent = state.robin ? "online" : "offline";
  } catch {
    gone.hidden = false;
    again = 3000;
  }
  setTimeout(poll, document.hidden ? 5000 : again);
}

copies();
startShop();
startSearch();
watchServer();
poll();

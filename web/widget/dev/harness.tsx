import { render } from "preact";
import { App } from "../src/app";
import "../src/style.css";
import { type Scene, fakeMessenger } from "./fake";

const scene = (new URLSearchParams(location.search).get("scene") ?? "talk") as Scene;
render(<App messenger={fakeMessenger(scene)} onClose={() => undefined} onUnread={() => undefined} />, document.getElementById("sheet")!);

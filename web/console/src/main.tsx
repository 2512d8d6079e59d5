import { createRoot } from "react-dom/client";
import { createApi } from "@wardesk/api";
import { App } from "./app/App";
import { attended, watchAttention } from "./app/attention";
import { signedOut, stepUp } from "./app/signals";

watchAttention(window);
const api = createApi({ attended, onSignedOut: () => signedOut.emit(), onStepUp: () => stepUp.ask() });

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");
createRoot(root).render(
  <App
    api={api}
    openMessenger={async (staff) => {
      const { openStaffMessenger } = await import("@wardesk/crypto/staff");
      return openStaffMessenger({ staff, api: "", attended });
    }}
  />,
);

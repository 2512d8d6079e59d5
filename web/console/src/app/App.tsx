import { useEffect, useMemo, useState } from "react";
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createHashHistory, RouterProvider, type RouterHistory } from "@tanstack/react-router";
import { ApiProblem, type Api } from "@wardesk/api";
import type { OpenMessenger } from "../messenger/MessengerProvider";
import { theme } from "../theme";
import { Toasts } from "../ui/toasts";
import { StepUp } from "../identity/StepUp";
import { ApiContext } from "./context";
import { createConsoleRouter } from "./router";
import { signedOut } from "./signals";
import "@mantine/core/styles.layer.css";
import "../global.css";

export interface AppProps {
  api: Api;
  openMessenger: OpenMessenger;
  history?: RouterHistory;
  /** Tests switch transitions off. */
  env?: "default" | "test";
}

export function App({ api, openMessenger, history, env = "default" }: AppProps) {
  const [queries] = useState(createQueries);
  const router = useMemo(() => createConsoleRouter(openMessenger, history ?? createHashHistory()), [openMessenger, history]);
  useEffect(() => signedOut.on(() => void queries.invalidateQueries({ queryKey: ["session"] })), [queries]);
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={styleNonce} env={env}>
      <QueryClientProvider client={queries}>
        <ApiContext value={api}>
          <RouterProvider router={router} />
          <StepUp />
          <Toasts />
        </ApiContext>
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** The server puts a fresh nonce into the page; without it the policy refuses Mantine's styles. */
function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
}

function createQueries() {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        retry: (count, error) => count < 2 && error instanceof ApiProblem && (error.code === "offline" || error.code === "overloaded"),
      },
    },
  });
}

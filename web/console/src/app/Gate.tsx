import { useState } from "react";
import { Button, Skeleton } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { useForgetting, useSession } from "../identity/session";
import { Enrolment } from "../identity/Enrolment";
import { MustChange } from "../identity/MustChange";
import { SignIn } from "../identity/SignIn";
import { useReturning } from "../single-sign-on/returning";
import { t } from "../i18n";
import { CommandsProvider } from "../keyboard/commands";
import { MessengerProvider, type OpenMessenger } from "../messenger/MessengerProvider";
import { Column } from "../identity/Column";
import { ProblemNote } from "../ui/Note";
import { MeContext } from "./context";
import { Frame } from "./Frame";

/** What one may see follows from the session alone: sign-in, enrolment, or the console at the address one asked for. */
export function Gate({ openMessenger }: { openMessenger: OpenMessenger }) {
  const session = useSession();
  const returning = useReturning();
  const queries = useQueryClient();
  useForgetting(session.data?.state);
  const [enrolling, setEnrolling] = useState(false);
  if (session.data?.state === "enrol" && !enrolling) setEnrolling(true);

  if (returning === "checking") return <Loading />;
  if (session.error && !session.data) {
    return (
      <Column title={t("gate.unreachable")}>
        <ProblemNote error={session.error} />
        <Button onClick={() => void session.refetch()} loading={session.isFetching}>
          {t("try-again")}
        </Button>
      </Column>
    );
  }
  if (!session.data) return <Loading />;
  // The last page of the enrolment shows the recovery codes, when the session is already signed in.
  if (enrolling && session.data.state !== "signed-out") {
    const done = () => void queries.invalidateQueries({ queryKey: ["session"] }).then(() => setEnrolling(false));
    return <Enrolment onDone={done} />;
  }
  if (session.data.change) return <MustChange due={session.data.change} />;
  if (session.data.state !== "signed-in" || !session.data.me) return <SignIn session={session.data} />;
  const { me } = session.data;
  return (
    <MeContext value={me} key={me.id}>
      <MessengerProvider open={openMessenger} staff={me.id}>
        <CommandsProvider>
          <Frame>
            <Outlet />
          </Frame>
        </CommandsProvider>
      </MessengerProvider>
    </MeContext>
  );
}

function Loading() {
  return (
    <main aria-busy="true" aria-label={t("loading")}>
      <h1 className="sr">Wardesk</h1>
      <Column>
        <Skeleton height={28} width={140} />
        <Skeleton height={36} />
        <Skeleton height={36} />
      </Column>
    </main>
  );
}

import { Button } from "@mantine/core";
import { Link, Navigate } from "@tanstack/react-router";
import { t } from "../i18n";
import { Empty } from "../ui/small";
import { ShieldIcon } from "../ui/icons";
import { useAreas } from "./areas";

/** The first area one has rights in. */
export function Home() {
  const [first] = useAreas();
  return <Navigate to={first?.to ?? "/security"} replace />;
}

export function NotFound() {
  return (
    <main>
      <Empty icon={<ShieldIcon size={24} />} title={t("not-found.title")} text={t("not-found.text")} action={<Button component={Link} {...{ to: "/" }}>{t("not-found.action")}</Button>} />
    </main>
  );
}

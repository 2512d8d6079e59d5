import { createContext, useContext, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore, type ReactNode } from "react";

/** Something one can do, by key, by the palette, or both. */
export interface Command {
  id: string;
  title: string;
  section: "palette.do" | "palette.go" | "palette.conversations" | "palette.customers";
  /** A single character as `KeyboardEvent.key` gives it. */
  key?: string;
  /** Hidden from the palette: moves of the cursor. */
  keyOnly?: boolean;
  run: () => void;
}

interface Store {
  all: () => Command[];
  set: (owner: object, commands: Command[] | null) => void;
  subscribe: (listener: () => void) => () => void;
}

function createStore(): Store {
  const owners = new Map<object, Command[]>();
  const listeners = new Set<() => void>();
  let flat: Command[] = [];
  return {
    all: () => flat,
    set: (owner, commands) => {
      if (commands) owners.set(owner, commands);
      else owners.delete(owner);
      flat = [...owners.values()].reverse().flat();
      listeners.forEach((listener) => listener());
    },
    subscribe: (listener) => (listeners.add(listener), () => void listeners.delete(listener)),
  };
}

const CommandsContext = createContext<Store | null>(null);
const PALETTE = "wardesk:palette";
const HELP = "wardesk:help";

export const openPalette = () => void window.dispatchEvent(new Event(PALETTE));
export const openHelp = () => void window.dispatchEvent(new Event(HELP));

/** Goes to the search field of the page, or to the palette where there is none. */
export function focusSearch() {
  const field = document.querySelector<HTMLElement>("[data-search]");
  if (field) field.focus();
  else openPalette();
}

export function CommandsProvider({ children }: { children: ReactNode }) {
  const [store] = useState(createStore);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      if ((event.metaKey || event.ctrlKey) && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        openPalette();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || writing(event.target) || document.querySelector('[aria-modal="true"]')) return;
      const command = store.all().find((one) => one.key === event.key);
      if (!command) return;
      event.preventDefault();
      command.run();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [store]);
  return <CommandsContext value={store}>{children}</CommandsContext>;
}

function writing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function useStore(): Store {
  const store = useContext(CommandsContext);
  if (!store) throw new Error("no CommandsProvider above");
  return store;
}

/** Offers commands while the component is there. The last one to come wins a key. */
export function useCommands(commands: Command[]) {
  const store = useStore();
  const [owner] = useState(() => ({}));
  const latest = useRef(commands);
  useLayoutEffect(() => void (latest.current = commands));
  const shape = commands.map((command) => `${command.id} ${command.title} ${command.key ?? ""}`).join("\n");
  // Before the screen shows what can be done its keys work.
  useLayoutEffect(() => {
    const live = latest.current.map((command) => ({ ...command, run: () => latest.current.find((one) => one.id === command.id)?.run() }));
    store.set(owner, live);
  }, [store, owner, shape]);
  useLayoutEffect(() => () => store.set(owner, null), [store, owner]);
}

export function useAllCommands(): Command[] {
  const store = useStore();
  return useSyncExternalStore(store.subscribe, store.all);
}

/** Opened by its announcement, closed by the person. */
export function useOpenedBy(what: "palette" | "help") {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const name = what === "palette" ? PALETTE : HELP;
    const show = () => setOpen(true);
    window.addEventListener(name, show);
    return () => window.removeEventListener(name, show);
  }, [what]);
  return [open, () => setOpen(false)] as const;
}

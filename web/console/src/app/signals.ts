/** The two things that reach from the client into the screens: the session is over; a second factor is wanted. */

type Listener = () => void;

function announcement() {
  const listeners = new Set<Listener>();
  return {
    emit: () => listeners.forEach((listener) => listener()),
    on: (listener: Listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

export const signedOut = announcement();

/** The person closed the dialog instead of showing a factor. Screens stay silent about it. */
export class Declined extends Error {
  constructor() {
    super("declined");
    this.name = "Declined";
  }
}

interface Waiting {
  resolve: () => void;
  reject: (reason: Error) => void;
}

/** Several requests may wait for the same dialog. */
function question() {
  let waiting: Waiting[] = [];
  const changed = announcement();
  const settle = (end: (one: Waiting) => void) => {
    const all = waiting;
    waiting = [];
    changed.emit();
    all.forEach(end);
  };
  return {
    ask: () =>
      new Promise<void>((resolve, reject) => {
        waiting = [...waiting, { resolve, reject }];
        changed.emit();
      }),
    open: () => waiting.length > 0,
    on: changed.on,
    shown: () => settle((one) => one.resolve()),
    declined: () => settle((one) => one.reject(new Declined())),
  };
}

export const stepUp = question();

/** Runs what may need a fresh factor outside the client (the conversation engine), and once more after it was shown. */
export async function withStepUp<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if ((error as { code?: string }).code !== "step-up-required") throw error;
    await stepUp.ask();
    return run();
  }
}

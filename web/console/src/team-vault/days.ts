const DAY = 86_400_000;

/** Days since the epoch, in UTC, as the server counts them. */
export const today = (now = Date.now()) => Math.floor(now / DAY);
/** For a field of type `date`. */
export const toField = (day: number | null) => (day === null ? "" : new Date(day * DAY).toISOString().slice(0, 10));
export const fromField = (text: string) => (text === "" ? null : Math.floor(Date.parse(`${text}T00:00:00Z`) / DAY));
export const asTime = (day: number) => new Date(day * DAY).toISOString();

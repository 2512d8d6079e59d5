import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach } from "vitest";

// Lists by role are slow with computed styles; what is hidden is tested by its absence.
configure({ asyncUtilTimeout: 8000, defaultHidden: true });

// What jsdom does not have and Mantine asks for.
window.matchMedia = (query) => ({ matches: false, media: query, onchange: null, addListener() {}, removeListener() {}, addEventListener() {}, removeEventListener() {}, dispatchEvent: () => false });
window.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
window.scrollTo = () => undefined;
Element.prototype.scrollIntoView = () => undefined;
Object.defineProperty(document, "fonts", { value: { addEventListener() {}, removeEventListener() {} } });

beforeEach(() => localStorage.clear());
afterEach(cleanup);

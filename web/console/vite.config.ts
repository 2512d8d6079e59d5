import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/console/",
  plugins: [react()],
  // Everything is served from our own origin under a policy without inline content, so nothing becomes a data: address but small pictures.
  build: { outDir: "dist", emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  // A whole screen is slow in jsdom on a machine that does other things. On every processor: otherwise one is left free, which of two is half.
  test: { environment: "jsdom", testTimeout: 60_000, maxWorkers: "100%", include: ["test/**/*.test.{ts,tsx}"], setupFiles: ["test/setup.ts"], css: { modules: { classNameStrategy: "non-scoped" } } },
});

import { defineConfig } from "vite";

export default defineConfig({
  base: "/widget/",
  build: {
    target: "es2023",
    outDir: "dist",
    emptyOutDir: true,
    // Inlined assets would be data: URLs, which the page's policy allows for images only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // Vite's own preact settings are enough; JSX comes from tsconfig.
  test: { include: ["test/**/*.test.ts"], testTimeout: 30_000, hookTimeout: 60_000 },
} as Parameters<typeof defineConfig>[0]);

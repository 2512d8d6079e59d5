import { defineConfig } from "vite";

/** The script a shop puts into its pages: one classic file, no imports. */
export default defineConfig({
  publicDir: false,
  build: {
    target: "es2020",
    outDir: "dist",
    emptyOutDir: false,
    lib: { entry: "src/loader/loader.ts", formats: ["iife"], name: "WardeskLoader", fileName: () => "widget.js" },
  },
});

import { defineConfig } from "vitest/config";

// On every processor: otherwise one is left free, which of two is half.
export default defineConfig({ test: { include: ["test/**/*.test.ts"], testTimeout: 20_000, maxWorkers: "100%" } });

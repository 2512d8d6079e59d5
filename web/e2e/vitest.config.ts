import { defineConfig } from "vitest/config";
import { CountReporter } from "./src/count-reporter.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Two browsers with a server each, as they often wait for the next code of an authenticator. No more: the machine that
    // runs this may be small.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    setupFiles: ["src/set-up.ts"],
    reporters: ["default", new CountReporter()],
  },
});

import { defineConfig } from "vitest/config";
import { CountReporter } from "./src/count-reporter.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // One browser and one server at a time: the machine that runs this may be small.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", new CountReporter()],
  },
});

import type { Reporter, TestModule } from "vitest/node";

/** Prints the line that says how many tests passed and failed. */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<unknown>): void {
    let passed = 0;
    let failed = errors.length;
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      passed += tests.filter((test) => test.ok() && test.result().state === "passed").length;
      failed += tests.filter((test) => test.result().state !== "passed").length;
      // A file that did not load has no tests and must not look like success.
      if (tests.length === 0) failed += 1;
    }
    console.log(`${passed} passed, ${failed} failed`);
  }
}

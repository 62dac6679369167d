const { default: TestRunner } = require('jest-runner');

/** Runs the fastest test files first, and stops after the first that fails. */
module.exports = class extends TestRunner {
  async runTests(tests, watcher, options) {
    let isKilled = false;
    this.on('test-file-success', ([, { numFailingTests }]) => {
      isKilled ||= numFailingTests > 0;
    });
    for (const test of tests.toSorted((a, b) => (a.duration ?? 0) - (b.duration ?? 0))) {
      if (!isKilled) await super.runTests([test], watcher, options);
    }
  }
};

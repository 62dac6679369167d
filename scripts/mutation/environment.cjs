const { TestEnvironment } = require('jest-environment-node');

/** The mutant that a test has detected. Its other tests are skipped. */
let killed;

module.exports = class extends TestEnvironment {
  handleTestEvent({ name, test }) {
    const mutant = process.env.__STRYKER_ACTIVE_MUTANT__;
    if (name === 'test_done' && test.errors.length > 0) killed = mutant;
    if (name === 'test_start' && mutant !== undefined && mutant === killed) test.mode = 'skip';
  }
};

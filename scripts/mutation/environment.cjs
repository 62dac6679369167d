const { TestEnvironment } = require('jest-environment-node');

/** Jest runs all tests of a mutant, and one that fails is enough. */
let killed;

module.exports = class extends TestEnvironment {
  handleTestEvent({ name, test }) {
    const mutant = process.env.__STRYKER_ACTIVE_MUTANT__;
    if (name === 'test_done' && test.errors.length > 0) killed = mutant;
    if (name === 'test_start' && mutant !== undefined && mutant === killed) test.mode = 'skip';
  }
};

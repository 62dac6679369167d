const { default: Sequencer } = require('@jest/test-sequencer');

/** The quick files first: mostly one of them fails, and the tests of the slow ones need not run. */
module.exports = class extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => (a.duration ?? 0) - (b.duration ?? 0));
  }
};

// A fixed seed, so that the score does not change between runs. Failures need not be shrunk.
require('fast-check').configureGlobal({ seed: 1, endOnFailure: true });

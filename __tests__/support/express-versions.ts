import type express from 'express';
import type * as library from '../../lib/index.ts';

/** A supported version of Express, and this package loaded with that version. */
export interface ExpressVersion {
  readonly express: typeof express;
  readonly library: typeof library;
}

/** Loads both again, so that the package's `import 'express'` returns that version too. */
export function loadExpress(name: 'express' | 'express-4'): ExpressVersion {
  let loaded: ExpressVersion | undefined;
  jest.isolateModules(() => {
    jest.doMock('express', () => jest.requireActual(name));
    loaded = { express: require('express'), library: require('../../lib/index.ts') };
  });
  jest.dontMock('express');
  return loaded as ExpressVersion;
}

export const EXPRESS_VERSIONS = ['express', 'express-4'] as const;

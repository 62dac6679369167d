import type express from 'express';
import type * as library from '../../lib/index.ts';

/** A supported version of Express, and this package as it is when the app has that version. */
export interface ExpressVersion {
  readonly express: typeof express;
  readonly library: typeof library;
}

/** Loads both anew; the package's own `import 'express'` gives that version too. */
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

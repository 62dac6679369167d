// Of Vitest, which this package is not built or tested with, as much as `vitest.ts` needs.

declare module 'vitest' {
  export const expect: { extend(matchers: object): void };
}

/** The same numbers for the same seed, so that what has failed can be had again. */
export interface Random {
  /** From 0 to below it. */
  int(below: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** A number of so many bits. */
  bits(count: number): bigint;
}

/** `FUZZ_SEED` repeats a run that failed. */
export const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 32);

/** Mulberry32, which is no good for secrets and good enough here. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  function word(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
  const int = (below: number) => Math.floor((word() / 2 ** 32) * below);
  return {
    int,
    chance: (share) => word() < share * 2 ** 32,
    pick: (list) => list[int(list.length)]!,
    bits(count) {
      let bits = 0n;
      for (let i = 0; i < count; i += 32) bits = (bits << 32n) | BigInt(word());
      return BigInt.asUintN(count, bits);
    },
  };
}

/** How many: `FUZZ_RUNS` of them, or 300,000; of what takes longer, a part of that. */
export const runs = (share = 1) => Math.ceil(Number(process.env.FUZZ_RUNS ?? 300_000) * share);

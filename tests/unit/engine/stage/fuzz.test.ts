import { expect, test } from 'vitest';
import { accountFor, fuzzedFile } from './fuzz.ts';

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
  'of the spoilt records of seed %i none vanishes, and no good one',
  async (seed) => {
    const file = fuzzedFile(seed, 40);
    const { lines, accepted, refused } = await accountFor(file);
    if (refused !== null) return expect(file.isWild).toBe(true);
    expect(lines).toBeGreaterThanOrEqual(file.cases);
    expect(accepted).toBeGreaterThanOrEqual(file.isWild ? 0 : file.cases / 2);
  },
);

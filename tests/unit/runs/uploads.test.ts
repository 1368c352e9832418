import { expect, test } from 'vitest';
import { isNewer, withNewest } from '../../../layers/runs/uploads.ts';

const run = (digit: number) => ({ runId: String(digit).padStart(16, '0'), attempt: 1 });
const uploadsOf = (...digits: number[]) =>
  digits
    .map(run)
    .reduce<ReturnType<typeof withNewest> | undefined>(
      (before, one) => withNewest(before, { drop: 'spring', files: [], run: one }),
      undefined,
    );
const newer = (uploads: ReturnType<typeof uploadsOf>, a: number, b: number) =>
  isNewer(uploads, run(a).runId, run(b).runId);

test('a run that was uploaded again is newer than all others, and stands once', () => {
  const uploads = uploadsOf(1, 2, 1);
  expect(uploads?.runs).toEqual([run(1), run(2)]);
  expect([newer(uploads, 1, 2), newer(uploads, 2, 1)]).toEqual([true, false]);
});

test('a run whose upload is not known is older than those that are, and nothing is said of two such', () => {
  const uploads = uploadsOf(1);
  expect([newer(uploads, 1, 9), newer(uploads, 9, 1), newer(uploads, 8, 9)]).toEqual([
    true,
    false,
    undefined,
  ]);
  expect(newer(undefined, 1, 2)).toBeUndefined();
});

test('the history is bounded', () => {
  expect(uploadsOf(...Array.from({ length: 150 }, (_, digit) => digit))?.runs).toHaveLength(100);
});

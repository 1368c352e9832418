import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { filesOf, goodDrop } from '../bad-input/good-drop.ts';
import { runDrop } from '../bad-input/run-drop.ts';

test.each([1, 3])(
  'users whom the drop lists in a compressed file are left out once, in %i buckets',
  async (buckets) => {
    const files = {
      ...filesOf(goodDrop),
      'excluded_users.csv.gz': gzipSync('why,user_id\nstaff,1\nrobot,4\nrobot,99\n'),
    };
    const { measured } = await runDrop(files, { buckets });
    expect(measured.population).toContainEqual({
      experimentId: 'e',
      step: 'excluded_users',
      rows: 2,
      users: 2,
    });
    const analysed = measured.population.find(({ step }) => step === 'exposed');
    expect(analysed?.users).toBe(2);
  },
);

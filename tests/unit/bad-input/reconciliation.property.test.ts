import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filesOf, goodDrop } from './good-drop.ts';
import { runDrop } from './run-drop.ts';

const [header = ''] = goodDrop.events;
/** Enough good lines that the bad ones stay tolerable. */
const fillers = Array.from(
  { length: 900 },
  (_, index) => `${10_000 + index},,${1 + (index % 4)},search,2024-03-03,,,,,`,
);

const id = fc.integer({ min: 1, max: 12 });
/** The user goes with the id: an event has one. */
const userOf = (eventId: number) => 1 + (eventId % 4);
const line = fc.oneof(
  id.map((n) => `${n},,${userOf(n)},search,2024-03-02,,,,,`),
  fc
    .tuple(id, fc.integer({ min: 0, max: 2 }))
    .map(([n, k]) => `${n},,${userOf(n)},search,2024-03-02,,${k},,,`),
  id.map((n) => `${n + 400},1,,search,2024-03-02,,,,,`),
  id.map((n) => `${n + 100},,,search,2024-03-02,,,,,`),
  id.map((n) => `${n + 200},,77,search,2024-03-02,,,,,`),
  id.map((n) => `${n + 300},,${userOf(n)},"a\nb",2024-03-02,,,,,`),
  fc.constantFrom(
    'x,,1,search,2024-03-02,,,,,',
    '1,2,3',
    ',,,,,,,,,',
    '7,,1,"open,2024-03-02,,,,,',
    '8,,1,se\0arch,2024-03-02,,,,,',
  ),
);
const part = fc.array(line, { minLength: 1, maxLength: 12 });

test('lines = accepted + quarantined + duplicates in every file, whatever the dirt, the parts and the buckets', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 3 }), async (parts) => {
      const { 'events.csv': _, ...others } = filesOf(goodDrop);
      const files = {
        ...others,
        'events/part-0.csv': [header, ...fillers, ''].join('\n'),
        ...Object.fromEntries(
          parts.map((lines, index) => [`events/part-${index + 1}.csv`, [header, ...lines, ''].join('\n')]),
        ),
      };
      // A part of nothing but bad lines fails the run as it should; that is not what is asked here.
      const one = await runDrop(files).catch((error: Error) => error);
      const three = await runDrop(files, { buckets: 3 }).catch((error: Error) => error);
      if (one instanceof Error || three instanceof Error) {
        expect(String(one)).toMatch(/too many bad rows/);
        expect(String(three)).toMatch(/too many bad rows/);
        return;
      }
      for (const { key, lines, accepted, quarantined, duplicates } of one.files) {
        expect(accepted + quarantined + duplicates, key).toBe(lines);
      }
      expect(one.files.filter(({ key }) => key.includes('part-')).map(({ lines }) => lines)).toEqual([
        fillers.length,
        ...parts.map(({ length }) => length),
      ]);
      expect(three.files).toEqual(one.files);
      expect(three.measured.quality).toEqual(one.measured.quality);
    }),
    { numRuns: 6, seed: 20240301, endOnFailure: true },
  );
}, 240_000);

/** Every user of the good drop has `own` events, and all of them share the ids from 1 to `shared`. */
function withSharedIds(own: number, shared: number) {
  const lines = [1, 2, 3, 4].flatMap((user) => [
    ...Array.from({ length: own }, (_, index) => `${user * 1000 + index},,${user},search,2024-03-02,,,,,`),
    ...Array.from({ length: shared }, (_, index) => `${index + 1},,${user},search,2024-03-02,,,,,`),
  ]);
  return { ...filesOf(goodDrop), 'events.csv': [header, ...lines, ''].join('\n') };
}

test('an event id of users in different buckets, which no bucket can see, is warned of', async () => {
  const { measured } = await runDrop(withSharedIds(100, 1), { buckets: 4 });
  expect(measured.warnings).toContainEqual({
    dataset: 'events',
    column: 'event_id',
    rule: 'id_of_several_users',
    rows: 1,
    examples: [{ line: null, value: '1' }],
  });
});

test('event ids that count per user are refused, as one bucket refuses them for their contradictions', async () => {
  const files = withSharedIds(10, 50);
  await expect(runDrop(files, { buckets: 8 })).rejects.toThrow(
    /event ids looked at belong to events of several users/,
  );
  await expect(runDrop(files)).rejects.toThrow(/too many bad rows: 200 of 240.*conflict 200/);
});

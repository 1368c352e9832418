import { expect, test } from 'vitest';
import { threadsOf } from '../../../../layers/runs/lambda.ts';
import { filesOf, goodDrop } from './good-drop.ts';
import { type DropRun, type Row, runDrop } from './run-drop.ts';

/** More rows than one row group has, with bad ones among them. */
function manyEvents(): string {
  const lines = Array.from({ length: 200_000 }, (_, index) => {
    const id = index % 997 === 5 ? 'x' : 1000 + (index % 1009 === 9 ? index - 1 : index);
    const money =
      index % 7 === 0
        ? `purchase,2024-03-0${2 + (index % 7)},,1,${index % 90}.${10 + (index % 89)}`
        : `view_product,2024-03-0${2 + (index % 7)},,,`;
    return `${id},,${1 + (index % 4)},${money},,`;
  });
  return `${goodDrop.events[0]}\n${lines.join('\n')}\n`;
}

async function runWith(memoryMb: number, events: string): Promise<DropRun> {
  const limits = { memoryMb, threads: threadsOf(memoryMb) };
  return runDrop({ ...filesOf(goodDrop), 'events.csv': events }, { limits });
}

const bytesOf = ({ parquet }: DropRun, areWanted: (key: string) => boolean) =>
  new Map(
    [...parquet].filter(([key]) => areWanted(key)).map(([key, bytes]) => [key, bytes.toString('base64')]),
  );

const inOrder = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(row)).toSorted();

test('a function with more memory, and so more threads, leaves the same bytes, and the same clean events', async () => {
  const events = manyEvents();
  const [small, large] = [await runWith(1024, events), await runWith(8192, events)];
  const areTheSame = (key: string) => /^processed\/(staged|quarantine|marts)\//.test(key);
  const bytes = bytesOf(small, areTheSame);
  expect([...bytes.keys()].map((key) => key.split('/')[1])).toEqual(
    expect.arrayContaining(['staged', 'quarantine', 'marts']),
  );
  for (const [key, content] of bytesOf(large, areTheSame)) expect(content === bytes.get(key), key).toBe(true);
  expect(large.measured).toEqual(small.measured);
  expect(inOrder(large.events)).toEqual(inOrder(small.events));
}, 120_000);

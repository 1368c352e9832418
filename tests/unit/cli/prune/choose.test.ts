import { expect, test } from 'vitest';
import { choose, objectsByRun } from '../../../../cli/prune/choose.ts';
import { processedKeys } from '../../../../layers/runs/keys.ts';

const run = (digit: number) => String(digit).padStart(16, '0');
const object = (key: string, size = 10) => ({ key, size, etag: 'e', lastModified: new Date(0) });

test('everything that a run leaves is found by its keys, its markers before what they stand for', () => {
  const runId = run(1);
  const keys = [
    processedKeys.staged('events', runId, 0),
    processedKeys.quarantine('events', runId, 'stage', 0),
    processedKeys.eventsClean(runId, '2024-01-01', 0),
    processedKeys.mart('user_exposure', runId, 0),
    processedKeys.report(runId, 'report.json'),
    processedKeys.intermediate('users', runId, 0),
    processedKeys.done(runId, 'clean', 0),
    processedKeys.inputs(runId),
  ];
  const others = [processedKeys.latest('default'), processedKeys.uploads('default')];
  const found = objectsByRun([...keys, ...others].map((key) => object(key)));
  expect(found.map(({ runId: id, bytes }) => [id, bytes])).toEqual([[runId, 80]]);
  expect(found[0]?.keys[0]).toBe(processedKeys.done(runId, 'clean', 0));
  expect(found[0]?.keys.toSorted()).toEqual(keys.toSorted());
});

test('the newest runs of each drop stay, the one that is shown, and those of which no drop is known', () => {
  const runs = objectsByRun(
    [1, 2, 3, 4, 5, 6].map((digit) => object(processedKeys.inputs(run(digit)), digit)),
  );
  const drops = [
    { drop: 'default', runs: [run(1), run(2), run(3), run(4)], published: run(3) },
    { drop: 'spring', runs: [run(5)], published: undefined },
  ];
  const chosen = (keep: number) => choose(runs, drops, keep).map(({ runId }) => runId);
  expect(chosen(1)).toEqual([run(4), run(2)]);
  expect(chosen(2)).toEqual([run(4)]);
  expect(chosen(4)).toEqual([]);
});

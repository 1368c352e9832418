import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonText } from '../../../../layers/platform/object-store.ts';
import {
  type DropFile,
  type DropState,
  decide,
  filesOfEarlierUpload,
  judgeAttempt,
  type Upload,
} from '../../../../layers/runs/gate/decide.ts';

const fileNames = {
  users: 'users.csv',
  products: 'products.csv',
  sessions: 'sessions.csv',
  experiment_assignments: 'experiment_assignments.csv',
  events: 'events.csv',
};
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

const file = (
  kind: DropFile['kind'],
  second: number,
  etag = `${kind}-1`,
  name = `${kind}.csv`,
): DropFile => ({
  kind,
  key: `raw/spring/${name}`,
  etag,
  size: 10,
  lastModified: at(second),
});

interface Drop {
  files: DropFile[];
  manifest?: { second: number; names?: DropFile[]; asOf?: string; text?: string };
  /** Second at which `_SUCCESS` was written. */
  success?: number;
}

function stateOf({ files, manifest, success }: Drop): DropState {
  const text =
    manifest?.text ??
    jsonText({
      schemaVersion: 1,
      files: (manifest?.names ?? files).map(({ key, etag, size }) => ({ key, etag, size })),
      asOf: manifest?.asOf ?? null,
    });
  return {
    drop: 'spring',
    files,
    unrecognised: [],
    success:
      success === undefined
        ? undefined
        : { key: 'raw/spring/_SUCCESS', etag: 'success-1', size: 0, lastModified: at(success) },
    manifest: manifest && {
      key: 'raw/spring/_MANIFEST.json',
      etag: 'manifest-1',
      size: text.length,
      lastModified: at(manifest.second),
      text,
    },
  };
}

const uploadOf = ({ kind, key, etag, lastModified }: DropFile): Upload => ({
  kind,
  key,
  etag,
  eventTime: lastModified,
});
const manifestUpload = (second: number): Upload => ({
  kind: 'manifest',
  key: 'raw/spring/_MANIFEST.json',
  etag: 'manifest-1',
  eventTime: at(second),
});
const waitsForManifest = { outcome: 'incomplete', missing: ['raw/spring/_MANIFEST.json'] };
const decideOn = (drop: Drop, upload: Upload) => decide(stateOf(drop), upload, fileNames);
const keysOf = (decision: ReturnType<typeof decide>) =>
  decision.start ? decision.files.map(({ key }) => key.replace('raw/spring/', '')) : decision.outcome;

const assignments = file('experiment_assignments', 1);
const events = file('events', 2);
const users = file('users', 3);

describe('_SUCCESS beside the files', () => {
  const files = [assignments, events, users];
  const success = (second: number): Upload => ({
    kind: 'success',
    key: 'raw/spring/_SUCCESS',
    etag: 'success-1',
    eventTime: at(second),
  });

  test('starts a drop whose files are all older, as one that was declared', () => {
    const decision = decideOn({ files, success: 4 }, success(4));
    expect(decision).toMatchObject({ start: true, declared: true, uploadedAt: at(4) });
    expect(keysOf(decision)).toEqual(['experiment_assignments.csv', 'events.csv', 'users.csv']);
  });

  test('makes the late event of a file start the same run', () => {
    expect(decideOn({ files, success: 4 }, uploadOf(users))).toMatchObject({ start: true, declared: true });
  });

  test('leaves a drop that got a newer file to wait for quiet, as one that nobody declared', () => {
    const newer = [...files, file('products', 6)];
    expect(decideOn({ files: newer, success: 4 }, success(4))).toMatchObject({ outcome: 'superseded' });
    const settled = decideOn({ files: newer, success: 4 }, uploadOf(file('products', 6)));
    expect(settled).toMatchObject({ start: true, declared: false });
  });

  test('starts nothing while a required dataset is not there', () => {
    expect(decideOn({ files: [events, users], success: 4 }, success(4))).toMatchObject({
      outcome: 'incomplete',
      missing: ['experiment_assignments'],
    });
  });

  test('declares nothing beside a manifest that names other files', () => {
    const drop = {
      files: [assignments, events, file('users', 9)],
      success: 10,
      manifest: { second: 4, names: [assignments, events] },
    };
    expect(decideOn(drop, success(10))).toMatchObject(waitsForManifest);
  });
});

describe('without a manifest', () => {
  test.each([
    ['required ones first', [file('experiment_assignments', 1), file('events', 2), file('users', 3)]],
    ['required ones last', [file('users', 1), file('events', 2), file('experiment_assignments', 3)]],
  ])('only the newest file starts the drop: %s', (_, files) => {
    const outcomes = files.map((upload) => {
      const decision = decideOn({ files }, uploadOf(upload));
      return decision.start ? 'start' : decision.outcome;
    });
    expect(outcomes).toEqual(['superseded', 'superseded', 'start']);
  });

  test('a drop whose events are there in a form that a run does not read says who reads it', () => {
    const drop = stateOf({ files: [file('experiment_assignments', 1)] });
    const state = { ...drop, unrecognised: ['raw/spring/notes.txt', 'raw/spring/events.parquet'] };
    expect(decide(state, uploadOf(assignments), fileNames)).toMatchObject({
      outcome: 'incomplete',
      reason:
        'the drop lacks datasets; raw/spring/events.parquet cannot be read here: ./ecom upload <dir> uploads such files as CSV',
    });
  });

  test('a drop that lacks a required dataset does not start, and the answer names it', () => {
    expect(decideOn({ files: [users, events] }, uploadOf(users))).toMatchObject({
      start: false,
      outcome: 'incomplete',
      missing: ['experiment_assignments'],
    });
  });

  test('a drop without users, products and sessions starts', () => {
    expect(keysOf(decideOn({ files: [assignments, events] }, uploadOf(events)))).toEqual([
      'experiment_assignments.csv',
      'events.csv',
    ]);
  });

  test('of a file and the same one compressed it is the file, as for the command line', () => {
    const zipped = file('events', 5, 'events-gz', 'events.csv.gz');
    const files = [file('experiment_assignments', 1), file('events', 1), zipped];
    const decision = decideOn({ files }, uploadOf(zipped));
    expect(keysOf(decision)).toEqual(['experiment_assignments.csv', 'events.csv']);
    expect(decision).toMatchObject({ ignored: ['raw/spring/events.csv.gz'], problem: undefined });
    expect(keysOf(decideOn({ files: [files[0] ?? zipped, zipped] }, uploadOf(zipped)))).toEqual([
      'experiment_assignments.csv',
      'events.csv.gz',
    ]);
  });

  test('a dataset as a file and as a folder of parts starts a run that says so', () => {
    const [assigned, first, second] = [
      file('experiment_assignments', 1),
      file('events', 5, 'p1', 'events/part 1+ü.csv'),
      file('events', 6, 'p2', 'events/2.csv'),
    ] as const;
    const files = [assigned, file('events', 1), first, second];
    expect(decideOn({ files }, uploadOf(second))).toMatchObject({
      start: true,
      problem: expect.stringMatching(
        /"events" is there twice, as a file and as a folder of parts: .*part 1\+ü\.csv/,
      ),
    });
    expect(decideOn({ files: [assigned, first, second] }, uploadOf(second))).toMatchObject({
      problem: undefined,
    });
  });

  test('files of the same second each start it, which is the same run', () => {
    const files = [file('experiment_assignments', 1), file('events', 1)];
    const decisions = files.map((upload) => keysOf(decideOn({ files }, uploadOf(upload))));
    expect(decisions[0]).toEqual(decisions[1]);
  });

  test('the event of a file that was overwritten leaves the start to the newer one', () => {
    const files = [assignments, file('events', 9, 'events-2')];
    expect(keysOf(decideOn({ files }, uploadOf(events)))).toBe('superseded');
  });

  test('the event of a file that was deleted last starts what is left', () => {
    const mistake = file('products', 9);
    expect(keysOf(decideOn({ files: [assignments, events] }, uploadOf(mistake)))).toEqual([
      'experiment_assignments.csv',
      'events.csv',
    ]);
  });

  test('a new experiment.yaml is an upload of its own', () => {
    const config = file('config', 9, 'config-2', 'experiment.yaml');
    expect(keysOf(decideOn({ files: [assignments, events, config] }, uploadOf(config)))).toContain(
      'experiment.yaml',
    );
  });
});

/** S3 dates an object by the beginning of its upload, a multipart one by its initiation; its event tells the end. */
describe('a file whose upload takes longer than that of the others', () => {
  const multipartEtag = `${'9f'.repeat(16)}-7`;
  const slow = file('events', 1, multipartEtag);
  const ended = (upload: DropFile, second: number): Upload => ({
    ...uploadOf(upload),
    eventTime: at(second),
  });

  test('starts the drop by its event, though S3 calls it the oldest', () => {
    const files = [slow, file('experiment_assignments', 2), file('users', 3)];
    expect(decideOn({ files: files.slice(1) }, uploadOf(files[2] ?? slow))).toMatchObject({
      outcome: 'incomplete',
    });
    expect(decideOn({ files }, ended(slow, 60))).toMatchObject({ start: true, uploadedAt: at(60) });
  });

  test('starts another attempt after one that failed while it was on its way', () => {
    const decision = decideOn({ files: [assignments, slow] }, ended(slow, 60));
    const failed = { attempt: 1, status: 'failed', startedAt: at(30) } as const;
    expect(judgeAttempt(failed, decision.start ? decision.uploadedAt : at(0)).outcome).toBe('started');
  });

  test('makes a manifest stale that was written meanwhile and names other bytes', () => {
    const old = file('events', 0, 'events-0');
    const drop = { files: [assignments, slow], manifest: { second: 5, names: [assignments, old] } };
    expect(decideOn(drop, ended(slow, 60))).toMatchObject(waitsForManifest);
  });

  test('does not make a manifest stale that was written after it and leaves it out, whatever its event', () => {
    const small = file('products', 4);
    const drop = {
      files: [assignments, events, small],
      manifest: { second: 4, names: [assignments, events] },
    };
    expect(keysOf(decideOn(drop, ended(small, 5)))).toEqual(['experiment_assignments.csv', 'events.csv']);
  });

  test('starts whatever the order of uploads and of events, and nothing but the whole drop in the end', () => {
    const kinds = ['experiment_assignments', 'events', 'users', 'sessions'] as const;
    const upload = fc.record({
      begin: fc.integer({ min: 0, max: 50_000 }),
      took: fc.integer({ min: 0, max: 50_000 }),
      delay: fc.integer({ min: 0, max: 50_000 }),
      multipart: fc.boolean(),
    });
    const millisecond = (time: number) => new Date(at(0).getTime() + time);
    const cut = (time: number) => Math.floor(time / 1000) * 1000;
    fc.assert(
      fc.property(fc.tuple(upload, upload, upload, upload), fc.boolean(), (uploads, cutsLastModified) => {
        const drop = uploads.map(({ begin, took, delay, multipart }, index) => {
          const kind = kinds[index] ?? 'events';
          const lastModified = millisecond(cutsLastModified ? cut(begin) : begin);
          return {
            file: { ...file(kind, 0, multipart ? multipartEtag : kind), lastModified },
            end: begin + took,
            heard: begin + took + delay,
          };
        });
        const answers = drop
          .toSorted((a, b) => a.heard - b.heard)
          .map(({ file: heardOf, end, heard }) => {
            const files = drop.filter((other) => other.end <= heard).map((other) => other.file);
            return decideOn({ files }, { ...uploadOf(heardOf), eventTime: millisecond(cut(end)) });
          });
        const last = answers.filter(({ start }) => start).at(-1);
        expect(last?.start && last.files).toHaveLength(4);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('with a manifest', () => {
  const files = [assignments, events, users];

  test('written last, it starts exactly the files it names, with its as-of moment', () => {
    const drop = {
      files,
      manifest: { second: 4, names: [assignments, events], asOf: '2026-01-01T00:00:00Z' },
    };
    const decision = decideOn(drop, manifestUpload(4));
    expect(decision).toMatchObject({
      start: true,
      asOf: '2026-01-01T00:00:00Z',
      ignored: ['raw/spring/users.csv'],
    });
    expect(keysOf(decision)).toEqual(['experiment_assignments.csv', 'events.csv']);
  });

  test('the delayed event of a data file means the same files as the manifest', () => {
    const drop = { files, manifest: { second: 4, asOf: '2026-01-01T00:00:00Z' } };
    const byManifest = decideOn(drop, manifestUpload(4));
    const byFile = decideOn(drop, uploadOf(users));
    expect(byFile).toMatchObject({ start: true, asOf: '2026-01-01T00:00:00Z' });
    expect(keysOf(byFile)).toEqual(keysOf(byManifest));
  });

  test('written first, nothing starts before all it names is there, and then it is in force', () => {
    const manifest = { second: 0, names: files, asOf: '2026-01-01T00:00:00Z' };
    expect(decideOn({ files: [], manifest }, manifestUpload(0))).toMatchObject({ outcome: 'incomplete' });
    expect(decideOn({ files: [assignments, events], manifest }, uploadOf(events))).toMatchObject({
      outcome: 'incomplete',
      missing: ['raw/spring/users.csv'],
    });
    expect(decideOn({ files, manifest }, uploadOf(users))).toMatchObject({
      start: true,
      asOf: manifest.asOf,
    });
  });

  test('written first over an older upload of the drop, it waits for the new bytes', () => {
    const old = [file('experiment_assignments', 1), file('events', 1, 'events-0')];
    const names = [assignments, file('events', 9, 'events-9')];
    expect(decideOn({ files: old, manifest: { second: 5, names } }, manifestUpload(5))).toMatchObject({
      outcome: 'incomplete',
      missing: ['raw/spring/events.csv'],
    });
  });

  test('a file overwritten after it makes it stale, and nothing starts before it is replaced or deleted', () => {
    const newer = file('events', 9, 'events-2');
    const drop = {
      files: [assignments, newer, users],
      manifest: { second: 4, names: [assignments, events] },
    };
    expect(keysOf(decideOn(drop, manifestUpload(4)))).toBe('superseded');
    expect(decideOn(drop, uploadOf(newer))).toMatchObject(waitsForManifest);
    const withoutManifest = decideOn({ files: drop.files }, uploadOf(newer));
    expect(withoutManifest).toMatchObject({ declared: false });
    expect(keysOf(withoutManifest)).toEqual(['experiment_assignments.csv', 'events.csv', 'users.csv']);
  });

  test('a file it does not know makes it stale only when it is newer', () => {
    const newer = file('products', 9);
    const drop = { files: [...files, newer], manifest: { second: 4, names: files } };
    expect(decideOn(drop, uploadOf(newer))).toMatchObject(waitsForManifest);
    const older = { files: [...files, file('products', 1)], manifest: { second: 4, names: files } };
    expect(keysOf(decideOn(older, manifestUpload(4)))).not.toContain('products.csv');
  });

  test('the same bytes uploaded again after it leave it in force', () => {
    const again = file('events', 9);
    const drop = { files: [assignments, again], manifest: { second: 4, asOf: '2026-01-01T00:00:00Z' } };
    expect(decideOn(drop, uploadOf(again))).toMatchObject({ start: true, asOf: '2026-01-01T00:00:00Z' });
  });

  test('one that lacks a required dataset starts by its own event, so that a run shows the mistake', () => {
    const drop = { files: [events], manifest: { second: 4 } };
    expect(keysOf(decideOn(drop, manifestUpload(4)))).toEqual(['events.csv']);
  });

  test.each([
    ['{ "schemaVersion": 1, ', /_MANIFEST\.json cannot be used/],
    ['{ "schemaVersion": 1, "files": [] }', /names no files/],
    ['{ "schemaVersion": 1, "files": [{ "key": "raw/spring/events.csv" }] }', /files\.0\.etag/],
    [
      '{ "schemaVersion": 1, "files": [{ "key": "raw/autumn/events.csv", "etag": "1", "size": 1 }] }',
      /raw\/autumn\/events\.csv/,
    ],
  ])('one that cannot be read starts a run that says why: %s', (text, reason) => {
    const decision = decideOn({ files, manifest: { second: 4, text } }, manifestUpload(4));
    expect(decision).toMatchObject({ start: true, problem: expect.stringMatching(reason) });
  });

  test('one that cannot be read no longer counts once a file is newer', () => {
    const newer = file('events', 9, 'events-2');
    const drop = { files: [assignments, newer], manifest: { second: 4, text: 'oops' } };
    expect(decideOn(drop, uploadOf(newer))).toMatchObject(waitsForManifest);
  });

  test('one that was deleted starts nothing', () => {
    expect(keysOf(decideOn({ files }, manifestUpload(4)))).toBe('superseded');
  });
});

describe('files of an earlier upload', () => {
  const earlier = [assignments, events, users].map(({ key, etag, lastModified }) => ({
    key,
    etag,
    lastModified: lastModified.toISOString(),
  }));
  const kept = (...files: DropFile[]) => filesOfEarlierUpload(files, earlier).map((key) => key.slice(11));

  test('wait while others were replaced', () => {
    expect(kept(assignments, file('events', 9, 'events-2'), users)).toEqual([
      'experiment_assignments.csv',
      'users.csv',
    ]);
  });

  test('do not wait once each was uploaded again, be it with the same bytes', () => {
    expect(kept(file('experiment_assignments', 9), file('events', 9, 'events-2'), file('users', 9))).toEqual(
      [],
    );
  });

  test('do not wait where a file only came in addition, or went', () => {
    expect(kept(assignments, events, users, file('products', 9))).toEqual([]);
    expect(kept(assignments, events)).toEqual([]);
  });

  test('do not wait for a configuration, nor does one for them', () => {
    const config = file('config', 9, 'config-2', 'experiment.yaml');
    expect(kept(assignments, events, users, config)).toEqual([]);
  });
});

describe('attempts', () => {
  const failed = { attempt: 2, status: 'failed', startedAt: at(10) } as const;

  test('a run that was never started gets its first attempt', () => {
    expect(judgeAttempt(undefined, at(1))).toEqual({ outcome: 'started', attempt: 1 });
  });

  test.each(['running', 'succeeded'] as const)('a run that is %s is not started again', (status) => {
    expect(judgeAttempt({ ...failed, status }, at(99))).toEqual({ outcome: status, attempt: 2 });
  });

  test('an upload newer than the failed attempt starts the next one', () => {
    expect(judgeAttempt(failed, at(11))).toEqual({ outcome: 'started', attempt: 3 });
  });

  test('an attempt that was promised, but never started, is started', () => {
    expect(judgeAttempt({ ...failed, status: 'succeeded' }, at(1), 3)).toEqual({
      outcome: 'started',
      attempt: 3,
    });
  });

  test('a second delivery of an older event starts nothing after a failure', () => {
    expect(judgeAttempt(failed, at(10))).toEqual({ outcome: 'failed', attempt: 2 });
    expect(judgeAttempt(failed, at(9))).toEqual({ outcome: 'failed', attempt: 2 });
  });
});

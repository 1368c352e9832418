import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Output } from '../../../../layers/runs/documents.ts';
import { processedKeys } from '../../../../layers/runs/keys.ts';
import { RunProgress } from '../../../../layers/runs/progress.ts';
import { filesOf, goodDrop } from '../bad-input/good-drop.ts';
import { type Files, keepRun, readRun, runDrop } from '../bad-input/run-drop.ts';

const [header = ''] = goodDrop.events;
const sessionHeader = goodDrop.sessions[0] ?? '';
const user = (n: number) => 1 + (n % 40);

/** 40 users with a session and 30 events each, so that a few bad lines are tolerable, and what a case adds. */
function shop(events: readonly string[] = [], sessions: readonly string[] = []): Files {
  const users = Array.from({ length: 40 }, (_, n) => user(n));
  const own = Array.from({ length: 1200 }, (_, n) => {
    const hour = '2024-03-02T10:05:00';
    return `${10_000 + n},${n % 2 === 0 ? 100 + user(n) : ''},${user(n)},search,${hour},,,,,`;
  });
  return {
    ...filesOf(goodDrop),
    'users.csv': ['user_id', ...users, ''].join('\n'),
    'sessions.csv': [
      sessionHeader,
      ...users.map((u) => `${100 + u},${u},2024-03-02T10:00:00,2024-03-02T10:30:00`),
      ...sessions,
      '',
    ].join('\n'),
    'experiment_assignments.csv': [
      goodDrop.experiment_assignments[0],
      ...users.map((u) => `${u},e,${u % 2 === 0 ? 'control' : 'treatment'},2024-03-01`),
      '',
    ].join('\n'),
    'events.csv': [header, ...own, ...events, ''].join('\n'),
  };
}

const buckets = 4;

/** A run in one bucket and one in four, which come to the same in all that people are told, and what the second exchanged. */
async function runBoth(files: Files) {
  const one = await runDrop(files);
  const { several, exchanged } = await runSeveral(files);
  const byId = (rows: readonly { readonly event_id?: unknown }[]) =>
    rows.toSorted((a, b) => Number(a.event_id) - Number(b.event_id));
  const told = ({ quarantine }: typeof one) =>
    quarantine
      .map(({ dataset, source_key, line, rule, reason, raw }) => [
        dataset,
        source_key,
        line,
        rule,
        reason,
        raw,
      ])
      .toSorted((a, b) => String(a).localeCompare(String(b)));
  expect(byId(several.events)).toEqual(byId(one.events));
  expect(told(several)).toEqual(told(one));
  expect(several.measured).toEqual(one.measured);
  expect(several.files).toEqual(one.files);
  return {
    one,
    several,
    exchanged,
    told: told(one).map(([dataset, , line, rule, reason]) => [dataset, line, rule, reason]),
  };
}

async function runSeveral(files: Files) {
  const folder = await mkdtemp(path.join(tmpdir(), 'exchange-'));
  try {
    const run = await keepRun(folder, files, { buckets });
    const progress = await new RunProgress(run.store, run.runId).look();
    const markers = await progress.markersOf('exchange');
    const results = markers.flatMap((marker) => (marker.stage === 'exchange' ? [marker.result] : []));
    const total = (of: 'sessions' | 'events' | 'conflicts') =>
      results.reduce((sum, result) => sum + result[of], 0);
    const conflicts = markers
      .flatMap(({ outputs }) => outputs)
      .filter(({ key }) => key.startsWith(processedKeys.intermediates('conflicts', run.runId)));
    return {
      several: await readRun(run, folder),
      exchanged: {
        parts: markers.length,
        rows: { sessions: total('sessions'), events: total('events'), conflicts: total('conflicts') },
        conflictsOf: conflicts.map(filledShares),
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function filledShares({ ends = [] }: Output): number[] {
  return ends.flatMap((end, share) => (end > (ends[share - 1] ?? 0) ? [share] : []));
}

describe('where everyone keeps to their own', () => {
  test('no bucket is told anything', async () => {
    const { exchanged } = await runBoth(shop());
    expect(exchanged).toMatchObject({ parts: buckets, rows: { sessions: 0, events: 0, conflicts: 0 } });
  });

  test('repeats of an event, with or without a user, concern their bucket alone', async () => {
    const repeated = [
      '1,101,1,search,2024-03-02,,,,,',
      '2,102,,search,2024-03-02,,,,,',
      '3,,,search,2024-03-02,,,,,',
    ];
    const { one, exchanged } = await runBoth(shop([...repeated, ...repeated]));
    expect(exchanged.rows).toEqual({ sessions: 0, events: 2, conflicts: 0 });
    expect(one.measured.quality.events).toMatchObject({ quarantined: 1, duplicates: 3 });
  });
});

describe('sessions', () => {
  test('an event in the session of another user is told of both, wherever that user is', async () => {
    const events = Array.from(
      { length: 10 },
      (_, n) => `${n + 1},${120 + n},1,search,2024-03-02T10:05:00,,,,,`,
    );
    const { one, exchanged } = await runBoth(shop(events));
    expect(exchanged.rows.sessions).toBeGreaterThan(4);
    expect(one.measured.warnings.find(({ rule }) => rule === 'session_of_another_user')).toMatchObject({
      rows: 10,
    });
    expect(one.measured.warnings.map(({ rule }) => rule)).not.toContain('unknown_session');
  });

  test('times of a session that its users disagree about are the widest, for the events of each', async () => {
    const sessions = [7, 8, 9, 10].map(
      (u, n) => `500,${u},2024-03-02T1${n}:00:00,2024-03-02T1${n + 1}:00:00`,
    );
    const events = [7, 8, 9, 10, 11].map((u, n) => `${n + 1},500,${u},search,2024-03-02T1${n}:30:00,,,,,`);
    const { one, told } = await runBoth(shop(events, sessions));
    // 14:30, which is after the end of the last row.
    expect(one.measured.warnings.find(({ rule }) => rule === 'outside_session')).toMatchObject({ rows: 1 });
    expect(told).toEqual([
      ['sessions', '42', 'conflict', 'the same session_id with other content in line 43 of raw/sessions.csv'],
      ...['43', '44', '45'].map((line) => [
        'sessions',
        line,
        'conflict',
        'the same session_id with other content in line 42 of raw/sessions.csv',
      ]),
    ]);
  });

  test('an event without a user has the one of its session, and nobody where several have it', async () => {
    const sessions = ['500,7,2024-03-02T10:00:00,', '500,8,2024-03-02T10:00:00,'];
    const events = [
      ...[101, 102, 103].map((session, n) => `${n + 1},${session},,search,2024-03-02T10:05:00,,,,,`),
      '4,500,,search,2024-03-02T10:05:00,,,,,',
      '5,999,,search,2024-03-02T10:05:00,,,,,',
      '6,,,search,2024-03-02T10:05:00,,,,,',
    ];
    const { one, told } = await runBoth(shop(events, sessions));
    const named = one.events.filter(({ event_id }) => Number(event_id) < 10);
    expect(named.map(({ event_id, user_id }) => [event_id, user_id])).toEqual([
      ['1', '1'],
      ['2', '2'],
      ['3', '3'],
    ]);
    expect(told.filter(([dataset]) => dataset === 'events').map(([, , rule]) => rule)).toEqual([
      'no_user',
      'no_user',
      'no_user',
    ]);
  });

  test("what is nobody's is spread over the buckets", async () => {
    const events = Array.from(
      { length: 40 },
      (_, n) => `${n + 1},${n % 2 === 0 ? 999 : ''},,search,2024-03-02,,,,,`,
    );
    const { several } = await runBoth(shop(events));
    const files = [...several.parquet.keys()].filter((key) => /quarantine\/events\/.*clean-/.test(key));
    expect(files).toHaveLength(buckets);
  });
});

describe('ids of events', () => {
  test('each row that contradicts others names the first of them, in whichever bucket it is', async () => {
    const events = [
      '1,,1,search,2024-03-02,,,,,',
      '1,,1,search,2024-03-03,,,,,',
      '1,,1,search,2024-03-02,,,,,',
      ...[2, 3, 4, 5, 6].map((u) => `1,,${u},search,2024-03-02,,,,,`),
      '1,109,,search,2024-03-02,,,,,',
      '1,110,,search,2024-03-02,,,,,',
      '1,,,search,2024-03-02,,,,,',
      '2,101,,search,2024-03-02,,,,,',
      '2,101,,search,2024-03-03,,,,,',
      '3,111,,search,2024-03-02,,,,,',
      '3,,12,search,2024-03-02,,,,,',
    ];
    const { one, told } = await runBoth(shop(events));
    const first = 1202;
    const reason = (line: number) => `the same event_id with other content in line ${line} of raw/events.csv`;
    expect(told).toEqual(
      [
        [first, first + 1],
        ...[1, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => [first + n, first]),
        [first + 11, first + 12],
        [first + 12, first + 11],
        [first + 13, first + 14],
        [first + 14, first + 13],
      ].map(([line, other]) => ['events', String(line), 'conflict', reason(other ?? 0)]),
    );
    expect(one.measured.quality.events).toMatchObject({ quarantined: 14, duplicates: 1 });
  });

  test('a bucket is told of its own rows, and all of them of those that name no user', async () => {
    const events = [
      ...[1, 2, 3, 4, 5].map((u) => `1,,${u},search,2024-03-02,,,,,`),
      '1,103,,search,2024-03-02,,,,,',
    ];
    const { exchanged } = await runBoth(shop(events));
    expect(exchanged.rows).toEqual({ sessions: 0, events: 1, conflicts: 6 });
    // One share found it. The last place is for everyone.
    const [places = [], ...others] = exchanged.conflictsOf;
    expect(others).toEqual([]);
    expect(places.length).toBeGreaterThan(2);
    expect(places.at(-1)).toBe(buckets);
  });
});

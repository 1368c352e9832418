import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from '../../../../cli/generate/generate.ts';
import type { GenerateOptions } from '../../../../cli/generate/options.ts';
import { prepareDrop } from '../../../../cli/pipeline/prepare-drop.ts';
import type { Check, ValidationReport } from '../../../../cli/validate/check.ts';
import { checkBeforeUpload, validate } from '../../../../cli/validate/validate.ts';
import { datasetNames } from '../../../../layers/data/datasets/index.ts';
import { ConfigError, UsageError } from '../../../../layers/platform/errors.ts';

let root: string;
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'ecom-validate-test-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function newFolder(): Promise<string> {
  made += 1;
  const folder = path.join(root, String(made));
  await mkdir(folder);
  return folder;
}

async function generated(options: Omit<GenerateOptions, 'directory'>) {
  const folder = await newFolder();
  return { folder, truth: await generate({ ...options, directory: folder }) };
}

const problems = ({ checks }: ValidationReport) =>
  checks
    .filter(({ status }) => status !== 'ok')
    .map(({ dataset, check, column, status, count }) => [dataset, check, column, status, count]);

const find = ({ checks }: ValidationReport, dataset: string, check: string): Check | undefined =>
  checks.find((candidate) => candidate.dataset === dataset && candidate.check === check);

/** A generated drop of which every fifth purchase is spoilt. */
async function withSpoiltPurchases(spoil: (line: string) => string) {
  const { folder } = await generated({ users: 1200 });
  const file = path.join(folder, 'events.csv');
  let purchases = 0;
  const spoilt = (await readFile(file, 'utf8')).replaceAll(/^.*,purchase,.*$/gm, (line) => {
    purchases += 1;
    return purchases % 5 === 0 ? spoil(line) : line;
  });
  await writeFile(file, spoilt);
  const lost = Math.floor(purchases / 5);
  expect(lost).toBeGreaterThan(20);
  return { report: await validate({ folder }), purchases, lost };
}

test('purchases that would be set aside are told as a share of the purchases, with what a run would make of it', async () => {
  const { report, purchases, lost } = await withSpoiltPurchases((line) => line.replace(/^\w+/, 'x$&'));
  expect(find(report, 'events', 'decisive_events')).toMatchObject({
    status: 'warn',
    count: lost,
    finding: expect.stringContaining(`${lost} of ${purchases} purchase (`),
  });
  expect(report.outcome).toContain('call every experiment INVALID');
});

test('purchases whose amounts cannot be read are told, and none is set aside', async () => {
  const { report, purchases, lost } = await withSpoiltPurchases((line) =>
    line.replace(/,(\d+)\.(\d\d),/, ',"$1,$2",'),
  );
  expect(find(report, 'events', 'amount_not_read')).toMatchObject({ status: 'warn', count: lost });
  expect(find(report, 'events', 'purchase_amounts')).toMatchObject({
    status: 'warn',
    finding: expect.stringContaining(`Of ${lost} of ${purchases} purchases of the drop it cannot be read`),
  });
  expect(report.quarantined).toBe(0);
});

describe('generated data', () => {
  test('have no finding when they are clean', async () => {
    const { folder } = await generated({ users: 400 });
    const report = await validate({ folder });
    expect(problems(report)).toEqual([]);
    expect(report.status).toBe('ok');
    expect(find(report, 'experiment_assignments', 'split')?.finding).toMatch(
      /^checkout_redesign: control \d+, treatment \d+; chi-square p = 0\.\d+$/,
    );
  });

  test('show every bad row that was planted, by kind and at the right line', async () => {
    const { folder, truth } = await generated({ users: 1000, dirty: 0.02 });
    const report = await validate({ folder });
    const names = {
      duplicate_line: 'duplicates',
      wrong_field_count: 'too_many_fields',
      missing_key: 'required',
      bad_timestamp: 'not_a_timestamp',
      bad_number: 'not_money',
      unknown_user: 'unknown_user',
      negative_quantity: 'negative_quantity',
    } as const;
    const planted = datasetNames.flatMap((dataset) =>
      Object.entries(truth.datasets[dataset].dirty).map(([kind, rows]) => [
        dataset,
        names[kind as keyof typeof names],
        rows,
      ]),
    );
    // Those of events that decide are told once more, by their names.
    const found = problems(report)
      .filter(([, check]) => check !== 'decisive_events')
      .map(([dataset, check, , , count]) => [dataset, check, count]);
    expect(found.sort()).toEqual(planted.sort());

    const lines = (await readFile(path.join(folder, 'events.csv'), 'utf8')).split('\n');
    const lineOf = (check: string) =>
      lines[Number(find(report, 'events', check)?.example?.replace('events.csv:', '')) - 1];
    expect(lineOf('not_a_timestamp')).toContain('2026-02-30T25:61:00Z');
    expect(lineOf('too_many_fields')).toContain('surplus');
    expect(lineOf('not_money')).toContain('12.5 EUR');
    expect(lineOf('required')).toMatch(/^,/);
    expect(lineOf('unknown_user')).toMatch(/^94\d{10},,94\d{10},/);
    expect(lineOf('negative_quantity')).toContain(',-1,');
    const repeated = lineOf('duplicates');
    expect(lines.filter((line) => line === repeated)).toHaveLength(2);
  });

  test('are the same in compressed files and in parts', async () => {
    const options = { users: 300, dirty: 0.05 };
    const { folder: plain } = await generated(options);
    const { folder: parts } = await generated({ ...options, files: 2 });
    const packed = await newFolder();
    for (const dataset of datasetNames) {
      const bytes = await readFile(path.join(plain, `${dataset}.csv`));
      await writeFile(path.join(packed, `${dataset}.csv.gz`), gzipSync(bytes));
    }
    const expected = problems(await validate({ folder: plain }));
    expect(expected.length).toBeGreaterThan(15);
    expect(problems(await validate({ folder: packed }))).toEqual(expected);
    const inParts = await validate({ folder: parts });
    expect(problems(inParts).sort()).toEqual(expected.sort());
    expect(find(inParts, 'events', 'required')?.example).toMatch(/^events\/part-0000\d\.csv:\d+$/);
  });

  test('show a split that is not the configured one, and pass with weights that match it', async () => {
    const { folder } = await generated({ users: 1000, srm: 0.4 });
    const split = find(await validate({ folder }), 'experiment_assignments', 'split');
    expect(split).toMatchObject({ status: 'warn', count: 1000 });
    await writeFile(
      path.join(folder, 'experiment.yaml'),
      'experiments: { checkout_redesign: { weights: { control: 0.6, treatment: 0.4 } } }',
    );
    expect(problems(await validate({ folder }))).toEqual([]);
  });

  test('show crossovers and variants that are not part of the experiment', async () => {
    const { folder, truth } = await generated({ users: 800, crossovers: 0.02, unknownVariants: 0.03 });
    await writeFile(
      path.join(folder, 'experiment.yaml'),
      'experiments: { "*": { weights: { control: 0.5, treatment: 0.5 } } }',
    );
    expect(problems(await validate({ folder }))).toEqual([
      ['experiment_assignments', 'variants', null, 'warn', truth.unknownVariants],
      ['experiment_assignments', 'crossovers', null, 'warn', truth.crossovers],
    ]);
  });
});

const small = {
  users: ['user_id,signup_ts,device,country', '1,2024-01-01,mobile,DE', '2,2024-01-01,desktop,FR'],
  products: ['product_id,category,price', '1,toys,9.99'],
  sessions: [
    'session_id,user_id,session_start_ts,session_end_ts',
    '1,1,2024-01-02T10:00:00,2024-01-02T10:30:00',
    '2,2,2024-01-02T10:00:00,2024-01-02T10:30:00',
  ],
  experiment_assignments: [
    'user_id,experiment_id,variant,assigned_ts',
    '1,e,control,2024-01-02T10:00:00',
    '2,e,treatment,2024-01-02T10:00:00',
  ],
  events: [
    'event_id,session_id,user_id,event_type,event_ts,product_id,quantity,revenue,currency',
    '1,1,1,view_product,2024-01-02T10:01:00,1,,,',
    '2,1,1,add_to_cart,2024-01-02T10:02:00,1,1,,',
    '3,1,1,begin_checkout,2024-01-02T10:03:00,,,,',
    '4,1,1,purchase,2024-01-02T10:04:00,1,1,9.99,EUR',
    '5,2,2,product_view,2024-01-02T10:01:00,1,,,',
  ],
};
type Small = Record<keyof typeof small, readonly string[]>;

async function written(files: Partial<Small>): Promise<string> {
  const folder = await newFolder();
  for (const [dataset, lines] of Object.entries(files)) {
    await writeFile(path.join(folder, `${dataset}.csv`), `${lines.join('\n')}\n`);
  }
  return folder;
}

describe('a small drop', () => {
  test('is fine as it is, aliases of event names included', async () => {
    expect(problems(await validate({ folder: await written(small) }))).toEqual([]);
  });

  const plus = (dataset: keyof Small, ...lines: string[]): Small => ({
    ...small,
    [dataset]: [...small[dataset], ...lines],
  });
  const event = (fields: string) => plus('events', `9,${fields}`);

  test.each<[string, Small, unknown[]]>([
    [
      'a key whose rows contradict each other',
      plus('users', '2,2024-01-01,tablet,FR'),
      ['users', 'conflicts', 'user_id', 'warn', 2],
    ],
    [
      'a price that is not positive',
      plus('products', '2,toys,0'),
      ['products', 'price_not_positive', 'price', 'warn', 1],
    ],
    [
      'a session that ends before it starts',
      plus('sessions', '3,1,2024-01-03T10:00:00,2024-01-03T09:00:00'),
      ['sessions', 'ends_before_start', 'session_end_ts', 'warn', 1],
    ],
    [
      'a session of an unknown user',
      plus('sessions', '3,77,2024-01-03T10:00:00,'),
      ['sessions', 'unknown_user', 'user_id', 'warn', 1],
    ],
    [
      'a user who is assigned before the sign-up',
      { ...small, users: [...small.users.slice(0, 2), '2,2024-01-02T10:00:30,desktop,FR'] },
      ['experiment_assignments', 'before_signup', 'assigned_ts', 'warn', 1],
    ],
    [
      'a user who saw the exposure event only before the assignment',
      {
        ...small,
        experiment_assignments: [
          ...small.experiment_assignments.slice(0, 2),
          '2,e,treatment,2024-01-02T12:00:00',
        ],
      },
      ['experiment_assignments', 'exposure', null, 'warn', 1],
    ],
    [
      'an event of an unknown user',
      event(',77,search,2024-01-02T10:05:00,,,,'),
      ['events', 'unknown_user', 'user_id', 'warn', 1],
    ],
    [
      'an event of an unknown session',
      event('77,1,search,2024-01-02T10:05:00,,,,'),
      ['events', 'unknown_session', 'session_id', 'warn', 1],
    ],
    [
      'an event of an unknown product',
      event('1,1,search,2024-01-02T10:05:00,77,,,'),
      ['events', 'unknown_product', 'product_id', 'warn', 1],
    ],
    [
      'an event without a user and a session',
      event(',,search,2024-01-02T10:05:00,,,,'),
      ['events', 'no_user', 'user_id', 'warn', 1],
    ],
    [
      'an event in the session of another user',
      event('2,1,search,2024-01-02T10:05:00,,,,'),
      ['events', 'session_of_another_user', 'session_id', 'warn', 1],
    ],
    [
      'an event outside of its session',
      event('1,1,search,2024-01-02T10:31:00,,,,'),
      ['events', 'outside_session', 'event_ts', 'warn', 1],
    ],
    [
      'a purchase of negative revenue',
      event('1,1,purchase,2024-01-02T10:05:00,1,1,-5.00,EUR'),
      ['events', 'negative_revenue', 'revenue', 'warn', 1],
    ],
    [
      'a second currency',
      event('1,1,purchase,2024-01-02T10:05:00,1,1,5.00,USD'),
      ['events', 'currency', 'currency', 'fail', 2],
    ],
    [
      'a file without one of the events that metrics are made of',
      { ...small, events: small.events.filter((line) => !line.includes('begin_checkout')) },
      ['events', 'event_names', null, 'warn', 0],
    ],
    [
      'variants none of which is the control',
      {
        ...small,
        experiment_assignments: small.experiment_assignments.map((line) => line.replace('control', 'A')),
      },
      ['experiment_assignments', 'variants', null, 'fail', 2],
    ],
  ])('shows %s', async (_, files, problem) => {
    expect(problems(await validate({ folder: await written(files) }))).toEqual([problem]);
  });

  test('takes the user of an event from its session', async () => {
    const events = small.events.map((line) => line.replace(/^(\w+,\w+),\w+/, '$1'));
    expect(problems(await validate({ folder: await written({ ...small, events }) }))).toEqual([]);
  });

  test('fails without a required dataset, and warns without an optional one', async () => {
    const { events: _, products: __, ...rest } = small;
    expect(problems(await validate({ folder: await written(rest) }))).toEqual([
      ['products', 'files', null, 'warn', 0],
      ['events', 'files', null, 'fail', 0],
    ]);
  });

  test('fails where a column is missing, and says how to map it; the other datasets are checked', async () => {
    const sessions = [
      'session_id,user_id,session_start',
      ...small.sessions.slice(1).map((l) => l.slice(0, 23)),
    ];
    const folder = await written({ ...small, sessions });
    const report = await validate({ folder });
    expect(problems(report)).toEqual([['sessions', 'columns', null, 'fail', 1]]);
    expect(find(report, 'sessions', 'columns')?.remedy).toContain('session_start_ts: "session_start"');

    const configFile = path.join(folder, 'mapping.yaml');
    await writeFile(configFile, 'schema: { sessions: { session_start_ts: session_start } }');
    expect(problems(await validate({ folder, configFile }))).toEqual([]);
  });

  test('fails where a .gz file is not compressed', async () => {
    const folder = await written(small);
    await rm(path.join(folder, 'users.csv'));
    await writeFile(path.join(folder, 'users.csv.gz'), small.users.join('\n'));
    expect(problems(await validate({ folder }))).toEqual([['users', 'columns', null, 'fail', 1]]);
  });
});

describe('what a run would do', () => {
  const events = (good: number, bad: number) => [
    ...small.events,
    ...Array.from({ length: good }, (_, id) => `${100 + id},1,1,search,2024-01-02T10:05:00,,,,`),
    ...Array.from({ length: bad }, (_, id) => `${9000 + id},1,1,search,never,,,,`),
  ];

  test('pass with few bad rows, and fail with more than a dataset tolerates', async () => {
    const few = await validate({ folder: await written({ ...small, events: events(600, 30) }) });
    expect(few).toMatchObject({
      status: 'warn',
      quarantined: 30,
      outcome: 'A run would pass, with 1 warning; it would set aside 30 rows.',
    });
    const many = await validate({ folder: await written({ ...small, events: events(100, 30) }) });
    expect(many).toMatchObject({ status: 'fail', outcome: 'A run would fail: one check failed.' });
    expect(find(many, 'events', 'bad_rows')).toMatchObject({
      status: 'fail',
      finding: 'too many bad rows: 30 of 135, where 5 % are tolerated',
      example: 'events.csv',
    });
  });

  test('fail where rules about several files take too many rows out', async () => {
    const foreign = events(100, 0).map((line) => line.replace(/,1,1,search/, ',,77,search'));
    const report = await validate({ folder: await written({ ...small, events: foreign }) });
    expect(find(report, 'events', 'bad_rows')?.finding).toMatch(/^too many bad rows: 100 of 105/);
    expect(report.status).toBe('fail');
  });

  test('call an experiment of another split INVALID', async () => {
    const { folder } = await generated({ users: 1000, srm: 0.4 });
    expect(await validate({ folder })).toMatchObject({
      status: 'warn',
      outcome: 'A run would pass, with 1 warning; it would call checkout_redesign INVALID.',
    });
  });

  test('fail where a file has a header alone that no analysis can do without', async () => {
    const files = { ...small, experiment_assignments: small.experiment_assignments.slice(0, 1) };
    const report = await validate({ folder: await written(files) });
    expect(report.status).toBe('fail');
    expect(find(report, 'experiment_assignments', 'values')).toMatchObject({
      status: 'fail',
      finding: 'there is a header, and no row',
    });
  });

  test('leave files without a byte out, as exports write them beside full ones', async () => {
    const folder = await written(small);
    await writeFile(path.join(folder, 'products.csv'), '');
    expect(problems(await validate({ folder }))).toEqual([['products', 'files', null, 'warn', 0]]);
  });
});

describe('what only follows from another failure is not told as one of its own', () => {
  const never = (dataset: keyof Small, good: number) =>
    small[dataset].map((line, index) =>
      index > good ? line.replace(/2024-01-0\d(T[\d:]+)?/, 'never') : line,
    );
  const statusOf = (report: ValidationReport, dataset: string, check: string) =>
    find(report, dataset, check)?.status;

  test('users that cannot be read make no unknown users', async () => {
    const report = await validate({ folder: await written({ ...small, users: ['id,at', '1,2024-01-01'] }) });
    expect(problems(report)).toEqual([['users', 'columns', null, 'fail', 1]]);
    const rows = await validate({
      folder: await written({ ...small, users: small.users.map((line) => line.replace(/^\d/, 'x$&')) }),
    });
    expect(problems(rows).map(([dataset]) => dataset)).toEqual(['users', 'users']);
  });

  test('events that are all set aside say nothing of event names and exposures', async () => {
    const report = await validate({ folder: await written({ ...small, events: never('events', 0) }) });
    expect(statusOf(report, 'events', 'bad_rows')).toBe('fail');
    expect(statusOf(report, 'events', 'event_names')).toBe('skip');
    expect(find(report, 'experiment_assignments', 'exposure')).toMatchObject({
      status: 'skip',
      finding: 'not checked, since events failed',
    });
    expect(report.outcome).toMatch(/^A run would fail: one check failed\.$/);
  });

  test('sessions that cannot be read leave the users of events open', async () => {
    const events = small.events.map((line) => line.replace(/^(\w+,\w+),\w+/, '$1'));
    const report = await validate({ folder: await written({ ...small, events, sessions: ['id', '1'] }) });
    expect(problems(report)).toEqual([
      ['sessions', 'columns', null, 'fail', 1],
      ['experiment_assignments', 'exposure', null, 'skip', 0],
    ]);
  });

  test('an event that only rows set aside have may be among them', async () => {
    const events = [
      ...small.events.map((line) => (line.includes('purchase') ? line.replace(/^\w+/, 'x') : line)),
      ...Array.from({ length: 100 }, (_, id) => `${100 + id},1,1,search,2024-01-02T10:05:00,,,,`),
    ];
    const report = await validate({ folder: await written({ ...small, events }) });
    expect(find(report, 'events', 'event_names')).toMatchObject({
      status: 'warn',
      finding: expect.stringContaining(
        'among the rows that a run would use (1 are set aside); there are search',
      ),
      remedy: expect.stringMatching(/^Correct those first/),
    });
  });
});

describe('values that are written in several ways', () => {
  test('and so they are in a file whose writing the configuration names', async () => {
    const events = small.events.map((line, index) =>
      index > 2 ? line.replace(/(T10:\d\d:00)/, '$1+02:00') : line,
    );
    const folder = await written({ ...small, events: ['Export of all events;', '', ...events] });
    await writeFile(
      path.join(folder, 'experiment.yaml'),
      'files: { events: { skip_lines: 2, delimiter: "," } }\n',
    );
    expect(find(await validate({ folder }), 'events', 'time_zones')).toMatchObject({
      finding: '3 values carry an offset, 2 do not; those are read as UTC',
    });
  });

  test('times with and without an offset in one column are counted', async () => {
    const events = small.events.map((line, index) =>
      index > 2 ? line.replace(/(T10:\d\d:00)/, '$1+02:00') : line,
    );
    const report = await validate({ folder: await written({ ...small, events }) });
    expect(find(report, 'events', 'time_zones')).toMatchObject({
      status: 'warn',
      column: 'event_ts',
      count: 2,
      finding: '3 values carry an offset, 2 do not; those are read as UTC',
    });
    expect(find(report, 'sessions', 'time_zones')).toBeUndefined();
  });

  test('events that repeat others in the columns of dedupe are told with these columns', async () => {
    const folder = await written(small);
    await writeFile(path.join(folder, 'experiment.yaml'), 'dedupe: { events: [user_id] }\n');
    const repeated = find(await validate({ folder }), 'events', 'duplicates');
    expect(repeated?.finding ?? 'none').toBe('rows that repeat another one exactly, or in user_id (dedupe)');
  });

  test('what is no time is told how one is written', async () => {
    const users = [...small.users, '3,31.12.2024,mobile,DE'];
    const report = await validate({ folder: await written({ ...small, users }) });
    expect(find(report, 'users', 'not_a_timestamp')?.remedy).toContain('2024-05-31T23:59:59');
  });
});

describe('variants that look like others', () => {
  const assigned = (...counts: readonly (readonly [string, number])[]) => [
    'user_id,experiment_id,variant,assigned_ts',
    ...counts
      .flatMap(([variant, users]) => Array<string>(users).fill(variant))
      .map((variant, index) => `${index + 1},e,${variant},2024-01-02T10:00:00`),
  ];
  const check = async (counts: readonly (readonly [string, number])[], config: string) => {
    const folder = await written({
      events: small.events,
      experiment_assignments: assigned(...counts),
    });
    await writeFile(path.join(folder, 'experiment.yaml'), config);
    const report = await validate({ folder });
    return (name: string) => find(report, 'experiment_assignments', name);
  };
  const counts = [
    ['A', 1000],
    ['B', 996],
    ['Bb', 4],
  ] as const;

  test('are named with the line that maps them, and the split is that of what is meant', async () => {
    const found = await check(counts, 'experiments: { e: { control: A } }');
    expect(found('variants')).toMatchObject({
      status: 'warn',
      count: 4,
      finding: 'e: Bb (4 users) looks like B',
      remedy:
        'Put this into experiment.yaml: schema: { experiment_assignments: { variant: { column: variant, values: { Bb: B } } } }',
      consequence: 'call e INVALID',
    });
    expect(found('split')).toMatchObject({
      status: 'ok',
      finding: expect.stringContaining('A 1,000, B 1,000'),
    });
  });

  test('are named beside weights, too', async () => {
    const found = await check(counts, 'experiments: { e: { control: A, weights: { A: 0.5, B: 0.5 } } }');
    expect(found('variants')).toMatchObject({
      status: 'warn',
      finding: 'e: not among "weights": Bb; Bb (4 users) looks like B',
      remedy: expect.stringContaining('values: { Bb: B }'),
    });
  });
});

describe('a file that the configuration names', () => {
  test.each([
    ['usrs.csv', 'Did you mean "users.csv"?'],
    ['people.csv', 'the folder has events.csv, experiment_assignments.csv, products.csv'],
  ])('has to be there, required or not: %s', async (name, remedy) => {
    const folder = await written(small);
    await writeFile(path.join(folder, 'experiment.yaml'), `id_type: bigint\nraw:\n  users: ${name}\n`);
    const refused = (of: Promise<unknown>) =>
      expect(of).rejects.toMatchObject({
        name: 'ConfigError',
        fault: {
          what: `there is no ${name}, which the configuration names as the file of users`,
          where: `${path.join(folder, 'experiment.yaml')}:3:3`,
          remedy: expect.stringContaining(remedy),
        },
      });
    await refused(validate({ folder }));
    await refused(prepareDrop({ folder, drop: 'default' }));
  });

  test('may be there compressed, or as a folder of parts', async () => {
    const folder = await written(small);
    await mkdir(path.join(folder, 'log'));
    await rename(path.join(folder, 'events.csv'), path.join(folder, 'log', 'part-1.csv'));
    await writeFile(path.join(folder, 'people.csv.gz'), gzipSync(`${small.users.join('\n')}\n`));
    await writeFile(path.join(folder, 'experiment.yaml'), 'raw: { events: log.csv, users: people.csv }\n');
    expect(problems(await validate({ folder }))).toEqual([]);
  });
});

test('files of the folder that are not read are told, those that look meant with the reason', async () => {
  const folder = await written(small);
  for (const name of ['experiment.yml', 'events.csv.gz', 'notes.txt', '.hidden', 'other.yaml']) {
    await writeFile(path.join(folder, name), 'x');
  }
  const unused = [
    'events.csv.gz is not read: events.csv is there, and is taken',
    'experiment.yml is not read: the configuration of a folder is called experiment.yaml',
    'not used: notes.txt, other.yaml',
  ];
  expect((await validate({ folder })).unused).toEqual(unused);
  expect((await prepareDrop({ folder, drop: 'default' })).unused).toEqual(unused);
  expect((await validate({ folder: await written(small) })).unused).toEqual([]);
});

describe('before an upload', () => {
  test('nothing stands in the way of data that a run would take', async () => {
    await checkBeforeUpload({ folder: await written(small) });
    await checkBeforeUpload({ folder: await written({ ...small, events: small.events.slice(0, 3) }) });
  });

  test('a control that no user has is refused, in the words of validate', async () => {
    const folder = await written(small);
    await writeFile(path.join(folder, 'experiment.yaml'), 'experiments: { "*": { control: A } }');
    const found = find(await validate({ folder }), 'experiment_assignments', 'variants');
    expect(found?.finding).toBe('e: there is no control "A" among the variants: control 1, treatment 1');
    await expect(checkBeforeUpload({ folder })).rejects.toMatchObject({
      name: 'DataError',
      fault: {
        what: `nothing was uploaded, since a run would fail: ${found?.finding}`,
        remedy: found?.remedy,
      },
    });
  });

  test('a column that is missing is refused, in a compressed file, too', async () => {
    const folder = await written({ ...small, users: ['id', '1'] });
    await rm(path.join(folder, 'events.csv'));
    const text = small.events.join('\n').replace('event_ts', 'time');
    await writeFile(path.join(folder, 'events.csv.gz'), gzipSync(text));
    await expect(checkBeforeUpload({ folder })).rejects.toMatchObject({
      fault: {
        what: expect.stringContaining('the required column "user_id" is missing'),
        where: expect.stringContaining('users.csv:1'),
        remedy: expect.stringContaining('For all 2 findings: ./ecom validate'),
      },
    });
  });
});

describe('a mistake of the caller', () => {
  test('a folder that is not there', async () => {
    await expect(validate({ folder: path.join(root, 'nowhere') })).rejects.toThrow(UsageError);
  });
  test('a configuration file that is not there', async () => {
    const configFile = path.join(root, 'nowhere.yaml');
    await expect(validate({ folder: await written(small), configFile })).rejects.toThrow(UsageError);
  });
  test('an unknown key in the configuration', async () => {
    const folder = await written(small);
    await writeFile(path.join(folder, 'experiment.yaml'), 'evnts: {}');
    await expect(validate({ folder })).rejects.toThrow(ConfigError);
  });
});

describe('the command', () => {
  async function ecom(...args: string[]) {
    const run = promisify(execFile)(process.execPath, ['cli/bin.mjs', 'validate', ...args], {
      cwd: PROJECT_ROOT,
    });
    return run.then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  }

  test('exits with 0 and the checks as JSON where none failed', async () => {
    const { code, stdout } = await ecom(await written(small), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'ok' });
  });

  test('exits with 1 where a check failed, with what to do about it', async () => {
    const { events: _, ...rest } = small;
    const { code, stdout, stderr } = await ecom(await written(rest));
    expect(code).toBe(1);
    expect(stdout).toMatch(/fail +events +files +there is no events\.csv, or it is empty\n +Put it there/);
    expect(stderr).toContain('A run would fail: one check failed.');
  });

  test('exits with 0 where a run would set rows aside, and says how many', async () => {
    const users = [...small.users, '3,never,mobile,DE', '3,2024-01-01,mobile,DE'];
    const { code, stdout } = await ecom(await written({ ...small, users }));
    expect(code).toBe(0);
    expect(stdout).toMatch(/\n\nA run would pass, with 1 warning; it would set aside 1 row\.\n$/);
  });

  test('exits with 2 where the folder is not there', async () => {
    expect(await ecom(path.join(root, 'nowhere'))).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('users to leave out', () => {
  const listing = async (content: string | Buffer, name = 'excluded_users.csv') => {
    const { folder } = await generated({ users: 200 });
    await writeFile(path.join(folder, name), content);
    const report = await validate({ folder });
    const { check, status, count, example, finding, remedy } =
      find(report, 'experiment_assignments', 'excluded_users') ?? {};
    return { folder, check, status, count, example, finding, remedy };
  };

  test('are counted, and how many of them are assigned', async () => {
    expect(
      await listing(gzipSync('user_id,reason\n1,robot\n2,staff\n'), 'excluded_users.csv.gz'),
    ).toMatchObject({
      status: 'ok',
      count: 2,
      finding: expect.stringMatching(/^2 users to leave out, 2 of them assigned$/),
    });
  });

  test('whom no file knows are warned of', async () => {
    expect(await listing('1\n900001\n900002\n')).toMatchObject({
      status: 'warn',
      count: 2,
      example: 'excluded_users.csv',
      finding: '3 users to leave out, 1 of them assigned; no file has 2 of them, such as "900001"',
    });
  });

  test.each([
    ['by what is no id', 'user_id\n1\nx7\n', 'excluded_users.csv:3', '"x7" is no id of a user'],
    ['in no column called user_id', 'id,why\n1,robot\n', 'excluded_users.csv:1', 'none is called user_id'],
  ])('%s fail, before the upload as well', async (_, content, example, finding) => {
    const { folder, ...found } = await listing(content);
    expect(found).toMatchObject({ status: 'fail', example, finding: expect.stringContaining(finding) });
    await expect(checkBeforeUpload({ folder })).rejects.toThrow(finding);
  });

  test('go up with the drop, under the key that a run looks for', async () => {
    const { folder } = await listing('1\n');
    const { files } = await prepareDrop({ folder, drop: 'shop' });
    expect(files.filter(({ kind }) => kind === 'excluded_users')).toMatchObject([
      { key: 'raw/shop/excluded_users.csv', size: 2 },
    ]);
  });
});

test('what is told of exposures is what a run counts: without users left out, and up to as_of', async () => {
  const { folder } = await generated({ users: 400 });
  const config = path.join(folder, 'experiment.yaml');
  const exposed = async () => {
    const { finding = '' } = find(await validate({ folder }), 'experiment_assignments', 'exposure') ?? {};
    const [, users, asked] = /: ([\d,]+) of ([\d,]+) users saw/.exec(finding) ?? [];
    const [, late] = /([\d,]+) after it$/.exec(finding) ?? [];
    return { exposed: Number(users ?? late), asked: Number(asked) };
  };
  const all = await exposed();
  await writeFile(path.join(folder, 'excluded_users.csv'), '1\n2\n3\n4\n');
  expect((await exposed()).asked).toBe(all.asked - 4);
  await rm(path.join(folder, 'excluded_users.csv'));
  await writeFile(config, 'as_of: "2026-01-03"\n');
  const early = await exposed();
  expect(early.exposed).toBeGreaterThan(0);
  expect(early.exposed).toBeLessThan(all.exposed / 2);
});

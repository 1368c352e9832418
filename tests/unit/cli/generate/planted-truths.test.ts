import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCatalog } from '../../../../cli/generate/catalog.ts';
import { generate } from '../../../../cli/generate/generate.ts';
import { type GenerateOptions, settingsFrom } from '../../../../cli/generate/options.ts';
import { bounceRate, expectedConversion } from '../../../../cli/generate/population.ts';
import { Random } from '../../../../cli/generate/random.ts';
import type { GeneratedTruth } from '../../../../cli/generate/truth.ts';
import { drawVisitor, secondsPerDay, type Visitor } from '../../../../cli/generate/visitor.ts';
import { Database } from '../../../../layers/platform/duckdb.ts';

/** The seed is fixed, so a test either always passes or never; five standard errors leave no room for luck. */
const standardErrors = 5;

function expectShare(hits: number, of: number, probability: number): void {
  expect(of).toBeGreaterThan(500);
  const error = Math.sqrt((probability * (1 - probability)) / of);
  expect(Math.abs(hits / of - probability)).toBeLessThan(standardErrors * error);
}

function visitors(users: number, options: Omit<GenerateOptions, 'directory'>): Visitor[] {
  const settings = settingsFrom({ directory: 'unused', ...options });
  const catalog = makeCatalog(settings.seed, 2);
  return Array.from({ length: users }, (_, index) =>
    drawVisitor(index + 1, settings, catalog, new Random().restart(settings.seed, 1, index + 1)),
  );
}

const variantOf = ({ assignments }: Visitor) => assignments[0]?.variant;

function purchased({ exposedAt, events }: Visitor): boolean {
  if (exposedAt === undefined) return false;
  return events.some(
    ({ name, time }) => name === 'purchase' && time >= exposedAt && time < exposedAt + 14 * secondsPerDay,
  );
}

describe('planted truths', () => {
  const users = 40_000;

  test('uplift on the conversion of exposed users, whole and by device', () => {
    const options = {
      uplift: 0.4,
      segmentEffects: [{ segment: 'device' as const, level: 'mobile', uplift: -0.3 }],
    };
    const exposed = visitors(users, options).filter(({ exposedAt }) => exposedAt !== undefined);
    const effect = { novelty: 0, ...options };
    for (const variant of ['control', 'treatment']) {
      const arm = exposed.filter((visitor) => variantOf(visitor) === variant);
      const treated = variant === 'treatment';
      expectShare(
        arm.filter(purchased).length,
        arm.length,
        expectedConversion(effect, treated, 0, undefined),
      );
      for (const level of ['mobile', 'desktop', 'tablet']) {
        const own = arm.filter(({ traits }) => traits.device.name === level);
        const expected = expectedConversion(effect, treated, 0, { segment: 'device', level });
        expectShare(own.filter(purchased).length, own.length, expected);
      }
    }
    const mobile = { segment: 'device' as const, level: 'mobile' };
    const ratio = expectedConversion(effect, true, 0, mobile) / expectedConversion(effect, false, 0, mobile);
    expect(ratio).toBeCloseTo(0.7, 12);
  });

  test('an effect that wears off with the days of the experiment', () => {
    const effect = { uplift: 1.5, segmentEffects: [], novelty: 0.5 };
    const treated = visitors(users, effect).filter((visitor) => variantOf(visitor) === 'treatment');
    for (let day = 0; day < 7; day += 1) {
      const cohort = treated.filter(({ exposedAt }) => Math.floor((exposedAt ?? -1) / secondsPerDay) === day);
      expectShare(
        cohort.filter(purchased).length,
        cohort.length,
        expectedConversion(effect, true, day, undefined),
      );
    }
    const base = expectedConversion(effect, false, 0, undefined);
    expect(expectedConversion(effect, true, 1, undefined) / base - 1).toBeCloseTo(0.75, 12);
  });

  test('shares of the treatment, of crossovers and of unknown variants', () => {
    const all = visitors(users, { srm: 0.47, crossovers: 0.03, unknownVariants: 0.02 });
    const known = all.filter((visitor) => variantOf(visitor) !== 'legacy_holdout');
    expectShare(all.length - known.length, users, 0.02);
    expectShare(known.filter(({ assignments }) => assignments.length > 1).length, known.length, 0.03);
    expectShare(known.filter((visitor) => variantOf(visitor) === 'treatment').length, known.length, 0.47);
    for (const { assignments } of known) {
      const variants = assignments.map(({ variant }) => variant);
      expect(new Set(variants).size).toBe(variants.length);
      expect(assignments.map(({ time }) => time)).toEqual(
        assignments.map(({ time }) => time).sort((a, b) => a - b),
      );
    }
  });

  test('an effect on the bounce rate alone', async () => {
    const { arms } = await generatedTruth({ users, uplift: 0, bounceEffect: 0.2 });
    expectShare(arms.control.bounces, arms.control.exposed, bounceRate);
    expectShare(arms.treatment.bounces, arms.treatment.exposed, bounceRate * 1.2);
    expectShare(
      arms.treatment.purchasers,
      arms.treatment.exposed,
      arms.control.purchasers / arms.control.exposed,
    );
  });
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'ecom-truth-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function generatedTruth(options: Omit<GenerateOptions, 'directory'>): Promise<GeneratedTruth> {
  return generate({ ...options, directory: path.join(folder, 'data') });
}

describe('the files, read by DuckDB', () => {
  let database: Database;
  let truth: GeneratedTruth;
  beforeAll(async () => {
    truth = await generatedTruth({ users: 5000, crossovers: 0.02, unknownVariants: 0.01 });
    database = await Database.open({ memoryMb: 2000, folder });
    for (const dataset of ['users', 'sessions', 'experiment_assignments', 'events', 'products']) {
      await database.run(
        `CREATE TABLE ${dataset} AS FROM read_csv('${path.join(folder, 'data', `${dataset}.csv`)}', header = true)`,
      );
    }
    await database.run(`CREATE TABLE assigned AS
      SELECT user_id, any_value(variant) AS variant, min(assigned_ts) AS assigned_ts FROM experiment_assignments
      GROUP BY user_id HAVING count(DISTINCT variant) = 1 AND any_value(variant) IN ('control', 'treatment')`);
    await database.run(`CREATE TABLE exposed AS
      SELECT a.user_id, variant, assigned_ts, min(event_ts) AS exposed_ts, arg_min(session_id, event_id) AS session_id
      FROM assigned a JOIN events e ON e.user_id = a.user_id AND event_type = 'view_product' AND event_ts >= assigned_ts
      GROUP BY ALL`);
  });
  afterAll(() => database[Symbol.asyncDispose]());

  const count = async (sql: string) =>
    Number((await database.row<{ n: string }>(`SELECT count(*) AS n ${sql}`)).n);

  test('hold what the truth says of each arm', async () => {
    const rows = await database.query<Record<string, string>>(`
      WITH outcome AS (
        SELECT x.user_id, x.variant,
          count(*) FILTER (inside) AS events_in_window,
          count(DISTINCT order_id) FILTER (inside AND event_type = 'purchase') AS orders,
          coalesce(sum(revenue * 100) FILTER (inside AND event_type = 'purchase'), 0) AS purchases,
          coalesce(sum(-revenue * 100) FILTER (inside AND event_type = 'refund'), 0) AS refunds,
          bool_or(inside AND event_type = 'add_to_cart') AS carted,
          bool_or(inside AND event_type = 'begin_checkout') AS began,
          count(*) FILTER (e.session_id = x.session_id AND event_ts >= exposed_ts) = 1 AS bounced,
          bool_or(event_ts >= exposed_ts + INTERVAL 7 DAY AND event_ts < exposed_ts + INTERVAL 8 DAY) AS retained
        FROM exposed x JOIN (
          SELECT y.exposed_ts AS since, f.*, event_ts >= since AND event_ts < since + INTERVAL 14 DAY AS inside
          FROM events f JOIN exposed y USING (user_id)) e USING (user_id)
        GROUP BY ALL)
      SELECT a.variant, count(*)::INT AS assigned, count(o.user_id)::INT AS exposed,
        count(*) FILTER (orders > 0)::INT AS purchasers, count(*) FILTER (carted)::INT AS "cartUsers",
        count(*) FILTER (began)::INT AS "checkoutUsers", sum(orders)::INT AS orders,
        round(sum(purchases))::INT AS "purchaseCents", round(sum(refunds))::INT AS "refundCents",
        sum(events_in_window)::INT AS "eventsInWindow", count(*) FILTER (bounced)::INT AS bounces,
        count(*) FILTER (retained)::INT AS "retainedDay7"
      FROM assigned a LEFT JOIN outcome o USING (user_id) GROUP BY a.variant ORDER BY a.variant`);
    expect(rows).toEqual([
      { variant: 'control', ...truth.arms.control },
      { variant: 'treatment', ...truth.arms.treatment },
    ]);
  });

  test('are in the order of time: signup, assignment, exposure; sessions around their events', async () => {
    expect(
      await count('FROM users JOIN experiment_assignments USING (user_id) WHERE signup_ts > assigned_ts'),
    ).toBe(0);
    expect(await count('FROM sessions WHERE session_end_ts <= session_start_ts')).toBe(0);
    expect(
      await count(
        'FROM events JOIN sessions USING (session_id) WHERE event_ts NOT BETWEEN session_start_ts AND session_end_ts',
      ),
    ).toBe(0);
    expect(await count(`FROM events WHERE event_ts >= TIMESTAMPTZ '${truth.end}'`)).toBe(0);
    expect(await count('FROM users ANTI JOIN experiment_assignments USING (user_id)')).toBe(0);
  });

  test('have a history before the assignment, returns, refunds and a skewed revenue', async () => {
    expect(
      await count(
        'FROM sessions JOIN assigned USING (user_id) WHERE session_start_ts < assigned_ts - INTERVAL 1 DAY',
      ),
    ).toBeGreaterThan(1000);
    const { control } = truth.arms;
    expect(control.retainedDay7 / control.exposed).toBeGreaterThan(0.05);
    expect(control.exposed / control.assigned).toBeLessThan(0.95);
    expect(
      await count(`FROM events r JOIN events p ON r.order_id = p.order_id AND p.event_type = 'purchase'
        AND p.event_ts < r.event_ts WHERE r.event_type = 'refund'`),
    ).toBeGreaterThan(10);
    const revenue = await database.row<{ mean: number; median: number }>(
      `SELECT avg(revenue) AS mean, median(revenue) AS median FROM events WHERE event_type = 'purchase'`,
    );
    expect(revenue.mean).toBeGreaterThan(1.3 * revenue.median);
    expect(
      await count(`FROM events JOIN products USING (product_id) WHERE event_type = 'purchase'
        AND abs(revenue - quantity * price) > 0.001 AND abs(revenue - quantity * price * 0.9) > 0.0051`),
    ).toBe(0);
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../../../cli/generate/generate.ts';
import { analyzeFolder } from '../../../../cli/pipeline/analyze-folder.ts';
import type { ExperimentReport } from '../../../../layers/report/schema.ts';

/** What the generator planted, found again in the report. Seeds are fixed: nothing here is luck. */
describe('the report of a generated shop', { timeout: 120_000 }, () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ecom-truths-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function experimentOf(
    name: string,
    options: Omit<Parameters<typeof generate>[0], 'directory'>,
    overlay = '{}\n',
  ): Promise<ExperimentReport> {
    const directory = path.join(folder, name);
    await generate({ directory, ...options });
    await writeFile(path.join(directory, 'experiment.yaml'), overlay);
    const { report } = await analyzeFolder(directory, { drop: name });
    const [experiment] = report.experiments;
    if (experiment === undefined) throw new Error('the report has no experiment');
    return experiment;
  }

  it('finds a planted uplift, and its interval holds it', async () => {
    const { metrics, trust } = await experimentOf('uplift', { users: 20_000, seed: 42, uplift: 0.25 });
    const conversion = metrics[0]?.comparisons[0];
    expect(conversion?.verdict).toBe('better');
    const [low, high] = conversion?.effect.relativeCi ?? [0, 0];
    expect(low).toBeLessThan(0.25);
    expect(high).toBeGreaterThan(0.25);
    expect(trust.srm.status).toBe('pass');
  });

  it('claims nothing where nothing was planted', async () => {
    const experiment = await experimentOf('nothing', { users: 20_000, seed: 1, uplift: 0 });
    const claims = experiment.metrics
      .filter(({ role }) => role !== 'guardrail')
      .flatMap(({ comparisons }) => comparisons.map(({ verdict }) => verdict));
    expect(new Set(claims)).toEqual(new Set(['inconclusive']));
    expect(experiment.decision.action).not.toBe('ship');
    expect(experiment.trust.checks.filter(({ status }) => status === 'fail')).toEqual([]);
  });

  it('names the event that a misspelt exposure was probably meant to be, and decides nothing', async () => {
    const { decision, arms } = await experimentOf(
      'misspelt',
      { users: 500, seed: 3 },
      'events: { exposure: view_produkt }\n',
    );
    expect(arms.map(({ users }) => users)).toEqual([0, 0]);
    expect(decision).toMatchObject({ action: 'invalid', rule: 'nobody_exposed' });
    expect(decision.reasons[0]).toContain(
      'no event is called "view_produkt". Did you mean "view_product"? Then put this into experiment.yaml and run the same files again: events: { exposure: view_product }.',
    );
  });

  it('counts planted crossovers and leaves them out', async () => {
    const { arms, trust } = await experimentOf('crossovers', { users: 4000, seed: 9, crossovers: 0.05 });
    const assigned = arms.reduce((sum, arm) => sum + arm.assigned, 0);
    expect(trust.crossovers.users).toBe(4000 - assigned);
    expect(trust.crossovers.share).toBeCloseTo(0.05, 1);
  });

  it('finds an effect that one segment alone has', async () => {
    const { segments, interactions } = await experimentOf('segment', {
      users: 30_000,
      seed: 4,
      uplift: 0,
      segmentEffects: [{ segment: 'device', level: 'mobile', uplift: 0.8 }],
    });
    const levels = segments
      .filter(({ segment }) => segment === 'device')
      .map(({ level, metrics }) => [level, metrics[0]?.comparisons[0]?.verdict]);
    expect(Object.fromEntries(levels)).toMatchObject({ mobile: 'better', desktop: 'inconclusive' });
    const interaction = interactions.find(
      ({ segment, metric }) => segment === 'device' && metric === 'purchase_conversion',
    );
    expect(interaction?.p).toBeLessThan(0.01);
  });

  it('shows an effect of the first days fade with the day of exposure', async () => {
    const { novelty } = await experimentOf('novelty', { users: 30_000, seed: 6, uplift: 1, novelty: 0.15 });
    const cumulative = novelty.find(({ metric }) => metric === 'purchase_conversion')?.cumulative ?? [];
    expect(cumulative.length).toBeGreaterThan(5);
    expect(cumulative[1]?.relative ?? 0).toBeGreaterThan((cumulative.at(-1)?.relative ?? 0) * 1.3);
  });
});

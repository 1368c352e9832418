import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { init } from '../../../../cli/init/init.ts';
import { analyzeFolder } from '../../../../cli/pipeline/analyze-folder.ts';
import { prepareDrop } from '../../../../cli/pipeline/prepare-drop.ts';
import { validate } from '../../../../cli/validate/validate.ts';
import { UsageError } from '../../../../layers/platform/errors.ts';
import type { Report } from '../../../../layers/report/schema.ts';
import { exportFolders, many, settings } from './folders.ts';

const { folderOf, remove } = exportFolders();
afterAll(remove);

async function analysed(folder: string, more = ''): Promise<{ report: Report; settings: object }> {
  const result = await init(folder);
  await writeFile(path.join(folder, 'experiment.yaml'), result.text + more);
  const { report } = await analyzeFolder(folder);
  return { report, settings: settings(result) };
}

function compared(report: Report, name: string) {
  const found = report.experiments[0]?.metrics.find(({ metric }) => metric === name);
  const [comparison] = found?.comparisons ?? [];
  return { control: comparison?.control, treatment: comparison?.treatment, ...comparison };
}

const arm = (user: number) => (user % 2 === 0 ? 'treatment' : 'control');
const isBuyer = (user: number) => user % 4 === 0 || user % 10 === 1;

describe('a file of sums by arm', { timeout: 60_000 }, () => {
  it('gives the numbers that the same users give, a row each', async () => {
    const sums = await folderOf({
      'results.csv': 'group,users,conversions\ncontrol,1000,200\ntreatment,1000,500\n',
    });
    const users = await folderOf({
      'results.csv': `user_id,group,converted\n${many(2000, (i) => `${i},${arm(i)},${isBuyer(i) ? 1 : 0}`)}`,
    });
    const [ofSums, ofUsers] = [await analysed(sums), await analysed(users)];
    expect(ofSums.settings).toMatchObject({
      'summary.file': 'results.csv',
      'summary.variant': 'group',
      'summary.users': 'users',
      'summary.outcomes.purchase_conversion': { conversions: 'conversions' },
      'experiments.*.control': 'control',
    });
    expect(compared(ofSums.report, 'purchase_conversion')).toMatchObject({
      control: { n: 1000, mean: 0.2 },
      treatment: { n: 1000, mean: 0.5 },
    });
    const tested = ({ report }: typeof ofSums) => {
      const { effect, test } = compared(report, 'purchase_conversion');
      return { effect, test };
    };
    expect(tested(ofSums)).toEqual(tested(ofUsers));
    const [summed, counted] = [ofSums, ofUsers].map(({ report }) => report.experiments[0]);
    expect(summed?.decision).toMatchObject({ action: 'ship', variant: 'treatment' });
    expect(summed?.trust.srm).toEqual(counted?.trust.srm);
  });

  it('tests means by Welch from mean and variance, as scipy.stats.ttest_ind_from_stats does', async () => {
    const folder = await folderOf({
      'means.csv': 'arm,n,mean,sd\ncontrol,5000,4.12,14.5\ntreatment,5100,4.98,15.5\n',
    });
    const { settings: found } = await analysed(folder);
    expect(found).toMatchObject({
      'summary.outcomes.revenue_per_user': { mean: 'mean', sd: 'sd' },
      'experiments.*.primary': 'revenue_per_user',
    });
    const { text } = await init(folder);
    // One look, at the planned end.
    await writeFile(
      path.join(folder, 'experiment.yaml'),
      text.replace(/^( +)"\*":$/m, '$&\n$1$1planned_users: 10100'),
    );
    const { report } = await analyzeFolder(folder);
    // ttest_ind_from_stats(4.98, 15.5, 5100, 4.12, 14.5, 5000, equal_var=False) of scipy 1.17.1
    const { control, treatment, test } = compared(report, 'revenue_per_user') as unknown as Record<
      'control' | 'treatment' | 'test',
      Record<string, number>
    >;
    expect([control?.mean, treatment?.mean]).toEqual([4.12, 4.98]);
    expect(test?.name).toBe('welch_t');
    expect(test?.p).toBeCloseTo(0.0039829407306648, 9);
    expect(test?.df).toBeCloseTo(10075.904527, 3);
  });

  it('adds days up and looks at each, cumulative ones by what they add', async () => {
    const days = [
      ['2024-03-01', 'control', 500, 50],
      ['2024-03-01', 'treatment', 520, 60],
      ['2024-03-02', 'control', 400, 45],
      ['2024-03-02', 'treatment', 410, 44],
    ] as const;
    const header = 'date,variant,visitors,orders\n';
    const daily = await folderOf({
      'daily.csv': `${header}${days.map((row) => row.join(',')).join('\n')}\n`,
    });
    const cumulative = await folderOf({
      'daily.csv': `${header}2024-03-01,control,500,50\n2024-03-01,treatment,520,60\n2024-03-02,control,900,95\n2024-03-02,treatment,930,104\n`,
    });
    const first = await analysed(daily);
    expect(first.report.run.asOf).toBe('2024-03-03T00:00:00.000Z');
    expect(compared(first.report, 'purchase_conversion')).toMatchObject({
      control: { n: 900, mean: 95 / 900 },
      treatment: { n: 930, mean: 104 / 930 },
    });
    const [series] = first.report.experiments[0]?.novelty ?? [];
    expect(series?.cumulative.map(({ day }) => day)).toEqual(['2024-03-01', '2024-03-02']);
    // Where nobody says it, nobody knows.
    await writeFile(path.join(cumulative, 'experiment.yaml'), (await init(cumulative)).text);
    await expect(analyzeFolder(cumulative)).rejects.toThrow(/counts: cumulative/);
    await writeFile(
      path.join(cumulative, 'experiment.yaml'),
      'summary: { file: daily.csv, experiment_id: { constant: daily }, variant: variant, users: visitors, day: date, counts: cumulative, outcomes: { purchase_conversion: { conversions: orders } } }\n',
    );
    const { report } = await analyzeFolder(cumulative);
    expect(report.experiments[0]?.arms).toEqual(first.report.experiments[0]?.arms);
    expect(report.experiments[0]?.metrics[0]).toEqual(first.report.experiments[0]?.metrics[0]);
    expect(report.experiments[0]?.novelty).toEqual(first.report.experiments[0]?.novelty);
  });

  it('says what sums do not tell, and shows none of it', async () => {
    const folder = await folderOf({
      'results.csv': 'group,users,conversions\ncontrol,1000,200\ntreatment,1000,500\n',
    });
    const { report } = await analysed(folder);
    const [experiment] = report.experiments;
    expect(experiment?.settings).toMatchObject({ ofSums: true, cupedLookbackDays: null });
    expect(
      experiment?.trust.checks.filter(({ status }) => status === 'pass').map(({ name }) => name),
    ).toEqual(['sample_ratio_exposed', 'sample_ratio_assigned', 'experiment_spelling']);
    expect(report.unavailable.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'metric bounce_rate',
      'metric session_duration',
      'metric retention_d7',
      'segment device',
      'segment country',
    ]);
    expect(experiment).toMatchObject({ segments: [], distributions: [], sinceExposure: [], parity: null });
    const { checks } = await validate({ folder });
    expect(checks.map(({ check, status }) => [check, status])).toEqual([
      ['variants', 'ok'],
      ['split', 'ok'],
    ]);
  });

  it('is refused by the pipeline, with the command that takes it', async () => {
    const folder = await folderOf({
      'results.csv': 'group,users,conversions\ncontrol,1000,200\ntreatment,1000,500\n',
    });
    await writeFile(path.join(folder, 'experiment.yaml'), (await init(folder)).text);
    const refused = prepareDrop({ folder, drop: 'default' });
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toThrow(/ecom analyze/);
  });
});

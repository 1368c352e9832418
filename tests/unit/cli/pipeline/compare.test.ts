import { describe, expect, it } from 'vitest';
import { compareReports, runsBefore } from '../../../../cli/pipeline/compare.ts';
import { shopReport } from '../../report/shop-report.ts';

describe('compareReports', () => {
  const after = shopReport();
  const [first, ...others] = after.experiments;
  if (first === undefined) throw new Error('the example has an experiment');

  it('finds nothing changed between a report and itself', () => {
    const same = compareReports(after, after);
    expect(same.codeChanged).toBe(false);
    expect(same.inputs.every(({ change }) => change === 'same')).toBe(true);
    for (const { before, after: now, metrics } of same.experiments) {
      expect(before).toEqual(now);
      for (const metric of metrics) expect(metric.before).toEqual(metric.after);
    }
  });

  it('names files that are new, gone and changed', () => {
    const file = (key: string, etag: string) => ({ key, etag, size: 1 });
    const run = (...inputs: ReturnType<typeof file>[]) => ({ ...after, run: { ...after.run, inputs } });
    const { inputs } = compareReports(
      run(file('a', '1'), file('b', '1'), file('c', '1')),
      run(file('a', '1'), file('b', '2'), file('d', '1')),
    );
    expect(inputs.map(({ name, change }) => [name, change])).toEqual([
      ['a', 'same'],
      ['b', 'changed'],
      ['d', 'added'],
      ['c', 'removed'],
    ]);
  });

  it('shows experiments and metrics that only one of the runs has', () => {
    const shorter = { ...first, metrics: first.metrics.slice(1) };
    const { experiments } = compareReports({ ...after, experiments: [shorter] }, after);
    expect(experiments).toHaveLength(1 + others.length);
    const metric = experiments[0]?.metrics.find((found) => found.metric === first.metrics[0]?.metric);
    expect(metric).toMatchObject({ before: null, after: { p: expect.any(Number) } });
    for (const other of experiments.slice(1)) expect(other.before).toBeNull();
  });
});

describe('runsBefore', () => {
  const runs = ['c', 'b', 'a'].map((runId) => ({ runId }));

  it('are those that follow in a list that begins with the newest', () => {
    expect(runsBefore(runs, 'c')).toEqual(['b', 'a']);
    expect(runsBefore(runs, 'a')).toEqual([]);
    expect(runsBefore(runs, 'unknown')).toEqual([]);
  });
});

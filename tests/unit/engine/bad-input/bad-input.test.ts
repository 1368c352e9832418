import { beforeAll, describe, expect, test } from 'vitest';
import { type DatasetName, datasetNames } from '../../../../layers/data/datasets/index.ts';
import { badInputPage } from './bad-input-page.ts';
import { fileCases } from './drops.ts';
import { experimentCases } from './experiments.ts';
import { filesOf, goodDrop } from './good-drop.ts';
import { dropOfLines, expectedQuality } from './line-drop.ts';
import { lineCases } from './lines.ts';
import { type DropRun, type Row, reportOfDrop, runDrop } from './run-drop.ts';

const { files, cases } = dropOfLines();
const nameOf = ({ group, input }: { group: string; input: string }) => `${group}: ${input}`;

describe('bad lines in a drop that is fine otherwise', () => {
  let run: DropRun;
  beforeAll(async () => {
    run = await runDrop(files);
  });

  function fateOf(dataset: DatasetName, line: number): Row {
    const isHere = (row: Row) => Number(row.line) === line && row.dataset === dataset;
    const quarantined = run.quarantine.find(isHere);
    if (quarantined !== undefined) return { quarantined: [quarantined.column, quarantined.rule] };
    const staged = run.staged[dataset].find(({ _line }) => Number(_line) === line);
    const clean = run.events.find(({ event_id }) => dataset === 'events' && event_id === staged?.event_id);
    return { taken: { ...staged, clean_user: clean?.user_id, net_revenue: clean?.net_revenue } };
  }

  test.each(cases.map((one) => [nameOf(one), one] as const))('%s', (_, { dataset, lines, lineNumbers }) => {
    for (const [index, [, { taken = {}, quarantined }]] of lines.entries()) {
      const fate = fateOf(dataset, lineNumbers[index] ?? 0);
      if (quarantined === undefined)
        expect(fate).toMatchObject({ taken: { _line: expect.anything(), ...taken } });
      else expect(fate).toEqual({ quarantined });
    }
  });

  test('every line is accounted for, as its case says', () => {
    expect(run.measured.quality).toEqual(expectedQuality());
  });

  test('the warnings are those of the cases, and no others', () => {
    const counted = (pairs: readonly (readonly [string, number])[]) => {
      const counts: Record<string, number> = {};
      for (const [name, rows] of pairs) counts[name] = (counts[name] ?? 0) + rows;
      return counts;
    };
    const expected = cases.flatMap(({ dataset, lines }) =>
      lines.flatMap(([, { warned }]): [string, number][] =>
        warned === undefined ? [] : [[`${dataset} ${warned}`, 1]],
      ),
    );
    const found = run.measured.warnings.map(({ dataset, rule, rows }): [string, number] => [
      `${dataset} ${rule}`,
      rows,
    ]);
    expect(counted(found)).toEqual(counted(expected));
  });
});

describe('drops', () => {
  test.each(fileCases.map((one) => [nameOf(one), one] as const))('%s', async (_, one) => {
    const { files: drop, fails, goesOn } = one;
    if (fails !== undefined) {
      const error = await runDrop(drop).then(
        () => undefined,
        (caught: Error) => caught,
      );
      expect(error?.name).toBe(fails[0]);
      expect(error?.message).toContain(fails[1]);
      return;
    }
    const { measured, staged } = await runDrop(drop);
    const quarantined = goesOn?.quarantined ?? [];
    for (const dataset of datasetNames) {
      const good = goodDrop[dataset].length - 1;
      expect(
        measured.quality[dataset] ?? { accepted: 0, quarantined: 0, duplicates: 0 },
        dataset,
      ).toMatchObject({
        accepted: goesOn?.accepted?.[dataset] ?? good,
        quarantined: quarantined.reduce((sum, [name, , , rows]) => sum + (name === dataset ? rows : 0), 0),
        duplicates: goesOn?.duplicates?.[dataset] ?? 0,
      });
    }
    expect(
      measured.quarantineRules.map(({ dataset, column, rule, rows }) => [dataset, column, rule, rows]),
    ).toEqual(quarantined);
    expect(measured.warnings.map(({ dataset, rule, rows }) => [dataset, rule, rows])).toEqual(
      goesOn?.warned ?? [],
    );
    expect(staged.events.at(-1)).toMatchObject(goesOn?.lastEvent ?? {});
  });

  test('a drop without a fault has none', async () => {
    const { measured, quarantine } = await runDrop(filesOf(goodDrop));
    expect([measured.quarantineRules, measured.warnings, quarantine]).toEqual([[], [], []]);
  });
});

describe('experiments', () => {
  test.each(experimentCases.map((one) => [one.input, one] as const))('%s', async (_, one) => {
    const { experiments, quality } = await reportOfDrop(one.files);
    const ids = Object.keys(one.decisions);
    expect(experiments.map(({ experimentId }) => experimentId)).toEqual(ids);
    for (const { experimentId, decision } of experiments) {
      const [action, reason = ''] = one.decisions[experimentId] ?? [];
      expect(decision.action, decision.reasons.join(' ')).toBe(action);
      expect(decision.reasons[0]).toContain(reason);
    }
    const [first] = experiments;
    expect(first?.trust.warnings.join(' ')).toContain(one.warns ?? '');
    expect(quality.events?.duplicates).toBe(one.duplicates ?? 0);
    const metrics = first?.metrics.filter(({ metric }) => metric === 'revenue_per_user') ?? [];
    expect(metrics).toHaveLength(1);
    if (one.revenue === undefined) return;
    const [comparison] = metrics[0]?.comparisons ?? [];
    expect({
      control: (comparison?.control.mean ?? 0) * 100,
      treatment: (comparison?.treatment.mean ?? 0) * 100,
    }).toEqual(one.revenue);
  });
});

test('no case is there twice', () => {
  const names = [...[...lineCases, ...fileCases].map(nameOf), ...experimentCases.map(({ input }) => input)];
  expect(new Set(names).size).toBe(names.length);
});

test('docs/bad-input.md tells every case (renew with vitest -u)', async () => {
  await expect(badInputPage()).toMatchFileSnapshot('../../../../docs/bad-input.md');
});

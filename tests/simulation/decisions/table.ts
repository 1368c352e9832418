import { markdownTable } from '../../oracle/document.ts';
import type { Result } from './summary.ts';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const signs = { 'at most': '≤', 'at least': '≥' } as const;

/** The results as Markdown tables, a part of the grid each. */
export function table(results: readonly Result[]): string {
  const groups = [...new Set(results.map(({ group }) => group))];
  return groups
    .map((group) => {
      const own = results.filter((result) => result.group === group);
      return `### ${group}\n\n${own.some(({ looks }) => looks > 1) ? ofSeveralLooks(own) : ofOneLook(own)}`;
    })
    .join('\n\n');
}

function ofOneLook(results: readonly Result[]): string {
  return markdownTable(
    [
      'Truth and plan',
      'Users',
      'Experiments',
      'Ship',
      'Do not ship',
      'Keep running',
      'Invalid',
      'Power',
      'Promise',
      '',
    ],
    results.map((result) => [
      ...described(result),
      ...(['ship', 'do_not_ship', 'keep_running', 'invalid'] as const).map((rate) =>
        rateWithBand(result, rate),
      ),
      powerOf(result),
      ...promisesOf(result),
    ]),
  );
}

function ofSeveralLooks(results: readonly Result[]): string {
  return markdownTable(
    [
      'Truth and plan',
      'Users',
      'Experiments',
      'Looks',
      'Ship, some look',
      'Do not ship, some look',
      'Harm, some look',
      'Ship, last look',
      'Power',
      'Promise',
      '',
    ],
    results.map((result) => [
      ...described(result),
      String(result.looks),
      ...(['ship at some look', 'do_not_ship at some look', 'harm at some look', 'ship'] as const).map(
        (rate) => rateWithBand(result, rate),
      ),
      powerOf(result),
      ...promisesOf(result),
    ]),
  );
}

function described({ cell, users, experiments }: Result): string[] {
  return [cell, String(users), String(experiments)];
}

function rateWithBand({ rates, bands }: Result, rate: keyof Result['rates']): string {
  const { lower, upper } = bands[rate];
  return `${percent(rates[rate])} (${(100 * lower).toFixed(1)} to ${(100 * upper).toFixed(1)})`;
}

function powerOf({ power }: Result): string {
  return power === null ? '' : `${percent(power.found)} of ${percent(power.promised)}`;
}

function promisesOf({ promises }: Result): [string, string] {
  return [
    promises.map(({ rate, is, value }) => `${rate} ${signs[is]} ${percent(value)}`).join(', '),
    promises.map(({ kept, measured }) => (kept ? 'kept' : `**broken: ${percent(measured)}**`)).join(', '),
  ];
}

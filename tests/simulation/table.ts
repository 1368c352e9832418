import { markdownTable } from '../oracle/document.ts';
import type { Result } from './scenario.ts';

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
const promises = { equal: '', 'at most': '≤ ', 'at least': '≥ ' } as const;

/** The results as a Markdown table, with the known deviations below. */
export function table(results: readonly Result[]): string {
  const notes: string[] = [];
  const rows = results.map((result) => {
    const { method, setting, measures, promise, nominal, measured, repetitions, band, kept, deviation } =
      result;
    let verdict = kept ? 'inside' : 'outside';
    if (deviation !== null && !kept) {
      if (!notes.includes(deviation)) notes.push(deviation);
      verdict = `outside (${notes.indexOf(deviation) + 1})`;
    }
    return [
      method,
      setting,
      measures,
      `${promises[promise]}${percent(nominal)}`,
      percent(measured),
      `${percent(band.lower)} to ${percent(band.upper)}`,
      String(repetitions),
      verdict,
    ];
  });
  const header = ['Method', 'Setting', 'What', 'Nominal', 'Measured', '99.9 % band', 'Experiments', ''];
  return [markdownTable(header, rows), '', ...notes.map((note, i) => `${i + 1}. ${note}`)].join('\n');
}

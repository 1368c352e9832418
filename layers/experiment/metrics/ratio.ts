import { z } from 'zod';
import { type OutcomeColumn, otherColumns } from '../outcome-columns.ts';
import { eventName, type MetricKind, metricBase } from './metric-kind.ts';

const schema = z.strictObject({
  kind: z.literal('ratio'),
  numerator: eventName,
  denominator: eventName,
  better: metricBase.better,
});
type Declared = z.infer<typeof schema>;

/** Sum of one metric or column over that of another. */
export const ratio = {
  kind: 'ratio',
  schema,
  canCap: true,
  canAdjust: true,
  isPart: false,
  columnOf: () => undefined,
  measure(name, declared, { partNamed }) {
    const numerator = partNamed(declared.numerator);
    const denominator = partNamed(declared.denominator);
    if (numerator === undefined || denominator === undefined) {
      throw new Error(`the parts of the metric "${name}" are none`);
    }
    return { numerator, denominator, needs: [numerator, denominator].some(isOfSessions) ? ['sessions'] : [] };
  },
  problems: (_, declared, { partNamed, suggestPart }) =>
    (['numerator', 'denominator'] as const)
      .filter((key) => partNamed(declared[key]) === undefined)
      .map((key) => ({
        key,
        what: `"${declared[key]}" is no metric or column whose sum a ratio could be made of`,
        remedy: suggestPart(declared[key]),
      })),
} as const satisfies MetricKind<Declared>;

function isOfSessions({ column }: OutcomeColumn): boolean {
  return column === otherColumns.sessions.column || column === otherColumns.session_ms.column;
}

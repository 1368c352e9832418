import { formatDecimal, statedP } from './format.ts';
import type { ExperimentReport, TrustCheck } from './schema.ts';

/**
 * What the check measured: `χ²(1) = 0.63, p = 0.4288`, with the degrees of freedom where they are known; `adjusted p` where
 * it is corrected and the statistic is not.
 */
export function checkNumber(check: TrustCheck): string {
  const { p, statistic, df, isAdjusted } = check;
  const freedom = df === null || df === undefined ? '' : `(${df})`;
  const parts = [
    ...(statistic === null ? [] : [`χ²${freedom} = ${formatDecimal(statistic, 2)}`]),
    ...(p === null ? [] : [`${isAdjusted ? 'adjusted ' : ''}${statedP(p)}`]),
  ];
  return parts.length === 0 ? '–' : parts.join(', ');
}

const order: readonly TrustCheck['status'][] = ['fail', 'warn', 'pass', 'not_checked'];

/** The checks with those first that did not pass. */
export function checksByGravity({ trust: { checks } }: ExperimentReport): TrustCheck[] {
  return checks.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
}

/** A check that warns, in a few words: `Outcome windows (66.0 % not ended)`. */
export function checkNote({ label, note }: TrustCheck): string {
  return note === null ? label : `${label} (${note})`;
}

/** Warnings of an experiment that no check tells already. */
export function otherWarnings({ trust: { checks, warnings } }: ExperimentReport): string[] {
  const told = new Set(checks.map(({ explanation }) => explanation));
  return warnings.filter((warning) => !told.has(warning));
}

/** What the checks amount to: one that cannot be made takes nothing away, unless it is that of the sample ratio. */
function gravest(checks: readonly TrustCheck[]): TrustCheck['status'] {
  const found = (['fail', 'warn'] as const).find((status) => checks.some((check) => check.status === status));
  return found ?? checks.find(({ name }) => name === 'sample_ratio_exposed')?.status ?? 'not_checked';
}

/**
 * The gravest status of an experiment's checks, how many there are of each, and the names of those that did not pass:
 * `13 of 14 passed, 1 not checked (Sample ratio on each day)`.
 */
export function trustSummary({ trust: { checks } }: ExperimentReport): {
  readonly status: TrustCheck['status'];
  readonly text: string;
} {
  const of = (status: TrustCheck['status']) => checks.filter((check) => check.status === status);
  const others = (
    [
      ['fail', 'failed'],
      ['warn', 'with a note'],
      ['not_checked', 'not checked'],
    ] as const
  ).filter(([status]) => of(status).length > 0);
  return {
    status: gravest(checks),
    text: [
      `${of('pass').length} of ${checks.length} passed`,
      ...others.map(
        ([status, words]) =>
          `${of(status).length} ${words} (${of(status)
            .map(({ label }) => label)
            .join('; ')})`,
      ),
    ].join(', '),
  };
}

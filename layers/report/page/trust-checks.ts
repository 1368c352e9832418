import { formatQuantity, statedP } from '../format.ts';
import type { ExperimentReport, TrustCheck } from '../schema.ts';

/** What the check measured: `χ² = 0.63 (1 degree of freedom), p = 0.4288`. */
export function checkNumber({ p, statistic, df }: TrustCheck): string {
  const freedom = df === null || df === undefined ? '' : ` (${formatQuantity(df, 'degree')} of freedom)`;
  const parts = [
    ...(statistic === null ? [] : [`χ² = ${Number(statistic.toPrecision(3))}${freedom}`]),
    ...(p === null ? [] : [statedP(p)]),
  ];
  return parts.length === 0 ? '–' : parts.join(', ');
}

const order: readonly TrustCheck['status'][] = ['fail', 'warn', 'pass', 'not_checked'];

/** The checks with those first that did not pass. */
export function checksByGravity({ trust: { checks } }: ExperimentReport): TrustCheck[] {
  return checks.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
}

/** Warnings of an experiment that no check tells already. */
export function otherWarnings({ trust: { checks, warnings } }: ExperimentReport): string[] {
  const told = new Set(checks.map(({ explanation }) => explanation));
  return warnings.filter((warning) => !told.has(warning));
}

/** The gravest status of an experiment's checks, and how many there are of each: `12 of 14 passed, 2 to note`. */
export function trustSummary({ trust: { checks } }: ExperimentReport): {
  readonly status: TrustCheck['status'];
  readonly text: string;
} {
  const count = (status: TrustCheck['status']) => checks.filter((check) => check.status === status).length;
  const others = (
    [
      ['fail', 'failed'],
      ['warn', 'to note'],
      ['not_checked', 'not checked'],
    ] as const
  ).filter(([status]) => count(status) > 0);
  return {
    status: others[0]?.[0] ?? 'pass',
    text: [
      `${count('pass')} of ${checks.length} passed`,
      ...others.map(([status, words]) => `${count(status)} ${words}`),
    ].join(', '),
  };
}

import { statedP } from '../format.ts';
import type { ExperimentReport, TrustCheck } from '../schema.ts';

/** What the check measured: `p = 0.4288, statistic 0.63`. */
export function checkNumber({ p, statistic }: TrustCheck): string {
  const parts = [
    ...(p === null ? [] : [statedP(p)]),
    ...(statistic === null ? [] : [`statistic ${Number(statistic.toPrecision(3))}`.replace('-', '−')]),
  ];
  return parts.length === 0 ? '–' : parts.join(', ');
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

import { formatCount, formatP, formatPercent } from '../format.ts';
import type { ExperimentReport, SampleRatio } from '../schema.ts';
import { reasonText } from './words.ts';

export interface TrustCheck {
  readonly name: string;
  readonly status: SampleRatio['status'] | 'note';
  readonly number: string;
  /** What the result means, in plain language. */
  readonly meaning: string;
}

/** The trust checks of an experiment, those that can make it invalid first. */
export function trustChecks({ trust }: ExperimentReport): TrustCheck[] {
  const shareOf = ({ users, share }: { users: number; share: number | null }) =>
    `${formatCount(users)} users (${formatPercent(share)})`;
  return [
    sampleRatioCheck('Sample ratio of exposed users', trust.srm),
    sampleRatioCheck('Sample ratio of assigned users', trust.srmAssigned),
    {
      name: 'Users in several arms',
      status: trust.crossovers.users === 0 ? 'pass' : 'note',
      number: trust.crossovers.users === 0 ? 'none' : shareOf(trust.crossovers),
      meaning:
        trust.crossovers.users === 0
          ? 'Everyone saw one version only.'
          : 'They saw more than one version, so they are left out of the analysis.',
    },
    {
      name: 'Outcome windows ended',
      status: trust.immature.users === 0 ? 'pass' : 'note',
      number: trust.immature.users === 0 ? 'all users' : `${shareOf(trust.immature)} not ended`,
      meaning:
        trust.immature.users === 0
          ? 'Every outcome is final.'
          : 'These users may still act within their window, so numbers may change with later data.',
    },
  ];
}

/** The gravest status of an experiment's checks, and how many there are of each: `2 of 4 passed, 2 to note`. */
export function trustSummary(experiment: ExperimentReport): {
  readonly status: TrustCheck['status'];
  readonly text: string;
} {
  const checks = trustChecks(experiment);
  const count = (status: TrustCheck['status']) => checks.filter((check) => check.status === status).length;
  const others = (
    [
      ['fail', 'failed'],
      ['note', 'to note'],
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

function sampleRatioCheck(name: string, { status, p, chi2, reason }: SampleRatio): TrustCheck {
  const meanings = {
    pass: 'The split between the arms is what was configured, as far as chance allows.',
    fail: 'The split is not what was configured: users are missing from an arm, so the arms differ in more than the treatment.',
    not_checked: `The split could not be tested: ${reasonText(reason ?? 'no reason given')}.`,
  };
  const number = p === null ? 'n/a' : `p = ${formatP(p)}, χ² = ${(chi2 ?? 0).toFixed(2)}`;
  return { name, status, number, meaning: meanings[status] };
}

import type { TrustCheck } from './trust-schema.ts';

/** `purchase_conversion` as `Purchase conversion`; names that are not in snake_case stay as they are. */
export function metricLabel(metric: string): string {
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(metric)) return metric;
  return sentenceCase(metric);
}

/** What a covariate is: `pre_revenue` as `Revenue before exposure`, with its own lookback `pre28_revenue`. */
export function covariateLabel(covariate: string): string {
  const [, days, of] = /^pre(\d*)_(.+)$/.exec(covariate) ?? [];
  if (of === undefined) return metricLabel(covariate);
  return `${metricLabel(of)} ${days === '' ? '' : `in the ${days} days `}before exposure`;
}

/** `some_identifier` as `Some identifier`. */
export function sentenceCase(identifier: string): string {
  const text = identifier.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const checks: Record<TrustCheck['name'], string> = {
  sample_ratio_exposed: 'Sample ratio of exposed users',
  sample_ratio_assigned: 'Sample ratio of assigned users',
  sample_ratio_by_segment: 'Sample ratio in each segment',
  sample_ratio_by_day: 'Sample ratio on each day',
  crossovers: 'Users in several arms',
  crossover_asymmetry: 'Users in several arms, by first arm',
  unknown_variants: 'Users in arms that are not configured',
  covariate_balance: 'Balance before exposure',
  exposure_rate: 'Exposed share of the assigned',
  assignment_before_exposure: 'Assignment before exposure',
  immature_users: 'Outcome windows',
  duplicates: 'Duplicate lines',
  quarantine: 'Quarantined lines',
  time_order: 'Order of times',
};

export function checkLabel({ name }: Pick<TrustCheck, 'name'>): string {
  return checks[name];
}

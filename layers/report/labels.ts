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

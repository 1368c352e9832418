import type { Report } from './schema.ts';

/** What is not available apart from the experiments' metrics, which say so where they would stand. */
export function unavailableBeside({ experiments, unavailable }: Report): Report['unavailable'] {
  const metrics = new Set(
    experiments.flatMap((experiment) => experiment.metrics.map(({ metric }) => metric)),
  );
  return unavailable.filter(({ what }) => !metrics.has(what));
}

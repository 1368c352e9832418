import { z } from 'zod';
import { conversion } from './conversion.ts';
import { mean } from './mean.ts';
import type { MetricKind } from './metric-kind.ts';
import { quantile } from './quantile.ts';
import { ratio } from './ratio.ts';
import { retention } from './retention.ts';

/** Every kind of metric that experiment.yaml can declare, by its name there. */
const kinds = { conversion, mean, ratio, retention, quantile };

/** A metric that a configuration declares itself. */
export const declaredMetric = z.discriminatedUnion('kind', [
  conversion.schema,
  mean.schema,
  ratio.schema,
  retention.schema,
  quantile.schema,
]);
export type DeclaredMetric = z.infer<typeof declaredMetric>;

/** By which a metric is estimated and reported. */
export type MetricKindName = (typeof kinds)[keyof typeof kinds]['kind'];

export const metricKindNames: readonly MetricKindName[] = [
  ...new Set(Object.values(kinds).map(({ kind }) => kind)),
];

/** The kind of a metric, or that which one is declared as. */
export function kindNamed(name: MetricKindName | DeclaredMetric['kind']): KindOfAny {
  return kinds[name];
}

/** A kind whose declarations the caller has told apart by their `kind`. */
type KindOfAny = Omit<MetricKind<DeclaredMetric>, 'kind' | 'schema'> & { readonly kind: MetricKindName };

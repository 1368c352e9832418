import type { MetricKindName } from '../../experiment/metrics/kinds.ts';
import { conversion } from './conversion.ts';
import { mean } from './mean.ts';
import type { MetricAnalysis } from './metric-analysis.ts';
import { quantile } from './quantile.ts';
import { ratio } from './ratio.ts';

/** How the metrics of each kind are analysed. */
export const analyses: Readonly<Record<MetricKindName, MetricAnalysis>> = {
  conversion,
  mean,
  ratio,
  quantile,
};

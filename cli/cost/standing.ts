import { prices } from './prices.ts';

/** Hours of a month, as AWS's calculator has them. */
const hoursOfMonth = 730;

/** What a stack has that costs whether something runs or not. */
export interface Standing {
  /** Metrics of all alarms together. */
  readonly alarmMetrics: number;
  readonly dashboards: number;
  /** Metrics that are made of logs. */
  readonly ownMetrics: number;
  /** Interface endpoints, counted in each zone. */
  readonly endpoints: number;
  readonly secrets: number;
}

/** The stack as it is deployed by default (cdk/alarms.ts, network.ts, database.ts); tests count its template. */
export const defaultStanding: Standing = {
  alarmMetrics: 28,
  dashboards: 1,
  ownMetrics: 2,
  endpoints: 2,
  secrets: 1,
};

/** USD a month, of each and of all. */
export interface StandingCost {
  readonly alarms: number;
  readonly dashboard: number;
  readonly metrics: number;
  readonly endpoint: number;
  readonly secret: number;
  readonly total: number;
}

/** What a stack costs a month without a run; without storage and logs, which depend on the data. */
export function standingCost({
  alarmMetrics,
  dashboards,
  ownMetrics,
  endpoints,
  secrets,
}: Standing): StandingCost {
  const costs = {
    alarms: alarmMetrics * prices.cloudWatch.alarmMetricMonth,
    dashboard: dashboards * prices.cloudWatch.dashboardMonth,
    metrics: ownMetrics * prices.cloudWatch.metricMonth,
    endpoint: endpoints * hoursOfMonth * prices.endpointHour,
    secret: secrets * prices.secretMonth,
  };
  return { ...costs, total: Object.values(costs).reduce((sum, cost) => sum + cost, 0) };
}

/**
 * List prices on demand in USD of us-east-1, without free tier, tiers of volume, tax or discount, each with the page that states it.
 * Written down by hand and compared last on 2026-11-29, with copies of these pages and, where a page fills in its numbers by a script
 * (Lambda, S3, Aurora, CloudWatch), with what others cite of it: look there before a decision rests on them. Other regions have others.
 */
export const prices = {
  region: 'us-east-1',
  /** https://aws.amazon.com/lambda/pricing: "Duration" of the first tier, "Requests" by the million. */
  lambda: { gbSecond: { arm64: 0.0000133334, x86_64: 0.0000166667 }, request: 0.2 / 1e6 },
  /** https://aws.amazon.com/step-functions/pricing: standard workflows, by the thousand, retries included. */
  stateTransition: 0.025 / 1000,
  /** https://aws.amazon.com/s3/pricing: S3 Standard, "PUT, COPY, POST, LIST requests", storage of the first 50 TB. */
  s3: { put: 0.005 / 1000, gbMonth: 0.023 },
  /** https://aws.amazon.com/rds/aurora/pricing: Aurora Standard, an ACU for an hour, and storage. */
  aurora: { acuHour: 0.12, gbMonth: 0.1 },
  /** https://aws.amazon.com/cloudwatch/pricing: each metric that an alarm of standard resolution looks at, a metric of one's own, a dashboard. */
  cloudWatch: { alarmMetricMonth: 0.1, metricMonth: 0.3, dashboardMonth: 3 },
  /** https://aws.amazon.com/privatelink/pricing: an interface endpoint, in each zone. */
  endpointHour: 0.01,
  /** https://aws.amazon.com/secrets-manager/pricing */
  secretMonth: 0.4,
} as const;

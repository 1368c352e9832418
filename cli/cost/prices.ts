/**
 * List prices on demand in USD of us-east-1, without free tier, tiers of volume, tax or discount. Written down by hand: look
 * at the pages named here before a decision rests on them. Other regions have others.
 */
export const prices = {
  region: 'us-east-1',
  /** https://aws.amazon.com/lambda/pricing */
  lambda: { gbSecond: { arm64: 0.0000133334, x86_64: 0.0000166667 }, request: 0.2 / 1e6 },
  /** https://aws.amazon.com/step-functions/pricing, standard workflows */
  stateTransition: 0.025 / 1000,
  /** https://aws.amazon.com/s3/pricing, S3 Standard */
  s3: { put: 0.005 / 1000, gbMonth: 0.023 },
} as const;

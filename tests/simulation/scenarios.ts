import { fixedHorizon } from './fixed-horizon.ts';
import { manyLooks } from './many-looks.ts';
import { manyTests } from './many-tests.ts';
import { parallel } from './parallel.ts';
import { planning } from './planning.ts';
import { posterior } from './posterior.ts';
import { ramp } from './ramp.ts';

import type { Scenario } from './scenario.ts';
import { sinceExposure } from './since-exposure.ts';

export const scenarios: readonly Scenario[] = [
  ...fixedHorizon,
  ...manyLooks,
  ...manyTests,
  ...sinceExposure,
  ...posterior,
  ...planning,
  ...parallel,
  ...ramp,
];

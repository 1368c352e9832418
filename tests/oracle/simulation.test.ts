import { describe, expect, test } from 'vitest';
import { simulate } from '../simulation/scenario.ts';
import { scenarios } from '../simulation/scenarios.ts';

/** A twentieth of the full run, whose seeds are fixed: see tests/simulation/run.ts for all of it. */
describe('simulated experiments keep what the methods promise, or differ for a known reason', () => {
  test.each(scenarios)('$method: $measures, $setting', (scenario) => {
    const result = simulate(scenario, Math.ceil(scenario.repetitions / 20));
    if (scenario.deviation === undefined) {
      expect(
        result.kept,
        `${result.measured} against ${result.nominal} (${result.band.lower} to ${result.band.upper})`,
      ).toBe(true);
    }
  });
});

test('no two scenarios share their random numbers', () => {
  const names = scenarios.map(({ method, setting, measures }) => `${method}/${setting}/${measures}`);
  expect(new Set(names).size).toBe(scenarios.length);
});

import { generate } from './generate.ts';
import { type History, recordHistory } from './history.ts';
import { randomFrom } from './random.ts';
import type { Truth } from './truth.ts';

/** One experiment of a shop, the same for the same seed. */
export function simulateExperiment(truth: Truth, seed: string): History {
  const { sink, history } = recordHistory(truth);
  generate(truth, randomFrom(seed), sink);
  return history();
}

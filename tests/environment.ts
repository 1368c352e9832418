import process from 'node:process';

/**
 * Makes the environment what it was. In place: Vitest's stubs are of the object that `process.env` is at the start, and stay
 * behind in another one.
 */
export function restoreEnvironment(before: Readonly<NodeJS.ProcessEnv>): void {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
}

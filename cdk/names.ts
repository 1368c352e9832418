import type { Settings } from './settings.ts';

/**
 * Name of a resource in an environment: `base`, or `<base>-<env>`, so that several environments live in one account.
 */
export function named({ env }: Pick<Settings, 'env'>, base: string): string {
  return env === undefined ? base : `${base}-${env}`;
}

import process from 'node:process';
import { LocalError } from '../../layers/platform/errors.ts';
import type { State } from './state.ts';

export interface LocalEnvironment {
  readonly AWS_ENDPOINT_URL: string;
  readonly AWS_ENDPOINT_URL_S3: string;
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
  readonly AWS_REGION: string;
  readonly AWS_DEFAULT_REGION: string;
  readonly DATABASE_URL: string;
}

/** Credentials and region of the emulator, which takes any. */
export const emulatedAccount = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
} as const;

/** The server that `AWS_ENDPOINT_URL` names in the place of AWS or of the local one; set to nothing it names none. */
export function endpointOf(variables: NodeJS.ProcessEnv = process.env): string | undefined {
  return variables.AWS_ENDPOINT_URL || undefined;
}

/**
 * The environment in which AWS clients and Postgres clients reach what runs locally.
 * @throws LocalError when the emulator or the database is not running
 */
export function localEnvironment({ emulator, postgres }: State): LocalEnvironment {
  if (emulator === undefined || postgres === undefined) {
    throw new LocalError({
      what:
        emulator === undefined ? 'the local emulator is not running' : 'the local database is not running',
      remedy: 'Start it: ./ecom up',
    });
  }
  return {
    AWS_ENDPOINT_URL: emulator.endpoint,
    AWS_ENDPOINT_URL_S3: emulator.endpoint,
    ...emulatedAccount,
    DATABASE_URL: postgres.url,
  };
}

import path from 'node:path';
import { askVersion, hasFolder } from './emulator.ts';
import { type LocalEnvironment, localEnvironment } from './environment.ts';
import { deploymentFingerprint } from './fingerprint.ts';
import { readSaved } from './saved-index.ts';
import { readState, stateFolder, statePaths } from './state.ts';

/** What `ecom status --json` prints; null stands for what does not run or is not there. */
export interface Status {
  readonly stateFolder: string;
  readonly emulator: {
    readonly endpoint: string;
    readonly version: string | null;
    readonly pid: number;
    /** Whether it answers, and can store what it is given. */
    readonly healthy: boolean;
    readonly log: string;
  } | null;
  readonly postgres: {
    readonly kind: 'embedded' | 'external';
    readonly url: string;
    readonly version: string;
    readonly pid: number | null;
    readonly log: string | null;
  } | null;
  readonly deployed: {
    readonly at: string;
    /** Whether the sources are still those that were deployed. */
    readonly current: boolean;
    readonly rawBucket: string;
    readonly processedBucket: string;
    readonly stateMachineArn: string;
  } | null;
  /** What the last `ecom down` saved. */
  readonly saved: { readonly at: string; readonly objects: number } | null;
  readonly awslocal: string;
  readonly environment: LocalEnvironment | null;
}

/** What runs locally, looked at now. */
export async function readStatus(folder = stateFolder()): Promise<Status> {
  const state = readState(folder);
  const { emulator, postgres, deployed } = state;
  const files = statePaths(folder);
  const saved = await readSaved(files.buckets);
  return {
    stateFolder: folder,
    emulator:
      emulator === undefined
        ? null
        : {
            endpoint: emulator.endpoint,
            version: emulator.version ?? null,
            pid: emulator.pid,
            healthy: hasFolder(files) && (await askVersion(emulator.endpoint)) !== undefined,
            log: files.emulatorLog,
          },
    postgres:
      postgres === undefined
        ? null
        : {
            kind: postgres.kind,
            url: postgres.url,
            version: postgres.version,
            pid: postgres.kind === 'embedded' ? postgres.pid : null,
            log: postgres.kind === 'embedded' ? files.postgresLog : null,
          },
    deployed:
      deployed === undefined || postgres === undefined
        ? null
        : {
            at: deployed.at,
            current: deployed.fingerprint === deploymentFingerprint(postgres.url),
            rawBucket: deployed.rawBucket,
            processedBucket: deployed.processedBucket,
            stateMachineArn: deployed.stateMachineArn,
          },
    saved: saved === undefined ? null : { at: saved.at, objects: saved.objects.length },
    awslocal: path.join(PROJECT_ROOT, '.venv', 'bin', 'awslocal'),
    environment: emulator === undefined || postgres === undefined ? null : localEnvironment(state),
  };
}

import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import pg from 'pg';
import { type LocalEnvironment, localEnvironment } from '../../cli/local/environment.ts';
import { readState } from '../../cli/local/state.ts';
import type { Connection } from '../../cli/pipeline/connection.ts';
import { targetConfig } from '../../cli/pipeline/target.ts';
import { S3Store } from '../../layers/platform/s3.ts';
import { RunStore } from '../../layers/runs/store.ts';

/** The shared deployment as a test talks to it, beside the command line. */
export interface Deployed extends Connection {
  readonly stateFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  sql<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

export function connectTo(stateFolder: string): Deployed {
  return connectThrough(localEnvironment(readState(stateFolder)), stateFolder);
}

/** The same where the environment says what runs. */
export function connectThrough(local: LocalEnvironment, stateFolder: string): Deployed {
  const environment = { ...local };
  const config = targetConfig();
  const client = {
    endpoint: environment.AWS_ENDPOINT_URL,
    region: environment.AWS_REGION,
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID,
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY,
    },
  };
  const s3 = new S3Client(client);
  const raw = new S3Store(config.aws.raw_bucket, s3);
  const processed = new S3Store(config.aws.processed_bucket, s3);
  return {
    stateFolder,
    environment,
    config,
    raw,
    processed,
    store: new RunStore(raw, processed),
    stepFunctions: new SFNClient(client),
    async sql(text, values = []) {
      const database = new pg.Client({ connectionString: environment.DATABASE_URL });
      await database.connect();
      try {
        return (await database.query(text, [...values])).rows;
      } finally {
        await database.end();
      }
    },
  };
}

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { RemovalPolicy, SecretValue, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { z } from 'zod';
import { ConfigError } from '../layers/platform/errors.ts';
import type { DatabaseAccess } from './database.ts';
import type { Settings } from './settings.ts';

const stateSchema = z.object({ postgres: z.object({ url: z.string().startsWith('postgres') }) });

interface DatabaseSecretProps {
  readonly settings: Settings;
  /** Folder of package.json. */
  readonly root: string;
}

/** Off AWS: the secret `{"url": "postgres://..."}` that `load` and `publish` connect with. */
export class DatabaseSecret extends Construct implements DatabaseAccess {
  readonly secretArn: string;

  constructor(scope: Construct, id: string, { settings, root }: DatabaseSecretProps) {
    super(scope, id);
    if (settings.databaseSecretArn !== undefined) {
      this.secretArn = settings.databaseSecretArn;
      return;
    }
    const url = localDatabaseUrl(root, settings.target);
    const secret = new Secret(this, 'Secret', {
      secretName: 'ecom-experiment-pipeline/database',
      description: 'Where the pipeline publishes marts: {"url": "postgres://..."}',
      // Nothing secret stands here: the address of a throw-away database.
      secretObjectValue: { url: SecretValue.unsafePlainText(url) },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.secretArn = secret.secretArn;
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'The address of a database on this machine, which has no one to rotate it.',
    });
  }
}

/** DATABASE_URL, else what the running local database wrote into its state. */
function localDatabaseUrl(root: string, target: Settings['target']): string {
  const { DATABASE_URL, ECOM_STATE } = process.env;
  if (DATABASE_URL !== undefined && DATABASE_URL !== '') return DATABASE_URL;
  if (target === 'docker') return 'postgres://ecom:ecom@postgres:5432/ecom';
  const file = path.join(ECOM_STATE ?? path.join(root, '.ecom'), 'state.json');
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).postgres.url;
  } catch (cause) {
    throw new ConfigError(
      {
        what: 'no local database is known',
        where: file,
        remedy: 'Start it with `./ecom up`, or set DATABASE_URL',
      },
      { cause },
    );
  }
}

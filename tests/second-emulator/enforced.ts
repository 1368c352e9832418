/**
 * The product where every request is encrypted and needs a policy that allows it; a process of its own, since Node.js trusts a
 * certificate from its start on. `enforced.ts <folder> <certificate> <key> <answer>`: writes what it saw into the file `answer`.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Drop } from '../e2e/reliability/drop.ts';
import { startMinistack } from './emulators.ts';
import { ask, failureOf, makeDrops, readFiles } from './observe.ts';

const [folder = '', certificate = '', key = '', answer = ''] = process.argv.slice(2);
const emulator = await startMinistack(folder, { certificate, key });
try {
  const { deployed } = emulator;
  const drops = await makeDrops(folder);
  const { AWS_ENDPOINT_URL: endpoint = '' } = deployed.environment;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const secrets = new SecretsManagerClient({ endpoint, region: 'us-east-1', credentials });
  // Policies name a secret by its ARN, which this emulator does not have for one of the stack.
  const { ARN = '' } = await secrets.send(new CreateSecretCommand({ Name: 'database', SecretString: '{}' }));
  await emulator.deploy({ databaseSecretArn: ARN });
  const run = await new Drop(deployed, 'shop').run(drops.shop);
  const files = await readFiles(deployed, run.runId);

  const role = await ask<string>(
    deployed,
    ...([
      'lambda',
      'get-function-configuration',
      'Role',
      '--function-name',
      'ecom-experiment-measure',
    ] as const),
  );
  await ask(
    deployed,
    ...([
      'iam',
      'delete-role-policy',
      '@',
      '--policy-name',
      'Data',
      '--role-name',
      path.basename(role),
    ] as const),
  );
  const ended = await new Drop(deployed, 'refused').run(drops.other);
  const refused = await failureOf(deployed, ended);
  await writeFile(answer, JSON.stringify({ status: run.status, files, refused }));
} finally {
  await emulator.stop();
}

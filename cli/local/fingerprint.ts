import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Everything that goes into the deployed stack and the database's schema, relative to the checkout. */
const sources = [
  'cdk',
  'cdk.json',
  'config',
  'infrastructure/postgres',
  'infrastructure/run.mjs',
  'infrastructure/text-modules.mjs',
  'lambdas',
  'layers',
  'package-lock.json',
];

/** Hash of all sources of a deployment and of the database that it publishes to. */
export function deploymentFingerprint(databaseUrl: string, root = PROJECT_ROOT): string {
  const hash = createHash('sha256').update(databaseUrl);
  for (const file of sources.flatMap((source) => filesOf(root, source))) {
    hash.update(`\0${file}\0`).update(readFileSync(path.join(root, file)));
  }
  return hash.digest('hex');
}

function filesOf(root: string, source: string): string[] {
  try {
    return readdirSync(path.join(root, source), { withFileTypes: true })
      .filter(({ name }) => !name.startsWith('.'))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const file = path.posix.join(source, entry.name);
        return entry.isDirectory() ? filesOf(root, file) : [file];
      });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return [source];
    throw error;
  }
}

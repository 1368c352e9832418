/**
 * The product on an emulator that is not its own, beside the one that is: `npm run emulator:second [-- --document]`. Writes
 * results.json, and with `--document` the tables of docs/reliability.md. Fails where what is seen differs for no known reason.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { replaceSection } from '../oracle/document.ts';
import { execute } from '../python-environment.ts';
import { compare } from './compare.ts';
import { type Emulator, inStateFolder, startLocalStack, startMinistack, type Tls } from './emulators.ts';
import { type Failure, makeDrops, type Observation, observe, type StoredFile } from './observe.ts';
import { faultsIn, type Results, type Seen } from './results.ts';
import { document, sections } from './table.ts';

const here = path.join(PROJECT_ROOT, 'tests/second-emulator');
const ours = await observeOn('localstack', startLocalStack);
const theirs = await observeOn('ministack', startMinistack);
const { files, ...enforced } = await observeEnforced();
const results: Results = {
  node: process.version,
  files: compare(ours.files, theirs.files),
  localstack: withoutFiles(ours),
  ministack: withoutFiles(theirs),
  enforced: { ...enforced, files: compare(ours.files, files) },
};
await writeFile(path.join(here, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
const faults = faultsIn(results);
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
if (faults.length === 0 && process.argv.includes('--document'))
  for (const [name, markdown] of Object.entries(sections(results))) replaceSection(name, markdown, document);

function observeOn(name: string, start: (folder: string) => Promise<Emulator>): Promise<Observation> {
  const tell = (step: string) =>
    process.stdout.write(`${name}: ${step} (${process.uptime().toFixed(0)} s)\n`);
  return inStateFolder(async (folder) => {
    const emulator = await start(folder);
    try {
      return await observe(emulator, await makeDrops(folder), tell);
    } finally {
      await emulator.stop();
    }
  });
}

function withoutFiles({ files: _, ...seen }: Observation): Seen {
  return seen;
}

interface EnforcedAnswer {
  readonly status: string;
  readonly files: Readonly<Record<string, StoredFile>>;
  readonly refused: Failure;
}

function observeEnforced(): Promise<EnforcedAnswer> {
  process.stdout.write(`ministack: under roles (${process.uptime().toFixed(0)} s)\n`);
  return inStateFolder(async (folder) => {
    const { certificate, key } = makeCertificate(folder);
    const answer = path.join(folder, 'answer.json');
    const [runner, entry] = [
      path.join(PROJECT_ROOT, 'infrastructure/run.mjs'),
      path.join(here, 'enforced.ts'),
    ];
    const child = spawn(process.execPath, [runner, entry, folder, certificate, key, answer], {
      stdio: 'inherit',
      env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate, CDK_CA_BUNDLE_PATH: certificate },
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`${entry} ended with ${code}`);
    return JSON.parse(await readFile(answer, 'utf8')) as EnforcedAnswer;
  });
}

function makeCertificate(folder: string): Tls {
  const tls = { certificate: path.join(folder, 'certificate.pem'), key: path.join(folder, 'key.pem') };
  execute('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE'],
    ...['-keyout', tls.key, '-out', tls.certificate],
  ]);
  return tls;
}

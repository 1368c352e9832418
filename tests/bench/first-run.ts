import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { freePort } from '../e2e/deployment.ts';

/** Seconds of each command of the README for somebody who has nothing but a clone, Node.js and Python: caches are empty. */
export interface FirstRun {
  /** From the clone to the first verdict, in process. */
  readonly analyze: readonly Step[];
  /** From the clone to the verdict of the deployed pipeline. */
  readonly demo: readonly Step[];
}

export interface Step {
  readonly command: string;
  readonly seconds: number;
}

/** Follows both ways of the README, each in a clone of its own of what is committed. */
export async function measureFirstRun(): Promise<FirstRun> {
  return {
    analyze: await inClone([
      'npm ci',
      './ecom generate shop/ --users 20000 --uplift 0.25',
      './ecom analyze shop/',
    ]),
    demo: await inClone(['npm run demo']),
  };
}

async function inClone(commands: readonly string[]): Promise<Step[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ecom-first-'));
  const clone = path.join(folder, 'clone');
  const environment = {
    ...process.env,
    npm_config_cache: path.join(folder, 'npm'),
    UV_CACHE_DIR: path.join(folder, 'uv'),
    PIP_NO_CACHE_DIR: '1',
    ECOM_STATE: path.join(folder, 'state'),
    ECOM_PORT: String(await freePort()),
  };
  const steps: Step[] = [];
  try {
    await shell(`git clone --quiet ${PROJECT_ROOT} ${clone}`, folder, environment);
    for (const command of commands) {
      const began = performance.now();
      await shell(command, clone, environment);
      steps.push({ command, seconds: Math.round((performance.now() - began) / 100) / 10 });
    }
    return steps;
  } finally {
    if (commands.includes('npm run demo')) await shell('./ecom down --wipe', clone, environment);
    await rm(folder, { recursive: true, force: true });
  }
}

async function shell(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [printed, told, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject)),
  ]);
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${told}${printed}`);
}

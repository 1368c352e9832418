import process from 'node:process';
import { App } from 'aws-cdk-lib';
import { describeFault, PipelineError } from '../layers/platform/errors.ts';
import { build } from './build.ts';
import { type DuckdbPlatform, hostPlatform } from './duckdb-layer.ts';
import { readSettings, type Settings } from './settings.ts';
import { createStacks } from './stacks.ts';

/** Where DuckDB has to run: as a process of this machine, in a Linux container on its CPU, or on Lambda. */
function duckdbPlatform({ target, architecture }: Settings): DuckdbPlatform {
  if (target === 'local') return hostPlatform();
  if (target === 'docker') return process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64';
  return architecture === 'arm64' ? 'linux-arm64' : 'linux-x64';
}

try {
  const app = new App();
  const settings = readSettings((key) => app.node.tryGetContext(key));
  // CDK checks the template with an engine that takes seconds to start; tests do that for every target.
  if (settings.target !== 'aws') process.env.CDK_VALIDATION = 'false';
  const { bundleLayer } = settings;
  const built = await build({ root: PROJECT_ROOT, platform: duckdbPlatform(settings), bundleLayer });
  createStacks(app, { settings, build: built, root: PROJECT_ROOT });
  app.synth();
} catch (error) {
  if (!(error instanceof PipelineError)) throw error;
  process.stderr.write(`${describeFault(error.fault)}\n`);
  process.exitCode = 1;
}

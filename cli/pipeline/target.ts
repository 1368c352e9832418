import awsOverlay from '../../config/aws.yaml';
import dockerOverlay from '../../config/docker.yaml';
import { type Config, type ConfigFile, loadConfig } from '../../layers/experiment/config.ts';
import { baseConfigFile } from '../../layers/experiment/run-configuration.ts';
import { UsageError } from '../../layers/platform/errors.ts';

const targets = ['local', 'docker', 'aws'] as const;
type Target = (typeof targets)[number];

const overlays: Record<Target, ConfigFile[]> = {
  local: [],
  docker: [{ name: 'config/docker.yaml', text: dockerOverlay }],
  aws: [{ name: 'config/aws.yaml', text: awsOverlay }],
};

/** The configuration of the target that `ECOM_TARGET` names (local by default), with further files over it. */
export function targetConfig(files: readonly ConfigFile[] = []): Config {
  return loadConfig([baseConfigFile, ...overlays[target()], ...files]);
}

/** Whether the target is the pipeline that runs on this machine. */
export function isLocal(): boolean {
  return target() === 'local';
}

/** The target that `ECOM_TARGET` names; local by default. */
export function target(): Target {
  const name = process.env.ECOM_TARGET ?? 'local';
  const found = targets.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  throw new UsageError({
    what: `there is no target "${name}"`,
    where: 'ECOM_TARGET',
    remedy: `It is one of ${targets.join(', ')}`,
  });
}

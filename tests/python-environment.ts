import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a virtual environment of what `requirements.lock` in `folder` names, unless it is there.
 * @returns its Python
 */
export function pythonOf(folder: string): string {
  const environment = path.join(folder, '.venv');
  const python = path.join(environment, 'bin/python');
  const complete = path.join(environment, 'complete');
  if (existsSync(complete)) return python;
  const own = path.join(PROJECT_ROOT, '.venv/bin');
  execute(path.join(own, 'python'), ['-m', 'venv', '--clear', environment]);
  execute(path.join(own, 'uv'), [
    ...['pip', 'sync', '--quiet', '--python', python, '--require-hashes'],
    path.join(folder, 'requirements.lock'),
  ]);
  writeFileSync(complete, '');
  return python;
}

/** @throws Error with what a command that failed told */
export function execute(command: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${status}:\n${stderr}`);
}

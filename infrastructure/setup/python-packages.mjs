import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { choosePython, pythonCommands } from './requirements.mjs';
import { stampOf } from './stamp.mjs';
import { capture, runTool } from './tools.mjs';

/** What an interpreter is asked: its version, and whether it can make virtual environments. */
const probe = `
import importlib.util, sys
print("%d.%d.%d" % sys.version_info[:3], all(map(importlib.util.find_spec, ("venv", "ensurepip"))))
`;

/**
 * A virtual environment with LocalStack, exactly as locked.
 * @param {string} root
 */
export function pythonPackages(root) {
  const emulator = path.join(root, 'infrastructure', 'emulator');
  const uvRequirements = path.join(emulator, 'uv-requirements.txt');
  const constraints = path.join(emulator, 'build-constraints.txt');
  const lock = path.join(emulator, 'requirements.lock');
  const environment = path.join(root, '.venv');
  const python = path.join(environment, 'bin', 'python');
  const stamp = stampOf(environment, [uvRequirements, constraints, lock]);
  const purpose = "installing the emulator's Python packages";
  return {
    name: "the emulator's Python packages",
    // The link to the interpreter dangles once that is uninstalled, and scripts name the folder they were made for.
    isCurrent: () => stamp.isCurrent() && fs.existsSync(python) && !isMoved(environment),
    find: () => findPython(root),
    /** @param {import('./requirements.mjs').Python} interpreter */
    install: async ({ command, version }) => {
      await runTool(
        `making a virtual environment with Python ${version}`,
        command,
        ['-m', 'venv', '--clear', environment],
        { cwd: root },
      );
      await runTool(
        purpose,
        python,
        ['-m', 'pip', 'install', '--quiet', '--require-hashes', '-r', uvRequirements],
        // Settings of the user that contradict a hash-checked installation into a virtual environment.
        { cwd: root, env: { PIP_CONSTRAINT: os.devNull, PIP_USER: '0', PIP_DISABLE_PIP_VERSION_CHECK: '1' } },
      );
      await runTool(
        purpose,
        path.join(environment, 'bin', 'uv'),
        [
          ...['pip', 'sync', '--quiet', '--python', python],
          ...['--require-hashes', '--build-constraints', constraints, lock],
        ],
        { cwd: root, env: await indexSettings(python, root) },
      );
      stamp.write();
    },
  };
}

/** @param {string} environment */
function isMoved(environment) {
  const activate = fs.readFileSync(path.join(environment, 'bin', 'activate'), 'utf8');
  return !activate.includes(environment);
}

/** @param {string} root */
async function findPython(root) {
  const wanted = process.env.ECOM_PYTHON || undefined;
  const commands = wanted === undefined ? pythonCommands : [wanted];
  const found = await Promise.all(
    commands.map(async (command) => {
      const { code, output } = await capture(command, ['-c', probe], { cwd: root });
      const [, version, venv] = /^(\d+\.\d+\.\d+) (True|False)\s*$/.exec(output) ?? [];
      return code === 0 && version !== undefined ? [{ command, version, venv: venv === 'True' }] : [];
    }),
  );
  return choosePython(found.flat(), wanted);
}

/**
 * uv does not read pip's configuration: whoever set a mirror there means uv as well.
 * @param {string} python
 * @param {string} root
 * @returns {Promise<Record<string, string>>}
 */
async function indexSettings(python, root) {
  const { UV_DEFAULT_INDEX, UV_INDEX_URL, PIP_INDEX_URL } = process.env;
  if (UV_DEFAULT_INDEX || UV_INDEX_URL) return {};
  if (PIP_INDEX_URL) return { UV_DEFAULT_INDEX: PIP_INDEX_URL };
  const { code, output } = await capture(python, ['-m', 'pip', 'config', 'get', 'global.index-url'], {
    cwd: root,
  });
  return code === 0 && output.trim() !== '' ? { UV_DEFAULT_INDEX: output.trim() } : {};
}

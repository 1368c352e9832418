import path from 'node:path';
import process from 'node:process';
import { hydrateLinks, nativeFolder } from '../postgres/native.mjs';
import { stampOf } from './stamp.mjs';
import { runTool } from './tools.mjs';

/**
 * The packages of package-lock.json, with PostgreSQL's binaries among them.
 * @param {string} root
 */
export function nodePackages(root) {
  const stamp = stampOf(path.join(root, 'node_modules'), [path.join(root, 'package-lock.json')]);
  return {
    name: 'the Node packages',
    isCurrent: stamp.isCurrent,
    install: async () => {
      // Neither NODE_ENV=production nor an omit in the user's configuration may leave out what the project runs on.
      const args = [
        'ci',
        '--include=dev',
        '--include=optional',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
      ];
      const [command, ...script] = npm();
      await runTool('installing the Node packages (npm ci)', command, [...script, ...args], { cwd: root });
      hydrateLinks(nativeFolder(root));
      stamp.write();
    },
  };
}

/** @returns {[string, ...string[]]} the npm that runs this script, else the one on the PATH */
function npm() {
  const { npm_execpath: running } = process.env;
  return running !== undefined && path.basename(running) === 'npm-cli.js'
    ? [process.execPath, running]
    : ['npm'];
}

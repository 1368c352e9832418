import { spawn } from 'node:child_process';
import process from 'node:process';
import { Problem } from './problem.mjs';

const networkSigns =
  /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|dns error|Failed to fetch|error sending request|Connection ?Error|NewConnectionError|Temporary failure in name resolution|timed out|Could not fetch URL|No matching distribution found/i;
const diskSigns = /ENOSPC|No space left on device/i;
const tailLines = 15;

/**
 * Runs a tool to its end and returns what it printed.
 * @param {string} purpose what it does, for messages: `installing the Node packages`
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: Record<string, string> }} options `env` is added to this process's environment
 * @returns {Promise<string>}
 * @throws {Problem} when it fails
 */
export async function runTool(purpose, command, args, { cwd, env = {} }) {
  const { code, output } = await capture(command, args, { cwd, env: { ...process.env, ...env } });
  if (code === 0) return output;
  if (code === undefined) {
    throw new Problem(
      `${purpose} failed: "${command}" cannot be started (${output})`,
      'Install it, or put it on the PATH, and try again',
    );
  }
  throw new Problem(`${purpose} failed`, remedyFor(output), tail(output));
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<{ code: number | undefined, output: string }>} no code: it could not be started at all
 */
export function capture(command, args, options) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => resolve({ code: undefined, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/**
 * The way out of a tool's failure, as far as its output tells.
 * @param {string} output
 */
export function remedyFor(output) {
  if (diskSigns.test(output)) return 'The disk is full: free some space and try again';
  if (networkSigns.test(output)) {
    return 'It could not reach the package registry: check the network (and HTTPS_PROXY, if you are behind a proxy) and try again';
  }
  return 'The lines above say why; what was installed before is kept, so just try again when it is mended';
}

/**
 * The end of what a tool printed, without the attempts that it repeated: the last one says the same.
 * @param {string} output
 */
export function tail(output) {
  return output
    .trimEnd()
    .split('\n')
    .filter((line) => !/^WARNING: Retrying /.test(line))
    .slice(-tailLines)
    .join('\n');
}

/** What a machine must bring along, as pure checks. Loaded by any Node that knows ES modules. */
import { Problem } from './problem.mjs';

const oldestNode = [20, 19];
const oldestPython = [3, 10];
const newestPython = [3, 13];
const gigabyte = 1e9;

/** Free space that a complete installation needs, in bytes. */
export const neededSpace = 2 * gigabyte;

/** Interpreters to look for, in this order. */
export const pythonCommands = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];

/**
 * @typedef {object} Python what a probe of one interpreter answered
 * @property {string} command
 * @property {string} version `3.11.7`
 * @property {boolean} venv whether it can make virtual environments
 */

/**
 * @param {string} version `20.19.0`
 * @throws {Problem} when Node.js is too old
 */
export function requireNode(version) {
  if (compare(numbers(version), oldestNode) >= 0) return;
  throw new Problem(
    `Node.js ${version} is too old: ${oldestNode.join('.')} or newer is needed`,
    'Install a newer one (https://nodejs.org, or: nvm install 22) and try again',
  );
}

/**
 * @param {{ platform: string, arch: string, musl: boolean }} machine
 * @throws {Problem} when no binaries of DuckDB and PostgreSQL exist for it
 */
export function requirePlatform({ platform, arch, musl }) {
  const remedy =
    platform === 'win32'
      ? 'Use the Windows Subsystem for Linux (wsl --install) and try again in there'
      : 'Use Linux with glibc (Debian, Ubuntu, Fedora) or macOS, on x64 or arm64';
  if (!['linux', 'darwin'].includes(platform) || !['x64', 'arm64'].includes(arch)) {
    throw new Problem(`${platform} on ${arch} is not supported`, remedy);
  }
  if (musl) throw new Problem('Linux with musl instead of glibc is not supported', remedy);
}

/**
 * @param {number} free bytes
 * @param {string} folder
 * @throws {Problem} when the disk is too full for an installation
 */
export function requireSpace(free, folder) {
  if (free >= neededSpace) return;
  throw new Problem(
    `only ${(free / gigabyte).toFixed(1)} GB are free for ${folder}: ${neededSpace / gigabyte} GB are needed`,
    'Free some space, or clone to another disk',
  );
}

/**
 * The first fitting interpreter.
 * @param {readonly Python[]} found in the order of preference
 * @param {string | undefined} wanted the interpreter that ECOM_PYTHON names
 * @returns {Python}
 * @throws {Problem} naming what is missing
 */
export function choosePython(found, wanted) {
  const ofFittingVersion = found.filter(({ version }) => fits(version));
  const python = ofFittingVersion.find(({ venv }) => venv);
  if (python !== undefined) return python;

  const range = `${oldestPython.join('.')} to ${newestPython.join('.')}`;
  const [withoutVenv] = ofFittingVersion;
  if (withoutVenv !== undefined) {
    const [major, minor] = numbers(withoutVenv.version);
    throw new Problem(
      `Python ${withoutVenv.version} (${withoutVenv.command}) cannot make virtual environments: its modules venv and ensurepip are missing`,
      `Debian and Ubuntu: sudo apt-get install python${major}.${minor}-venv. Or name another interpreter: ECOM_PYTHON=/path/to/python3`,
    );
  }
  const install = `Install one (Debian and Ubuntu: sudo apt-get install python3 python3-venv; macOS: brew install python@3.13)`;
  if (wanted !== undefined) {
    const [other] = found;
    throw new Problem(
      other === undefined
        ? `ECOM_PYTHON names "${wanted}", which is not a Python interpreter`
        : `ECOM_PYTHON names Python ${other.version}: ${range} are supported`,
      `Let it name a Python ${range}, or unset it`,
    );
  }
  if (found.length === 0) throw new Problem(`no Python found: ${range} are supported`, install);
  const versions = found.map(({ command, version }) => `${command} is ${version}`).join(', ');
  throw new Problem(
    `no supported Python found: ${range} are supported, but ${versions}`,
    `${install} or name one: ECOM_PYTHON=/path/to/python3`,
  );
}

/** @param {string} version */
function fits(version) {
  const [major = 0, minor = 0] = numbers(version);
  return compare([major, minor], oldestPython) >= 0 && compare([major, minor], newestPython) <= 0;
}

/** @param {string} version */
function numbers(version) {
  return version.split('.').map((part) => Number.parseInt(part, 10));
}

/**
 * Compares as many numbers as `right` has.
 * @param {readonly number[]} left
 * @param {readonly number[]} right
 */
function compare(left, right) {
  for (const [index, number] of right.entries()) {
    const difference = (left[index] || 0) - number;
    if (difference !== 0) return difference;
  }
  return 0;
}

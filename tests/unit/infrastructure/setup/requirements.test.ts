import { expect, test } from 'vitest';
import {
  choosePython,
  neededSpace,
  requireNode,
  requirePlatform,
  requireSpace,
} from '../../../../infrastructure/setup/requirements.mjs';
import { remedyFor, tail } from '../../../../infrastructure/setup/tools.mjs';

const python = (version: string, { command = 'python3', venv = true } = {}) => ({ command, version, venv });
const problem = (job: () => unknown) => {
  try {
    job();
  } catch (error) {
    const { message, remedy } = error as Error & { remedy: string };
    return `${message} | ${remedy}`;
  }
  throw new Error('no problem was found');
};

test.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0'])('accepts Node.js %s', (version) => {
  expect(() => requireNode(version)).not.toThrow();
});

test.each(['20.18.3', '18.20.4', '9.11.2'])(
  'refuses Node.js %s and says how to get a newer one',
  (version) => {
    expect(problem(() => requireNode(version))).toMatch(`Node.js ${version} is too old: 20.19`);
  },
);

test.each(['3.10.0', '3.11.7', '3.12.1', '3.13.9'])('accepts Python %s', (version) => {
  expect(choosePython([python(version)], undefined).version).toBe(version);
});

test('prefers the first interpreter that fits', () => {
  const found = [
    python('3.14.0'),
    python('3.13.1', { command: 'python3.13' }),
    python('3.12.1', { command: 'python3.12' }),
  ];
  expect(choosePython(found, undefined).command).toBe('python3.13');
});

test('passes over an interpreter that cannot make environments', () => {
  const found = [python('3.11.2', { venv: false }), python('3.12.1', { command: 'python3.12' })];
  expect(choosePython(found, undefined).command).toBe('python3.12');
});

test('names the Debian package when environments cannot be made', () => {
  expect(problem(() => choosePython([python('3.11.2', { venv: false })], undefined))).toContain(
    'apt-get install python3.11-venv',
  );
});

test.each(['3.9.18', '3.14.0'])(
  'refuses Python %s, naming what was found and what is supported',
  (version) => {
    const text = problem(() => choosePython([python(version)], undefined));
    expect(text).toContain(`python3 is ${version}`);
    expect(text).toContain('3.10 to 3.13');
  },
);

test('says how to install Python when there is none', () => {
  expect(problem(() => choosePython([], undefined))).toMatch(/no Python found.*apt-get install python3/s);
});

test('blames ECOM_PYTHON when what it names does not fit', () => {
  expect(problem(() => choosePython([], '/opt/none'))).toContain('ECOM_PYTHON names "/opt/none"');
  expect(problem(() => choosePython([python('3.8.1')], '/opt/old'))).toContain(
    'ECOM_PYTHON names Python 3.8.1',
  );
});

test('refuses a disk with less than the needed space, naming both', () => {
  expect(() => requireSpace(neededSpace, '/clone')).not.toThrow();
  expect(problem(() => requireSpace(0.5e9, '/clone'))).toContain(
    'only 0.5 GB are free for /clone: 2 GB are needed',
  );
});

test('sends Windows users to WSL and musl users to glibc', () => {
  expect(() => requirePlatform({ platform: 'darwin', arch: 'arm64', musl: false })).not.toThrow();
  expect(problem(() => requirePlatform({ platform: 'win32', arch: 'x64', musl: false }))).toContain(
    'wsl --install',
  );
  expect(problem(() => requirePlatform({ platform: 'linux', arch: 'x64', musl: true }))).toContain('glibc');
});

test.each([
  [
    'npm error network request to https://registry failed, reason: getaddrinfo ENOTFOUND registry',
    'check the network',
  ],
  ['error: Failed to fetch: `https://simple/uv/`', 'check the network'],
  ['npm error code ENOSPC', 'The disk is full'],
  ['error: hash mismatch', 'The lines above say why'],
])('answers "%s" with its way out', (output, remedy) => {
  expect(remedyFor(output)).toContain(remedy);
});

test('of a tool that tried again and again only the end is shown', () => {
  const retry = "WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError'";
  expect(tail(`${retry}\n${retry}\nERROR: No matching distribution found for uv\n`)).toBe(
    'ERROR: No matching distribution found for uv',
  );
});

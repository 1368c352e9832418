import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync } from 'node:fs';
import process from 'node:process';

/** PostgreSQL refuses to run as root: this is who runs it instead. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The account that runs the server: `nobody` for root, otherwise the user himself (undefined). */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (option: string) => Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Hands a file or folder over to `account`, readable by nobody else but root. */
export function handOver(path: string, mode: number, account: Account | undefined): void {
  chmodSync(path, mode);
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}

/** Whether `account` can write to `folder`, through all folders above it. */
export function canWrite(folder: string, account: Account | undefined): boolean {
  return succeeds('/bin/sh', ['-c', '[ -w "$1" ] && [ -x "$1" ]', 'sh', folder], account);
}

/** Whether `account` can run `program` and load its libraries. */
export function canRun(program: string, account: Account | undefined): boolean {
  return succeeds(program, ['--version'], account);
}

function succeeds(command: string, args: readonly string[], account: Account | undefined): boolean {
  return spawnSync(command, args, { ...account, cwd: '/', stdio: 'ignore' }).status === 0;
}

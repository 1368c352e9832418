import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { note } from './terminal.ts';

/** The browser lives on without us; where there is none to open, the address is on the terminal anyway. */
export async function openBrowser(url: string): Promise<void> {
  const [command, args]: [string, string[]] =
    process.platform === 'darwin'
      ? ['open', [url]]
      : process.platform === 'win32'
        ? ['cmd', ['/c', 'start', '', url]]
        : ['xdg-open', [url]];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  try {
    await once(child, 'spawn');
    child.unref();
  } catch (error) {
    note(`no browser could be opened (${error instanceof Error ? error.message : error}): go to ${url}`);
  }
}

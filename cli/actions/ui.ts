import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { connect } from '../pipeline/connection.ts';
import { note, print } from '../terminal.ts';
import { serve } from '../ui/server.ts';
import { Site } from '../ui/site.ts';

export interface UiOptions {
  readonly port: number;
  readonly open?: boolean;
}

/** `ecom ui`: runs, reports and uploads in the browser. */
export async function ui(options: UiOptions): Promise<void> {
  const connection = connect();
  const server = await serve(new Site(connection, process.env.DATABASE_URL), options.port);
  print(server.url);
  note('Ctrl-C ends it');
  if (options.open) await openBrowser(server.url);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await server.close();
}

/** The browser lives on without us; where there is none to open, the address is on the terminal anyway. */
async function openBrowser(url: string): Promise<void> {
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

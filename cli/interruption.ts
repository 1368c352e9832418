import process from 'node:process';
import { note } from './terminal.ts';

/** Exit code of a command that Ctrl-C ended. */
const interrupted = 130;

/** Does `work`. Ctrl-C meanwhile ends the command, not what goes on elsewhere: `advice` says what that is. */
export async function interruptible<Result>(advice: string, work: () => Promise<Result>): Promise<Result> {
  const stop = () => {
    note(`\n${advice}`);
    process.exit(interrupted);
  };
  // Not once: npm passes the signal on that the terminal sent already, and the second would cut the sentence off.
  process.on('SIGINT', stop);
  try {
    return await work();
  } finally {
    process.off('SIGINT', stop);
  }
}

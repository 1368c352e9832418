/** A line on standard error that the next one replaces: progress for whoever watches a terminal. */
import process from 'node:process';

let shown = false;

/** Whether standard error is a terminal, on which the line can be replaced. */
export const isWatched = () => process.stderr.isTTY === true && process.env.TERM !== 'dumb';

/**
 * Shows `text` in place of what the line said. Nothing where standard error is no terminal.
 * @param {string} text
 */
export function showStatus(text) {
  if (!isWatched()) return;
  // A terminal may not know its width, and say 0.
  const columns = process.stderr.columns || 80;
  process.stderr.write(`\r\x1b[2K${text.slice(0, columns - 1)}`);
  shown = true;
}

/** Takes the line away. */
export function hideStatus() {
  if (shown) process.stderr.write('\r\x1b[2K');
  shown = false;
}

/** How often whoever reads a file or a pipe hears of work that goes on. */
const silenceSeconds = 5;

/**
 * Does `work` and meanwhile shows what it is, with the seconds that it has taken: on a terminal in a line of its own,
 * else in one more line every few seconds.
 * @template Result
 * @param {string} what
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function showingProgress(what, work) {
  const started = Date.now();
  const show = () => {
    const seconds = Math.round((Date.now() - started) / 1000);
    if (isWatched()) showStatus(`${what} … ${seconds} s`);
    else if (seconds > 0 && seconds % silenceSeconds === 0) process.stderr.write(`${what} … ${seconds} s\n`);
  };
  show();
  const timer = setInterval(show, 1000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    hideStatus();
  }
}

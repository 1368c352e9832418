import process from 'node:process';
import type { Command } from 'commander';
import { connect } from '../pipeline/connection.ts';
import { target } from '../pipeline/target.ts';
import { type DeadMessage, deadQueues } from '../redrive/message.ts';
import { listDead, redrive } from '../redrive/redrive.ts';
import { counted, note, print, printJson, table } from '../terminal.ts';

/** `ecom redrive`: what reached nobody, and on its way again. */
export function define(command: Command): void {
  command
    .option('--yes', 'send them again; without it they are listed only')
    .option('--json', 'print the messages as JSON')
    .addHelpText(
      'after',
      '\nMend the cause first: what the gate fails at again comes back. An interruption sends a message twice and loses none. Messages that the pipeline did not write stay.\n\nExamples:\n  ecom redrive\n  ecom redrive --json | jq -r ".[].event"\n  ECOM_TARGET=aws ecom redrive --yes',
    )
    .action(sendAgain);
}

interface RedriveOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

async function sendAgain({ yes = false, json = false }: RedriveOptions): Promise<void> {
  const { runTopicArn } = await connect();
  const env = target() === 'aws' ? process.env.ECOM_ENV || undefined : undefined;
  const deployment = { env, runTopicArn };
  if (!yes) {
    const dead = await listDead(deployment);
    show(dead, json);
    if (dead.some(({ event }) => event !== null))
      note(`Nothing was sent. To send them on their way again: ecom redrive --yes`);
    return;
  }
  const { sent, left } = await redrive(deployment);
  show(sent, json);
  if (sent.length > 0) note(`Sent ${counted(sent.length, 'message')} again.`);
  if (left.length > 0)
    note(
      `${counted(left.length, 'message')} stay, since nobody would know what to do with them: ecom redrive`,
    );
}

function show(messages: readonly DeadMessage[], json: boolean): void {
  if (json) {
    printJson(messages);
    return;
  }
  if (messages.length === 0) {
    print('No message waits.');
    return;
  }
  const columns = ['queue', 'since', 'what', 'why'].map((title) => ({ title }));
  print(
    table(
      columns,
      messages.map(({ queue, at, what, why }) => [deadQueues[queue], at ?? 'unknown', what, why]),
    ),
  );
}

import type { Command } from 'commander';

/** A command as the help of `ecom` lists it, and the file that takes its arguments and does it. */
interface CommandEntry {
  /** Its name, and what may follow. */
  readonly usage: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly define: (command: Command) => void }>;
}

/** Commands that work wherever ecom is installed. Those that know runs of the pipeline as well look for a checkout first. */
const anywhere: readonly CommandEntry[] = [
  {
    usage: 'init [options] <dir>',
    summary: 'look at a folder of CSVs and write an experiment.yaml that fits them',
    load: () => import('./init.ts'),
  },
  {
    usage: 'validate [options] <dir>',
    summary: 'check a folder of CSVs: columns, values, keys, references, order of time, split',
    load: () => import('./validate.ts'),
  },
  {
    usage: 'analyze [options] <dir>',
    summary: 'analyse a folder of CSVs right here, with nothing to start, and print the verdict',
    load: () => import('./analyze.ts'),
  },
  {
    usage: 'quarantine [options] [run|dir]',
    summary: 'list the rows that a run, or the analysis of a folder, did not use, and why',
    load: () => import('./quarantine.ts'),
  },
  {
    usage: 'report [options] [run|dir]',
    summary:
      "print the verdict of a run (by default of the drop's published one), or of a folder's last analysis",
    load: () => import('./report.ts'),
  },
  {
    usage: 'forget [options] <user> [dir]',
    summary: "tell which rows of a folder of CSVs, or of a drop, are a user's, and erase them with --yes",
    load: () => import('./forget.ts'),
  },
  {
    usage: 'generate [options] <dir>',
    summary: 'write the CSVs of a made-up shop with an experiment into a folder',
    load: () => import('./generate.ts'),
  },
  {
    usage: 'power [options]',
    summary: 'plan an experiment: the users it takes to find a lift, or the lift that users suffice to find',
    load: () => import('./power.ts'),
  },
  {
    usage: 'completion <shell>',
    summary: 'print a script that completes commands and options in your shell',
    load: () => import('./completion.ts'),
  },
];

/** Commands of the pipeline, which a checkout deploys. A bundle without one leaves them out. */
const ofPipeline: readonly CommandEntry[] = HAS_CHECKOUT
  ? [
      {
        usage: 'demo [options]',
        summary: 'generate data with a known uplift, run them through the pipeline and print the verdict',
        load: () => import('./demo.ts'),
      },
      {
        usage: 'up [options]',
        summary: 'start the local emulator and database, and deploy the pipeline',
        load: () => import('./up.ts'),
      },
      {
        usage: 'down [options]',
        summary: 'save the buckets, and stop the local emulator and database',
        load: () => import('./down.ts'),
      },
      {
        usage: 'status [options]',
        summary: 'what runs locally, where, and how to reach it',
        load: () => import('./status.ts'),
      },
      {
        usage: 'deploy [options]',
        summary: 'deploy the pipeline',
        load: () => import('./deploy.ts'),
      },
      {
        usage: 'upload [options] <dir>',
        summary: 'upload the CSVs of a folder, which starts a run',
        load: () => import('./upload.ts'),
      },
      {
        usage: 'run [options] <dir>',
        summary: 'upload a folder of CSVs, follow the run and print the verdict',
        load: () => import('./run.ts'),
      },
      {
        usage: 'runs [options]',
        summary: 'list the newest runs',
        load: () => import('./runs.ts'),
      },
      {
        usage: 'watch [options] [run]',
        summary: 'follow a run (the newest by default) and print its verdict',
        load: () => import('./watch.ts'),
      },
      {
        usage: 'retry [options] <run>',
        summary: 'start a run again where it failed, follow it and print its verdict',
        load: () => import('./retry.ts'),
      },
      {
        usage: 'redrive [options]',
        summary: 'list the messages that reached nobody, and send them on their way again with --yes',
        load: () => import('./redrive.ts'),
      },
      {
        usage: 'prune [options]',
        summary: 'list what old runs left in the processed bucket, and delete it with --yes',
        load: () => import('./prune.ts'),
      },
      {
        usage: 'cost [options] [run]',
        summary: 'what a run (the newest by default) costs on AWS, from its manifest',
        load: () => import('./cost.ts'),
      },
      {
        usage: 'ui [options]',
        summary: 'show runs and reports, and take uploads, in the browser (on this machine only)',
        load: () => import('./ui.ts'),
      },
      {
        usage: 'psql [options]',
        summary:
          'open the marts in psql (or a plain prompt where psql is not installed), or run one statement',
        load: () => import('./psql.ts'),
      },
      {
        usage: 'doctor [options]',
        summary: 'check this machine, or an AWS account: what is there, what is missing, and the way out',
        load: () => import('./doctor.ts'),
      },
    ]
  : [];

/** Every command, group by group, in the order in which the help lists them. A file is read when its command is called. */
const groups: readonly { readonly heading: string; readonly entries: readonly CommandEntry[] }[] = [
  { heading: 'A folder of CSVs, with nothing to start:', entries: anywhere },
  { heading: 'The pipeline, on this machine or on AWS:', entries: ofPipeline },
];

const nameOf = ({ usage }: CommandEntry) => usage.split(' ', 1)[0] ?? '';

export const commandNames: readonly string[] = [...anywhere, ...ofPipeline].map(nameOf);

/**
 * The commands that the words after `ecom` take: the one that they call, or ask the help of (no command stands before
 * its name, so that the first word that is one will do), and all of them for completion, which tells of all.
 */
export function commandsFor(words: readonly string[]): readonly string[] {
  const called = words.find((word) => commandNames.includes(word));
  return called === 'completion' ? commandNames : commandNames.filter((name) => name === called);
}

/** Adds every command to the program. Those in `loaded` can be called; the others are there for the list in the help. */
export async function addCommands(program: Command, loaded: readonly string[]): Promise<void> {
  for (const { heading, entries } of groups) {
    program.commandsGroup(heading);
    for (const entry of entries) {
      const name = nameOf(entry);
      const isLoaded = loaded.includes(name);
      const command = program
        // Of one that is not loaded the parser knows no options: "[options]" is listed as an argument.
        .command(isLoaded ? name : entry.usage)
        .description(entry.summary)
        .showHelpAfterError(`(ecom ${name} --help shows what it takes)`);
      if (isLoaded) (await entry.load()).define(command);
    }
  }
}

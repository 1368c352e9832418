import path from 'node:path';
import process from 'node:process';
import { type Command, Option } from 'commander';
import { UsageError } from '../../layers/platform/errors.ts';
import { migrate } from '../../layers/platform/migrate.ts';
import { bootstrapStack, deployStack, type Target } from '../local/cdk.ts';
import { awsStateFolder, type StackOutputs } from '../local/stack-outputs.ts';
import { stateFolder } from '../local/state.ts';
import { ensureUp } from '../local/up.ts';
import { note, print, printJson } from '../terminal.ts';

/** `ecom deploy`: the stack as it stands in this checkout, whether it has changed or not. */
export function define(command: Command): void {
  command
    .addOption(
      new Option('--target <target>', 'where to').choices(['local', 'docker', 'aws']).default('local'),
    )
    .addOption(
      new Option('-c, --context <key=value>', 'setting of the stack, as in cdk/settings.ts; repeatable')
        .argParser(addSetting)
        .default({}, 'none'),
    )
    .option('--json', 'print the outputs of the stack as JSON')
    .addHelpText(
      'after',
      '\nOn AWS the account must be bootstrapped (npx cdk bootstrap); with DATABASE_URL the schema is brought up to date there.\n\nExamples:\n  ecom deploy\n  ecom deploy --target docker\n  ecom deploy --target aws -c alarmEmail=team@example.com\n  ecom deploy --target aws -c env=staging',
    )
    .action(deploy);
}

interface DeployOptions {
  readonly target: Target;
  readonly context: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

async function deploy({ target, context, json }: DeployOptions): Promise<void> {
  if (target === 'local') {
    if (Object.keys(context).length > 0) {
      throw new UsageError({
        what: 'the local target takes no context',
        remedy: 'Give it to CDK itself: npx cdklocal deploy -c key=value',
      });
    }
    const { deployed } = await ensureUp({ deploy: 'always', onLine: note });
    if (json) printJson(deployed);
    else print(`deployed: ${deployed?.stateMachineArn}`);
    return;
  }
  const outputs = await (target === 'docker' ? deployToDocker(context) : deployToAws(context));
  if (json) return printJson(outputs);
  for (const [name, value] of Object.entries(outputs)) print(`${name}  ${value}`);
}

/** What infrastructure/docker-compose.yml started. */
async function deployToDocker(context: DeployOptions['context']): Promise<StackOutputs> {
  const { ECOM_PORT = '4566', POSTGRES_PORT = '5432' } = process.env;
  const endpoint = `http://127.0.0.1:${ECOM_PORT}`;
  await migrate(`postgres://ecom:ecom@127.0.0.1:${POSTGRES_PORT}/ecom`);
  await bootstrapStack(endpoint);
  return deployStack({
    target: 'docker',
    endpoint,
    databaseUrl: 'postgres://ecom:ecom@postgres:5432/ecom',
    context: { bundleLayer: 'true', ...context },
    stateFolder: path.join(stateFolder(), 'docker'),
    onLine: note,
  });
}

async function deployToAws(context: DeployOptions['context']): Promise<StackOutputs> {
  const { DATABASE_URL } = process.env;
  if (DATABASE_URL && !(await migrate(DATABASE_URL)).hasRoles)
    note('The login may not create roles: docs/operate.md says what an administrator runs (Postgres)');
  return deployStack({ target: 'aws', context, stateFolder: awsStateFolder(context.env), onLine: note });
}

function addSetting(text: string, settings: Readonly<Record<string, string>>): Record<string, string> {
  const [, key, value] = /^(\w+)=(.*)$/.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return { ...settings, [key]: value };
  throw new UsageError({
    what: `"${text}" is no setting`,
    where: '--context',
    remedy: 'Write it as key=value',
  });
}

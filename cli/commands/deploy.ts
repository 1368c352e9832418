import { type Command, Option } from 'commander';
import { UsageError } from '../../layers/platform/errors.ts';
import type { DeployOptions } from '../actions/deploy.ts';

/** `ecom deploy`: the stack as it stands in this checkout, whether it has changed or not. */
export function registerDeploy(program: Command): void {
  program
    .command('deploy')
    .description('deploy the pipeline')
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
    .action(async (options: DeployOptions) => {
      const { deploy } = await import('../actions/deploy.ts');
      await deploy(options);
    });
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

import process from 'node:process';
import { DOMParser } from 'linkedom';
import { z } from 'zod';
import { named } from '../../cdk/names.ts';
import { ConfigError, UsageError } from '../../layers/platform/errors.ts';
import { outputsSchema, type StackOutputs } from '../local/stack-outputs.ts';
import { type AwsAnswer, askAws } from './request.ts';

/** A stack as CloudFormation knows it. */
export interface Stack {
  /** As CREATE_COMPLETE. */
  readonly status: string;
  /** Account that it is in. */
  readonly account: string;
  readonly region: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** The pipeline's stack of the environment that `ECOM_ENV` names. */
export const pipelineStackName = () =>
  named({ env: process.env.ECOM_ENV || undefined }, 'EcomExperimentPipeline');

/**
 * A stack of the account and region that the credentials in use are of; undefined where it has none of the name.
 * @throws ConfigError where the credentials may not ask; UsageError without any; TransientError without an answer
 */
export async function describeStack(name: string): Promise<Stack | undefined> {
  const answer = await askAws({
    service: 'cloudformation',
    form: { Action: 'DescribeStacks', Version: '2010-05-15', StackName: name },
  });
  const document = parseXml(answer.body);
  const textOf = (selector: string) => document.querySelector(selector)?.textContent?.trim() ?? '';
  if (answer.status !== 200) {
    // CloudFormation has no code of its own for a name that is not there.
    if (textOf('Error > Code') === 'ValidationError' && /does not exist/.test(textOf('Error > Message')))
      return undefined;
    throw refusal(answer, 'cloudformation:DescribeStacks');
  }
  const outputs = [...document.querySelectorAll('Outputs > member')].map((output) => [
    output.querySelector('OutputKey')?.textContent?.trim() ?? '',
    output.querySelector('OutputValue')?.textContent?.trim() ?? '',
  ]);
  return {
    status: textOf('Stacks > member > StackStatus'),
    account: textOf('Stacks > member > StackId').split(':')[4] ?? '',
    region: answer.region,
    outputs: Object.fromEntries(outputs),
  };
}

/** The pipeline that is deployed in the account and region in use. */
export interface DeployedOnAws extends StackOutputs {
  readonly account: string;
  /** As UPDATE_COMPLETE. */
  readonly status: string;
}

/**
 * Asks CloudFormation for the pipeline's stack of the environment that `ECOM_ENV` names.
 * @throws UsageError where there is none; ConfigError where it has not what the commands need
 */
export async function deployedOnAws(): Promise<DeployedOnAws> {
  const name = pipelineStackName();
  const stack = await describeStack(name);
  if (stack === undefined) {
    throw new UsageError({
      what: `there is no stack "${name}" for these credentials in this region`,
      where: 'CloudFormation',
      remedy: 'Name the right AWS_PROFILE, AWS_REGION or ECOM_ENV, or deploy: ./ecom deploy --target aws',
    });
  }
  const outputs = outputsSchema.safeParse(stack.outputs);
  if (outputs.success) return { ...outputs.data, account: stack.account, status: stack.status };
  const missing = outputs.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw new ConfigError({
    what: `the stack "${name}" (${stack.status}) has no output ${missing}`,
    where: stack.region,
    remedy: 'Deploy it again: ./ecom deploy --target aws',
  });
}

/** The error for a request that the service refused. */
export function refusal({ status, body, region }: AwsAnswer, action: string): ConfigError {
  const reason =
    jsonMessage(body) ?? (parseXml(body).querySelector('Message')?.textContent?.trim() || body.slice(0, 200));
  return new ConfigError({
    what: `${action} was refused (${status}): ${reason}`,
    where: region,
    remedy: `Check that the credentials are valid and allow ${action}`,
  });
}

const jsonError = z
  .object({ message: z.string() })
  .or(z.object({ Message: z.string() }).transform(({ Message }) => ({ message: Message })));

/** What a JSON service says of an error; undefined for another body. */
function jsonMessage(body: string): string | undefined {
  try {
    return jsonError.parse(JSON.parse(body)).message;
  } catch {
    return undefined;
  }
}

const parseXml = (text: string) => new DOMParser().parseFromString(text, 'text/xml');

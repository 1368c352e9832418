import { z } from 'zod';
import { named } from '../../cdk/names.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import { askAws } from '../aws/request.ts';
import { refusal } from '../aws/stack.ts';
import {
  type DeadMessage,
  type DeadQueue,
  deadQueues,
  type ReceivedMessage,
  readMessage,
  receivedMessage,
} from './message.ts';

/** Where the queues are, and who hears of the ends of runs. */
export interface Deployment {
  /** Environment on AWS; the one without a name, and locally: undefined. */
  readonly env: string | undefined;
  /** On AWS alone. */
  readonly runTopicArn: string | undefined;
}

/** Seconds that a message is this command's alone: time to send it, and soon again there for others if that fails. */
const holdSeconds = 60;
/** SQS hands out so many at a time. */
const mostAtOnce = 10;

/** The messages of every dead-letter queue, the oldest first. They stay where they are. */
export async function listDead(deployment: Deployment): Promise<DeadMessage[]> {
  const found: DeadMessage[] = [];
  for (const queue of Object.keys(deadQueues) as DeadQueue[]) {
    const url = await urlOf(deployment, deadQueues[queue]);
    if (url === undefined) continue;
    const received = await receiveAll(url);
    found.push(...received.map((message) => readMessage(queue, message)));
    await putBack(url, received);
  }
  return found.sort((a, b) => (a.at ?? '').localeCompare(b.at ?? ''));
}

/**
 * Sends every message on its way again: events of uploads to the settling queue, where the gate takes them as it does new
 * ones, ends of runs to the topic. Each is deleted only after it was taken, so that an interruption sends one of them
 * twice and loses none; the gate starts no second run of the same files.
 * @returns what was sent, and what stays since it is none of the pipeline's messages
 * @throws UsageError where there is no pipeline; ConfigError where a service refuses
 */
export async function redrive(deployment: Deployment): Promise<{ sent: DeadMessage[]; left: DeadMessage[] }> {
  const settling = await urlOf(deployment, 'ecom-experiment-settling');
  if (settling === undefined) {
    throw new UsageError({
      what: 'there is no queue of the pipeline',
      where: named(deployment, 'ecom-experiment-settling'),
      remedy: 'Name the right AWS_PROFILE, AWS_REGION or ECOM_ENV, or deploy: ./ecom deploy',
    });
  }
  const sent: DeadMessage[] = [];
  const left: DeadMessage[] = [];
  for (const queue of Object.keys(deadQueues) as DeadQueue[]) {
    const url = await urlOf(deployment, deadQueues[queue]);
    if (url === undefined) continue;
    const kept: ReceivedMessage[] = [];
    for await (const received of batches(url)) {
      for (const message of received) {
        const dead = readMessage(queue, message);
        if (dead.event === null || (queue === 'unannounced' && deployment.runTopicArn === undefined)) {
          left.push(dead);
          kept.push(message);
          continue;
        }
        if (queue === 'unannounced') await announce(deployment.runTopicArn ?? '', dead.event);
        else await sqs('SendMessage', { QueueUrl: settling, MessageBody: dead.event });
        await sqs('DeleteMessage', { QueueUrl: url, ReceiptHandle: message.ReceiptHandle });
        sent.push(dead);
      }
    }
    await putBack(url, kept);
  }
  return { sent, left };
}

async function receiveAll(url: string): Promise<ReceivedMessage[]> {
  const all: ReceivedMessage[] = [];
  for await (const batch of batches(url)) all.push(...batch);
  return all;
}

/** Lets others have the messages at once. */
async function putBack(url: string, messages: readonly ReceivedMessage[]): Promise<void> {
  for (const { ReceiptHandle } of messages)
    await sqs('ChangeMessageVisibility', { QueueUrl: url, ReceiptHandle, VisibilityTimeout: 0 });
}

const receiveAnswer = z.object({ Messages: z.array(receivedMessage).nullish() });

/** What the queue has, each message once; what was handed out is nobody else's for a while. */
async function* batches(url: string): AsyncGenerator<ReceivedMessage[]> {
  const seen = new Set<string>();
  for (;;) {
    const answer = await sqs('ReceiveMessage', {
      QueueUrl: url,
      MaxNumberOfMessages: mostAtOnce,
      VisibilityTimeout: holdSeconds,
      // Asks all of the queue's servers, where a short poll asks some.
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    const messages = receiveAnswer.parse(answer).Messages ?? [];
    const fresh = messages.filter(({ MessageId }) => !seen.has(MessageId));
    if (fresh.length === 0) return;
    for (const { MessageId } of fresh) seen.add(MessageId);
    yield fresh;
  }
}

/** Undefined where there is no such queue. */
async function urlOf(deployment: Deployment, base: string): Promise<string | undefined> {
  const input = { QueueName: named(deployment, base) };
  const answer = await askAws({ service: 'sqs', json: { target: 'AmazonSQS.GetQueueUrl', input } });
  if (answer.status === 200)
    return z.object({ QueueUrl: z.string() }).parse(JSON.parse(answer.body)).QueueUrl;
  if (/QueueDoesNotExist|NonExistentQueue/.test(answer.body)) return undefined;
  throw refusal(answer, 'sqs:GetQueueUrl');
}

async function sqs(action: string, input: Readonly<Record<string, unknown>>): Promise<unknown> {
  const answer = await askAws({ service: 'sqs', json: { target: `AmazonSQS.${action}`, input } });
  if (answer.status !== 200) throw refusal(answer, `sqs:${action}`);
  return answer.body === '' ? {} : JSON.parse(answer.body);
}

async function announce(TopicArn: string, Message: string): Promise<void> {
  const form = { Action: 'Publish', Version: '2010-03-31', TopicArn, Message };
  const answer = await askAws({ service: 'sns', form });
  if (answer.status !== 200) throw refusal(answer, 'sns:Publish');
}

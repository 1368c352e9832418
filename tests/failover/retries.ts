import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/** A state machine, or a part of one: what retries there are by the name of their state is all that counts here. */
type Part = Readonly<Record<string, unknown>>;

const template = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.unknown() })),
});
const machine = z.object({
  DefinitionString: z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) }),
});

/** The definition of a deployed state machine with the retries of the reviewed one of AWS, state by state. */
export function withRetriesOfAws(definition: string): string {
  const retries = new Map<string, unknown>();
  eachState(JSON.parse(definitionOnAws()), (name, state) => {
    if (state.Retry !== undefined) retries.set(name, state.Retry);
    return state;
  });
  const changed = eachState(JSON.parse(definition), (name, state) =>
    state.Retry === undefined ? state : { ...state, Retry: retries.get(name) ?? state.Retry },
  );
  return JSON.stringify(changed);
}

/** As the golden file has it; what refers to other resources is left out. */
function definitionOnAws(): string {
  const file = path.join(PROJECT_ROOT, 'tests/cdk/aws-pipeline.golden.json');
  const { Resources } = template.parse(JSON.parse(readFileSync(file, 'utf8')));
  const found = Object.values(Resources).find(({ Type }) => Type === 'AWS::StepFunctions::StateMachine');
  const [separator, parts] = machine.parse(found?.Properties).DefinitionString['Fn::Join'];
  return parts.map((part) => (typeof part === 'string' ? part : '')).join(separator);
}

/** Does `change` to every state, also to those of maps and branches. */
function eachState(part: unknown, change: (name: string, state: Part) => Part): unknown {
  if (Array.isArray(part)) return part.map((item) => eachState(item, change));
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => {
      const inner = eachState(value, change);
      if (key !== 'States') return [key, inner];
      const states = Object.entries(inner as Record<string, Part>);
      return [key, Object.fromEntries(states.map(([name, state]) => [name, change(name, state)]))];
    }),
  );
}

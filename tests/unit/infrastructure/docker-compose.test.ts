import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

// No Docker engine is needed or used: this checks what the file says, not that the containers run.
const serviceSchema = z.object({
  image: z.string(),
  ports: z.array(z.string()),
  environment: z.record(z.string(), z.string()),
  networks: z.array(z.string()),
  volumes: z.array(z.string()),
  healthcheck: z.object({ test: z.tuple([z.literal('CMD')], z.string()) }),
});
const { services, networks } = z
  .object({
    services: z.object({ localstack: serviceSchema, postgres: serviceSchema }),
    networks: z.record(z.string(), z.object({ name: z.string() })),
  })
  .parse(parse(readFileSync(path.join(PROJECT_ROOT, 'infrastructure', 'docker-compose.yml'), 'utf8')));

test('pins the community image of LocalStack and the major version of PostgreSQL', () => {
  expect(services.localstack.image).toBe('localstack/localstack:4.14.0');
  expect(services.postgres.image).toBe('postgres:18');
});

test('publishes every port on loopback only', () => {
  for (const port of [...services.localstack.ports, ...services.postgres.ports]) {
    expect(port).toMatch(/^127\.0\.0\.1:/);
  }
});

test('puts functions on the network on which the database has its name', () => {
  const network = services.localstack.environment.LAMBDA_DOCKER_NETWORK;
  expect(Object.values(networks).map(({ name }) => name)).toContain(network);
  expect(services.postgres.networks).toEqual(services.localstack.networks);
});

test('gives the database the name and credentials that the CDK app puts into the secret', () => {
  const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = services.postgres.environment;
  const source = readFileSync(path.join(PROJECT_ROOT, 'cdk', 'database-secret.ts'), 'utf8');
  expect(source).toContain(`postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@postgres:5432/${POSTGRES_DB}`);
});

test('lets LocalStack start the containers of functions', () => {
  expect(services.localstack.volumes).toContain('/var/run/docker.sock:/var/run/docker.sock');
});

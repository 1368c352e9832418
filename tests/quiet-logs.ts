/**
 * Stages log JSON lines to standard output, as Lambda wants it. In the tests' output they would hide everything else;
 * `ECOM_TEST_LOGS=1` shows them.
 */
if (process.env.ECOM_TEST_LOGS === undefined) {
  const write = process.stdout.write.bind(process.stdout) as typeof process.stdout.write;
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: []) =>
    typeof chunk === 'string' && chunk.startsWith('{"level":')
      ? true
      : write(chunk, ...rest)) as typeof write;
}

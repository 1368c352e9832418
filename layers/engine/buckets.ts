/**
 * SQL of the bucket (0 .. buckets - 1) of a user, NULL for none. `stage` spreads rows by it, and `clean` takes its rows
 * by it: rows that name no user themselves lie in a part without a bucket. The hash is one of our own definition, since
 * DuckDB's may change with its version.
 */
export function userBucket(userId: string, buckets: number): string {
  return `CAST(md5_number_lower(CAST(${userId} AS VARCHAR)) % ${buckets} AS INTEGER)`;
}

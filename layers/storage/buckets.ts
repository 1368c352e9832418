/**
 * SQL of the bucket (0 .. buckets - 1) of a user. `stage` spreads rows by it, and `clean` takes its rows by it: rows
 * that name no user themselves belong into a part without a bucket.
 */
export function userBucket(userId: string, buckets: number): string {
  return `hash(${userId}) % ${buckets}`;
}

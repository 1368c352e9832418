/**
 * SQL of the bucket (0 .. buckets - 1) of a user, NULL for none: `stage` spreads rows by it. It is that of the id's text, which is the
 * same in every file. For use within a run, which is the work of one version of the code and so of DuckDB.
 */
export function userBucket(userId: string, buckets: number): string {
  return `CASE WHEN ${userId} IS NOT NULL THEN CAST(hash(CAST(${userId} AS VARCHAR)) % ${buckets} AS INTEGER) END`;
}

/**
 * SQL of the share (0 .. shares - 1) of an id of an event or a session: equal ids of all files meet in one share, whoever
 * their users are. For use within a run, as above.
 */
export function idShare(id: string, shares: number): string {
  return `CAST(hash(${id}) % ${shares} AS INTEGER)`;
}

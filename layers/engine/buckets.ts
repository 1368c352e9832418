/**
 * SQL of the bucket (0 .. buckets - 1) of a user, NULL for none. `stage` spreads rows by it, and `clean` takes its rows
 * by it. The hash is one of our own definition, since DuckDB's may change with its version, and marts outlive theirs.
 */
export function userBucket(userId: string, buckets: number): string {
  return `CAST(md5_number_lower(CAST(${userId} AS VARCHAR)) % ${buckets} AS INTEGER)`;
}

/**
 * SQL of the share (0 .. shares - 1) of an id of an event or a session: equal ids of all files meet in one share, whoever
 * their users are. For use within a run, which is the work of one version.
 */
export function idShare(id: string, shares: number): string {
  return `CAST(hash(${id}) % ${shares} AS INTEGER)`;
}

declare module 'jstat' {
  type Matrix = number[][];

  /** The part of jStat this project uses; the package ships no types. */
  interface JStat {
    /** Inverse by Gauss-Jordan elimination with partial pivoting; not finite when the matrix is singular. */
    inv(matrix: Matrix): Matrix;
    noncentralt: {
      cdf(x: number, df: number, noncentrality: number): number;
    };
  }

  const jStat: JStat;
  export default jStat;
}

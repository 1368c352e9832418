/** Why setup cannot go on, and the way out. Printed as it stands, without a stack trace. */
export class Problem extends Error {
  /**
   * @param {string} what
   * @param {string} remedy
   * @param {string} [details] the last lines of the tool that failed
   */
  constructor(what, remedy, details) {
    super(what);
    this.remedy = remedy;
    this.details = details;
  }
}

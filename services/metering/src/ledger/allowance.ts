/** What an account's plan allows in a period. */
export interface Allowance {
  readonly limit: bigint;
  readonly mode: "HARD" | "SOFT";
}

/** A contract has no REST form. The message names the part that has none. */
export class ContractError extends Error {}

/** What a key may do whose creator asks for no scope. */
export const SCOPES_DEFAULT: readonly string[] = ["locations:read", "usage:read"];

/** A set-up step that cannot go on. The message is for the person at the terminal: what is missing and the way out. */
export class SetupError extends Error {}

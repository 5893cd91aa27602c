/** A set-up step that cannot continue. The message is for the person at the terminal: what is missing and the way out. */
export class SetupError extends Error {}

interface Problem {
  readonly field: string;
  readonly description: string;
}

/** The mistakes that an attempt was told, each as one sentence. Errors: what it throws otherwise, and Error where it throws nothing. */
export function problemsOf(attempt: () => unknown): string[] {
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "TranscodeError") throw error;
    const { fields } = error as Error & { readonly fields: readonly Problem[] };
    return fields.map(({ field, description }) => `${field} ${description}`);
  }
  throw new Error("nothing was refused");
}

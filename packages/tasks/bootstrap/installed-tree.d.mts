type Tree = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export function staleReason(
  locked: Tree | undefined,
  installed: Tree | undefined,
  platform: { readonly platform: string; readonly arch: string },
): string | undefined;

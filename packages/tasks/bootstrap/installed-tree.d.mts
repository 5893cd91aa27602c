type Tree = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Need {
  readonly platform: string;
  readonly arch: string;
  readonly dev: boolean;
}

export function staleReason(
  locked: Tree | undefined,
  installed: Tree | undefined,
  need: Need,
): string | undefined;

export function neededPaths(locked: Tree, need: Need): string[];

export function damage(installed: Tree, exists: (path: string) => boolean): string | undefined;

export function hasTools(installed: Tree | undefined): boolean;

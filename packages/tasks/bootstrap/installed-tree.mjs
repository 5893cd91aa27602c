/**
 * Why node_modules is not what the lock file says, or undefined where it is. What is there beyond need does not matter.
 *
 * npm writes node_modules/.package-lock.json as the last act of an install and removes it first, so it is missing after
 * an interrupted one. Its entries are copies of the lock file's, less those that are not for this platform.
 *
 * @param locked    `packages` of package-lock.json
 * @param installed `packages` of node_modules/.package-lock.json, undefined where there is none
 * @param need      `{ platform, arch, dev }`: those of this machine, as in `process`, and whether tools for development count
 */
export function staleReason(locked, installed, need) {
  if (locked === undefined) return "package-lock.json cannot be read";
  if (installed === undefined) return "not installed yet";
  for (const [path, entry] of Object.entries(installed)) {
    if (JSON.stringify(entry) !== JSON.stringify(locked[path]))
      return `${path} is not the locked one`;
  }
  const missing = neededPaths(locked, need).find((path) => !(path in installed));
  return missing === undefined ? undefined : `${missing} is missing`;
}

/**
 * Why a tree that npm finished is no longer whole, or undefined where it is.
 *
 * @param installed `packages` of node_modules/.package-lock.json
 * @param exists    whether a path of the checkout exists
 */
export function damage(installed, exists) {
  const paths = Object.keys(installed);
  const missing = paths.find((path) => !exists(`${path}/package.json`));
  if (missing !== undefined) return `${missing} is damaged`;
  const hasNode = paths.some((path) => path.startsWith("node_modules/node-"));
  return hasNode && !exists("node_modules/.bin/node") ? "its Node is missing" : undefined;
}

/** Whether tools for development are installed. */
export function hasTools(installed = {}) {
  return Object.values(installed).some(({ dev }) => dev === true);
}

/** The paths of the packages that must be there, by the lock file. */
export function neededPaths(locked, need) {
  return Object.keys(locked).filter((path) => path !== "" && isNeeded(path, locked, need));
}

function isNeeded(path, locked, { platform, arch, dev }) {
  const entry = locked[path];
  if (entry.dev && !dev) return false;
  if (!entry.optional) return true;
  return isAskedFor(path, locked) && isFor(entry.os, platform) && isFor(entry.cpu, arch);
}

/** Optional packages that the project itself names are needed; those that its dependencies name are npm's affair. */
function isAskedFor(path, locked) {
  const name = path.slice("node_modules/".length);
  return Object.entries(locked).some(
    ([owner, entry]) =>
      !owner.includes("node_modules") && name in (entry.optionalDependencies ?? {}),
  );
}

function isFor(allowed, actual) {
  return allowed === undefined || [allowed].flat().includes(actual);
}

// Builds the pages where they are not built yet, or not from the sources that are there.
import { buildPages, isBuilt } from "./build.ts";
import { BUILT_DIR } from "./built.ts";

if (!isBuilt(BUILT_DIR)) {
  console.error("Building the pages of the gateway …");
  await buildPages(BUILT_DIR);
}

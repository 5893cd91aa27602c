import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{packages,services,gateway,test,proto}/**/*.test.ts"],
    pool: "forks",
    // Most tests wait for processes of their own, so more run at once than there are cores.
    maxWorkers: 4,
    // One process runs many files, which saves an eighth of all processor time. So a file leaves nothing behind: it
    // restores what it replaces, and closes what it opens. Memory that it keeps costs all later files of its process:
    // buffers, as of datasets, bring on full garbage collections, and each walks through all that is kept.
    isolate: false,
    // Bounds of a hang, far above what a busy machine needs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A run without tests is a mistake, and so is a test that is switched off.
    passWithNoTests: false,
    allowOnly: false,
  },
});

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{packages,services,gateway,test,proto}/**/*.test.ts"],
    pool: "forks",
    // Most tests wait for processes of their own, so more run at once than there are cores.
    maxWorkers: 4,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // A run without tests is a mistake, and so is a test that is switched off.
    passWithNoTests: false,
    allowOnly: false,
  },
});

import { rmSync, writeFileSync } from "node:fs";

const policyFile = "/usr/sbin/policy-rc.d";

/**
 * Runs an installation during which Debian packages start no system service: the mesh starts its own nats-server, and
 * the package's would hold the port. An administrator's own policy is left as it is. Ours goes afterwards, and should
 * this process be killed first, it allows everything and removes itself when it is next asked.
 */
export async function withoutServiceStarts(install) {
  const ours = writePolicy();
  try {
    await install();
  } finally {
    if (ours) rmSync(policyFile, { force: true });
  }
}

function writePolicy() {
  const script = `#!/bin/sh\n[ -d /proc/${process.pid} ] && exit 101\nrm -f "$0"\nexit 0\n`;
  try {
    writeFileSync(policyFile, script, { flag: "wx", mode: 0o755 });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

#!/usr/bin/env node
import { verifyFile } from "./verify.ts";

const usage = `geomesh-geo verify FILE [IN_FORCE]

  Tells whether geo would serve FILE, and why not; with IN_FORCE, whether FILE may take its place.
  Exit status: 0 accepted, 1 refused, 2 wrong use.
`;

const [command, file, inForce, ...more] = process.argv.slice(2);
if (command !== "verify" || file === undefined || more.length > 0) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  const { isAccepted, lines } = await verifyFile(file, inForce);
  process.stdout.write(`${lines.join("\n")}\n`);
  process.exitCode = isAccepted ? 0 : 1;
}

#!/usr/bin/env node
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { verifyFile } from "./verify.ts";

const USAGE = `geomesh-geo verify FILE [SERVING]

  Says whether geo would serve the dataset file FILE, and why not.
  With SERVING, the file that geo serves now, it also says whether FILE may replace it.
  Exit status: 0 accepted, 1 refused, 2 wrong usage.
`;

const [command, file, serving, ...more] = process.argv.slice(2);
if (command !== "verify" || file === undefined || more.length > 0) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  const { isAccepted, lines } = await verifyFile(file, { clock: SYSTEM_CLOCK, serving });
  process.stdout.write(`${lines.join("\n")}\n`);
  process.exitCode = isAccepted ? 0 : 1;
}

// Prints a new NATS user for each process, as lines of an environment file. It needs Node alone, nothing that npm installs.
import process from "node:process";
import { newNatsKey } from "../src/nats-key.ts";

for (const name of ["GATEWAY", "GEO", "AUTH", "METERING"]) {
  const { seed, publicKey } = newNatsKey();
  process.stdout.write(`NATS_${name}_SEED=${seed}\nNATS_${name}_USER=${publicKey}\n`);
}

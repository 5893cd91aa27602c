import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** In a process that imports it, the next fdatasync after the file FAIL_SYNC_FILE was made fails once, and deletes the file. */
const file = process.env["FAIL_SYNC_FILE"];
const { fdatasync } = fs;
fs.fdatasync = (fd, done) => {
  try {
    fs.rmSync(file);
  } catch {
    fdatasync(fd, done);
    return;
  }
  const error = new Error("EIO: i/o error, fdatasync");
  setImmediate(done, Object.assign(error, { code: "EIO", syscall: "fdatasync" }));
};
syncBuiltinESMExports();

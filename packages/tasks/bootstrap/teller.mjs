const tellMs = 1_000;
const widthDefault = 80;

/**
 * Says on standard error what is under way, how far it is and for how long: on a terminal in one line that is rewritten every
 * second, elsewhere in a line of its own whenever there is progress. `progress` may be left out.
 */
export function startTeller(label, progress = () => "") {
  const startedAtMs = Date.now();
  const { stderr } = process;
  let last;
  const tell = () => {
    const far = progress();
    if (!stderr.isTTY && far === last) return;
    last = far;
    const seconds = Math.floor((Date.now() - startedAtMs) / 1000);
    const parts = [far, ...(seconds > 0 ? [`${seconds} s`] : [])].filter((part) => part !== "");
    const line = [`${label} …`, parts.join(", ")].join(" ").trimEnd();
    if (stderr.isTTY)
      stderr.write(`\r\x1b[K${line.slice(0, (stderr.columns ?? widthDefault) - 1)}`);
    else stderr.write(`${line}\n`);
  };
  tell();
  const timer = setInterval(tell, tellMs);
  return {
    /** Says it for the last time. */
    end() {
      clearInterval(timer);
      tell();
      if (stderr.isTTY) stderr.write("\n");
    },
  };
}

/** Sets the wall clock of the process that imports it ahead by CLOCK_AHEAD_MS; the monotonic clock stays right. */
const aheadMs = Number(process.env["CLOCK_AHEAD_MS"]);
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [RealDate.now() + aheadMs] : args));
  }
  static now() {
    return RealDate.now() + aheadMs;
  }
};

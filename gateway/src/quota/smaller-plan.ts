/** Notices that the plan of an account has become smaller than metering last said. */
export class SmallerPlan {
  #noticed: bigint | undefined;

  /**
   * True once for each hard plan with less quota than `limit`, by which units are lent; never where one is unknown. Metering may hear of the plan later than this
   * process, and says the larger one until then.
   */
  isNews(hardUnits: bigint | undefined, limit: bigint | undefined): boolean {
    if (hardUnits === undefined || limit === undefined) return false;
    const isSmaller = hardUnits < limit;
    const isNews = isSmaller && hardUnits !== this.#noticed;
    this.#noticed = isSmaller ? hardUnits : undefined;
    return isNews;
  }
}

/** What an answer is made of: pieces that come in any order, each with the place of the first address that it answers. */
export class PiecesByPlace<Piece> {
  readonly #pieces = new Map<number, Piece>();

  /** Adds a piece; one of the same place is replaced. */
  add(place: number, piece: Piece): void {
    this.#pieces.set(place, piece);
  }

  /** The pieces by their places. */
  inOrder(): Piece[] {
    return [...this.#pieces].sort(([a], [b]) => a - b).map(([, piece]) => piece);
  }
}

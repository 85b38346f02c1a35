/** What is known of a connection. */
interface Connected<TConnection> {
  /** What the program gave. */
  readonly connection: TConnection;
}

/** The spokes of a hub by their connections, from the first word to the last one of the runtime's object. */
export class Connections<TConnection, TSpoke extends Connected<TConnection>> {
  readonly #spokes = new Map<TConnection, TSpoke>();
  /** Those that the hub has let go of, while their connections close. */
  readonly #closing = new Map<TConnection, TSpoke>();

  /** How many spokes there are. */
  get count(): number {
    return this.#spokes.size;
  }

  /** How many connections are still closing. */
  get closingCount(): number {
    return this.#closing.size;
  }

  /** The spokes, as they are now. */
  get spokes(): TSpoke[] {
    return [...this.#spokes.values()];
  }

  /**
   * The spoke of a connection.
   *
   * @param connection The connection.
   * @returns Its spoke, if it is in use and not closing.
   */
  get(connection: TConnection): TSpoke | undefined {
    return this.#spokes.get(connection);
  }

  /**
   * The spoke of a connection that is in use or closing.
   *
   * @param connection The connection.
   * @returns Its spoke.
   */
  find(connection: TConnection): TSpoke | undefined {
    return this.#spokes.get(connection) ?? this.#closing.get(connection);
  }

  /**
   * Whether a spoke is in use.
   *
   * @param spoke The spoke.
   * @returns Whether its connection has it.
   */
  has(spoke: TSpoke): boolean {
    return this.#spokes.get(spoke.connection) === spoke;
  }

  /**
   * Takes a spoke into use.
   *
   * @param spoke The spoke.
   */
  add(spoke: TSpoke): void {
    this.#spokes.set(spoke.connection, spoke);
  }

  /**
   * Notes that a connection is closing.
   *
   * @param spoke Its spoke.
   */
  close(spoke: TSpoke): void {
    this.#closing.set(spoke.connection, spoke);
  }

  /**
   * Takes a spoke out of use.
   *
   * @param spoke The spoke.
   */
  delete(spoke: TSpoke): void {
    this.#spokes.delete(spoke.connection);
  }

  /**
   * Notes that a connection is gone.
   *
   * @param spoke Its spoke.
   */
  release(spoke: TSpoke): void {
    if (this.#closing.get(spoke.connection) === spoke) this.#closing.delete(spoke.connection);
  }
}

/** The sizes of a fleet. */
export interface FleetSize {
  readonly hubs: number;
  /** The number of processes of spokes. */
  readonly processes: number;
  /** The number of spokes in each process. */
  readonly perProcess: number;
  /** The number of rooms, each with the same number of spokes. */
  readonly rooms: number;
  /** Whether Redis keeps the events, also while it is killed. */
  readonly history: boolean;
}

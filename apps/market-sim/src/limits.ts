/** Every bound of the simulator. Defaults are Binance's own where it has one. */
export interface Limits {
  /** Open WebSocket connections of all clients together. */
  readonly connectionsMax: number;
  /** Binance: 300 per 5 minutes and address; every client of a local set-up shares one address. */
  readonly connectAttemptsMax: number;
  readonly connectAttemptsWindowMs: number;
  readonly streamsPerConnectionMax: number;
  /** PING and PONG frames and JSON messages together; one more and the connection is closed. */
  readonly inboundMessagesPerSecondMax: number;
  readonly inboundMessageMaxBytes: number;
  /** A reader this far behind is disconnected. */
  readonly outboundBufferMaxBytes: number;
  /** Messages that a slowed-down line may hold back. */
  readonly slowLineQueueMax: number;
  readonly connectionLifeMs: number;
  readonly pingEveryMs: number;
  readonly pongWithinMs: number;
  /** Per address; 0 switches the rule off. */
  readonly restWeightPerMinuteMax: number;
}

export const DEFAULT_LIMITS: Limits = {
  connectionsMax: 1_000,
  connectAttemptsMax: 300,
  connectAttemptsWindowMs: 300_000,
  streamsPerConnectionMax: 1_024,
  inboundMessagesPerSecondMax: 5,
  inboundMessageMaxBytes: 65_536,
  outboundBufferMaxBytes: 16 * 1_048_576,
  slowLineQueueMax: 100_000,
  connectionLifeMs: 24 * 3_600_000,
  pingEveryMs: 20_000,
  pongWithinMs: 60_000,
  restWeightPerMinuteMax: 6_000,
};

import type { Clock } from "@mirrorbook/kernel";
import { WebSocket } from "ws";
import type { Limits } from "../limits.ts";
import { RateWindow } from "../rate-window.ts";

const POLICY_VIOLATION = 1008;
const GOING_AWAY = 1001;

export interface ConnectionStatus {
  readonly id: number;
  readonly combined: boolean;
  readonly streams: readonly string[];
  readonly sent: number;
  /** Messages swallowed by a stall. */
  readonly swallowed: number;
  readonly stalled: boolean;
  readonly delayMs: number;
}

/** One client: its subscriptions, its pings, its limits, and the faults of its line. */
export class Connection {
  readonly id: number;
  readonly streams = new Set<string>();
  combined: boolean;
  private readonly socket: WebSocket;
  private readonly limits: Limits;
  private readonly clock: Clock;
  private readonly inbound: RateWindow;
  private readonly timers: NodeJS.Timeout[] = [];
  private lastPongAtMs: number;
  private sent = 0;
  private swallowed = 0;
  private stalledUntilMs = 0;
  private delayMs = 0;
  private readonly queue: { readonly text: string; readonly dueAtMs: number }[] = [];
  private queueTimer: NodeJS.Timeout | undefined;

  constructor(parts: {
    id: number;
    socket: WebSocket;
    combined: boolean;
    limits: Limits;
    clock: Clock;
  }) {
    const { limits, clock } = parts;
    this.id = parts.id;
    this.socket = parts.socket;
    this.combined = parts.combined;
    this.limits = limits;
    this.clock = clock;
    this.lastPongAtMs = clock.monotonicMs();
    this.inbound = new RateWindow(limits.inboundMessagesPerSecondMax, 1_000);
    this.timers.push(setInterval(() => this.ping(), limits.pingEveryMs).unref());
    const life = setTimeout(() => this.close(GOING_AWAY, "24 hours"), limits.connectionLifeMs);
    this.timers.push(life.unref());
  }

  /** Calls back for every text message within the limits, and once when the connection is gone. */
  listen(handlers: { onText(text: string): void; onGone(): void }): void {
    this.socket.on("message", (data) => {
      if (this.admitsInbound()) handlers.onText(data.toString());
    });
    this.socket.on("ping", (data) => {
      if (this.admitsInbound() && !this.isStalled()) this.socket.pong(data);
    });
    this.socket.on("pong", () => {
      if (this.admitsInbound()) this.lastPongAtMs = this.clock.monotonicMs();
    });
    this.socket.on("error", () => this.socket.terminate());
    this.socket.once("close", () => {
      for (const timer of [...this.timers, this.queueTimer]) clearTimeout(timer);
      handlers.onGone();
    });
  }

  /** Sends a text frame, subject to the faults of this line. */
  send(text: string): void {
    if (this.isStalled()) {
      this.swallowed++;
      return;
    }
    if (this.delayMs > 0 || this.queue.length > 0) this.sendLater(text);
    else this.sendNow(text);
  }

  /** Swallows everything to the client, silently, for a time; pings and pongs too. */
  stall(durationMs: number): void {
    this.stalledUntilMs = this.clock.monotonicMs() + durationMs;
  }

  /** Delays every message to the client; 0 makes the line quick again after what is under way. */
  slow(delayMs: number): void {
    this.delayMs = delayMs;
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  /** Cuts the line without a closing handshake. */
  cut(): void {
    this.socket.terminate();
  }

  get bufferedBytes(): number {
    return this.socket.bufferedAmount;
  }

  status(): ConnectionStatus {
    const { id, combined, sent, swallowed, delayMs } = this;
    const stalled = this.isStalled();
    return { id, combined, streams: [...this.streams], sent, swallowed, stalled, delayMs };
  }

  private isStalled(): boolean {
    return this.clock.monotonicMs() < this.stalledUntilMs;
  }

  private sendNow(text: string): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send(text);
    this.sent++;
    if (this.socket.bufferedAmount > this.limits.outboundBufferMaxBytes) this.cut();
  }

  private sendLater(text: string): void {
    if (this.queue.length >= this.limits.slowLineQueueMax) {
      this.cut();
      return;
    }
    this.queue.push({ text, dueAtMs: this.clock.monotonicMs() + this.delayMs });
    if (this.queue.length === 1) this.sendWhenDue();
  }

  /** Sends the queue in order: a line that becomes quicker does not overtake what is under way. */
  private sendWhenDue(): void {
    const [first] = this.queue;
    if (first === undefined) return;
    const waitMs = first.dueAtMs - this.clock.monotonicMs();
    this.queueTimer = setTimeout(
      () => {
        this.queue.shift();
        if (!this.isStalled()) this.sendNow(first.text);
        this.sendWhenDue();
      },
      Math.max(0, waitMs),
    );
  }

  private admitsInbound(): boolean {
    if (this.inbound.admits(this.clock.monotonicMs())) return true;
    this.close(POLICY_VIOLATION, "Too many requests");
    return false;
  }

  private ping(): void {
    if (this.isStalled() || this.socket.readyState !== WebSocket.OPEN) return;
    const silentMs = this.clock.monotonicMs() - this.lastPongAtMs;
    if (silentMs > this.limits.pongWithinMs) this.cut();
    else this.socket.ping(String(this.clock.nowMs()));
  }
}

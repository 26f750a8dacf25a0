import { once } from "node:events";
import { eventually } from "@mirrorbook/testkit";
import { WebSocket } from "ws";

/** A plain WebSocket client that remembers every message, parsed. */
export class PlainClient implements AsyncDisposable {
  readonly socket: WebSocket;
  // biome-ignore lint/suspicious/noExplicitAny: messages of any shape are looked into.
  readonly received: any[] = [];
  /** Code and reason of the close frame. */
  closed: { code: number; reason: string } | null = null;

  private constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(url, { headers });
    this.socket.on("message", (data) => this.received.push(JSON.parse(String(data))));
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
  }

  static async connect(url: string, headers: Record<string, string> = {}): Promise<PlainClient> {
    const client = new PlainClient(url, headers);
    await once(client.socket, "open");
    return client;
  }

  /** Sends text as it is, anything else as JSON. */
  send(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  of(type: string): typeof this.received {
    return this.received.filter((message) => message.type === type);
  }

  /** Waits for a message of this type, and returns the first. */
  async heard(type: string): Promise<(typeof this.received)[number]> {
    return eventually(() => {
      const [first] = this.of(type);
      if (first === undefined) {
        throw new Error(`no ${type} yet, but ${JSON.stringify(this.received.slice(-3))}`);
      }
      return first;
    });
  }

  forget(): void {
    this.received.length = 0;
  }

  async ended(): Promise<{ code: number; reason: string }> {
    return eventually(() => {
      if (this.closed === null) throw new Error("still open");
      return this.closed;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate();
  }
}

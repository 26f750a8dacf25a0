/**
 * A real Socket.IO and HTTP server per node, on loopback, that keeps the server's side of the wire contract over one
 * shared world: numbered user events with resume, book views with checksums, commands with idempotency. Small enough to
 * be seen through, and it misbehaves on demand. The whole contract is proved against the real gateway elsewhere.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type BookUpdate, type BookView, bookChecksum, type Level } from "@mirrorbook/protocol";
import { Server, type Socket } from "socket.io";

type Json = Record<string, unknown>;
type Ack = (answer: unknown) => void;
export type LoggedEvent = readonly [name: string, payload: Json & { seq: number }];

export class SmallWorld {
  readonly log: LoggedEvent[] = [];
  readonly placed = new Map<string, { body: string; answer: Json }>();
  /** Events at or below this number are no longer kept. */
  trimmedTo = 0;
  readonly nodes: SmallNode[] = [];
  book: { seq: number; bids: Level[]; asks: Level[] } = {
    seq: 1,
    bids: [["100.00", "1.0"]],
    asks: [["101.00", "1.0"]],
  };

  /** Numbers an event, keeps it and sends it to the user wherever they are. */
  tell(name: string, payload: Json): void {
    const event = [name, { ...payload, seq: this.log.length + 1, timestamp: NOW }] as const;
    this.log.push(event);
    for (const node of this.nodes) node.send("user", event[0], event[1]);
  }

  tellBalance(total: string): void {
    const balance = { account: "main", asset: "SIM_USD", total, available: total, locked: "0" };
    this.tell("balance:updated", { ...balance, reason: "test" });
  }

  /** Moves the best bid; `spoil` and `lose` break what clients get. */
  moveBook(size: string, fault?: "spoil" | "lose"): void {
    const prevSeq = this.book.seq;
    const bids: Level[] = [["100.00", size]];
    this.book = { ...this.book, seq: prevSeq + 1, bids };
    if (fault === "lose") return;
    const view = this.view();
    const checksum = fault === "spoil" ? view.checksum ^ 1 : view.checksum;
    const update: BookUpdate = { ...view, prevSeq, asks: [], checksum };
    for (const node of this.nodes) node.send("book", "orderbook:update", update);
  }

  view(): BookView {
    const { seq, bids, asks } = this.book;
    return {
      ...{ pair: "SIM_BTC/SIM_USD", symbol: "BTCUSDT", depth: 20, seq, timestamp: NOW },
      ...{ lastUpdateId: seq, bids: bids as BookView["bids"], asks: asks as BookView["asks"] },
      checksum: bookChecksum(bids, asks),
      best: { bid: null, bidSize: null, ask: null, askSize: null, spread: null },
    };
  }

  /** Applies an order once per client order id and logs what it did. */
  place(body: Json): Json {
    const id = String(body.clientOrderId);
    const before = this.placed.get(id);
    if (before !== undefined) return { ...before.answer, replayed: true };
    const order = { id: `o${this.placed.size + 1}`, clientOrderId: id, status: "filled" };
    const answer = { ok: true, value: { order, trades: [] } };
    this.placed.set(id, { body: JSON.stringify(body), answer });
    this.tell("order:filled", { order });
    return answer;
  }
}

const NOW = "2026-01-01T00:00:00.000Z";

export class SmallNode {
  readonly name: string;
  readonly url: string;
  readonly sockets = new Set<Socket>();
  /** Messages by name, as they came in. */
  readonly received: { name: string; body: unknown }[] = [];
  /** User events are swallowed while this is set, as by a broken subscription. */
  deaf = false;
  /** Applies the next order, then breaks the connection instead of answering. */
  dieOnOrder = false;
  /** Refuses the next orders with these codes. */
  readonly refuseOrders: string[] = [];
  refuseConnections: string | null = null;
  readonly #world: SmallWorld;
  readonly #http;
  readonly #io: Server;

  private constructor(name: string, world: SmallWorld, http: ReturnType<typeof createServer>) {
    this.name = name;
    this.#world = world;
    this.#http = http;
    this.#io = new Server(http);
    this.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    this.#io.use((socket, next) => {
      const code =
        this.refuseConnections ?? (socket.handshake.auth.token === "bad" ? "UNAUTHORIZED" : null);
      next(code === null ? undefined : Object.assign(new Error(code), { data: { code } }));
    });
    this.#io.on("connection", (socket) => this.#greet(socket));
  }

  static async start(name: string, world: SmallWorld): Promise<SmallNode> {
    let node: SmallNode | undefined;
    const http = createServer((request, response) => node?.answer(request, response));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    node = new SmallNode(name, world, http);
    world.nodes.push(node);
    return node;
  }

  send(room: string, name: string, payload: unknown): void {
    if (room === "user" && this.deaf) return;
    this.#io.to(room).emit(name, payload);
  }

  /** Everyone's transport is cut, as by a killed process; the node itself goes on. */
  cut(): void {
    for (const socket of this.sockets) socket.conn.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#http.closeAllConnections(); // Or closing waits for idle keep-alive connections.
    await this.#io.close();
  }

  count(name: string): number {
    return this.received.filter((message) => message.name === name).length;
  }

  #greet(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("disconnect", () => this.sockets.delete(socket));
    socket.join("user");
    socket.onAny((name: string, body: unknown) => this.received.push({ name, body }));
    socket.on("subscribe", (body: Json | Json[], ack: Ack) => this.#subscribe(socket, body, ack));
    socket.on("unsubscribe", (_body: unknown, ack: Ack) => ack({ ok: true }));
    socket.on("ping:latency", (_body: unknown, ack: Ack) => {
      ack({ ok: true, value: { serverTime: new Date().toISOString() } });
    });
    socket.on("resume", ({ since }: { since: number }, ack: Ack) => {
      this.#catchUp(socket, since);
      ack({ ok: true });
    });
    socket.on("order:place", (body: Json, ack: Ack) => this.#place(socket, body, ack));
    const { since } = socket.handshake.auth as { since?: number };
    socket.emit("welcome", {
      node: this.name,
      userId: "u1",
      seq: this.#world.log.length,
      serverTime: NOW,
      retention: { events: 100, ms: 1_000 },
    });
    if (since !== undefined) this.#catchUp(socket, since);
  }

  #catchUp(socket: Socket, since: number): void {
    if (since < this.#world.trimmedTo) {
      socket.emit("resync", { reason: "trimmed", seq: this.#world.log.length });
      return;
    }
    for (const [name, payload] of this.#world.log.slice(since)) socket.emit(name, payload);
  }

  #subscribe(socket: Socket, body: Json | Json[], ack: Ack): void {
    ack({ ok: true, subscriptions: [], errors: [] });
    for (const { channel } of [body].flat()) {
      if (channel !== "orderbook") continue;
      socket.join("book");
      socket.emit("orderbook:snapshot", this.#world.view());
    }
  }

  #place(socket: Socket, body: Json, ack: Ack): void {
    const code = this.refuseOrders.shift();
    if (code !== undefined) {
      ack({ ok: false, error: { code, message: code, retry: true } });
      return;
    }
    const answer = this.#world.place(body);
    if (this.dieOnOrder) {
      this.dieOnOrder = false;
      socket.conn.close();
    } else ack(answer);
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url?.startsWith("/socket.io/")) return;
    const last = this.#world.log.findLast(([name]) => name === "balance:updated")?.[1];
    const bodies: Record<string, unknown> = {
      "/api/balances": { balances: last === undefined ? [] : [last], seq: this.#world.log.length },
      "/api/positions": { positions: [] },
      "/api/orders": { orders: [] },
      "/api/trades": { trades: [] },
      "/api/portfolio": { portfolios: [] },
      "/api/markets": { markets: [] },
      "/api/auth/guest": { token: "t", expiresAt: NOW, user: { id: "u1", name: "g", roles: [] } },
    };
    const body = bodies[(request.url ?? "").split("?")[0]!];
    response.writeHead(body === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(body ?? { code: "NOT_FOUND", detail: "No such thing." }));
  }
}

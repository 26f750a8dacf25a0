import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type AnyEvent,
  BATCH_PACKET,
  type BookUpdate,
  type BookView,
  type DialectName,
  rooms,
  type Seal,
  type UserEvent,
} from "@mirrorbook/protocol";
import { type RedisServer, startRedis } from "@mirrorbook/testkit";
import { createShardedAdapter } from "@socket.io/redis-adapter";
import { Server, type ServerOptions, type Socket } from "socket.io";
import { type Socket as ClientSocket, io as connect } from "socket.io-client";
import { WebSocket, WebSocketServer } from "ws";
import { foldBook } from "../../src/audience.ts";
import {
  type FanoutLimits,
  type FanoutSources,
  Hub,
  type Member,
  type SubscriberClient,
} from "../../src/index.ts";

/** Stands for the leader and its log: what it publishes is in the log before it leaves (promise P2). */
export class Leader implements FanoutSources {
  readonly io = new Server();
  readonly userLogs = new Map<string, UserEvent[]>();
  readonly books = new Map<string, BookView>();
  reads = 0;

  constructor(redis: RedisServer) {
    const receivesNothing = { on: () => {}, ssubscribe: () => {}, sunsubscribe: () => {} };
    this.io.adapter(createShardedAdapter(redis.client(), receivesNothing));
  }

  publish(room: string, events: readonly AnyEvent[]): void {
    this.io.to(room).emit(BATCH_PACKET, events);
  }

  publishUser(userId: string, ...events: UserEvent[]): void {
    this.record(userId, ...events);
    const bytes = events.map((event) => Buffer.byteLength(JSON.stringify(event)));
    const { seq: first, timestamp: at } = events[0]![1];
    this.io.to(rooms.user(userId)).emit(BATCH_PACKET, { first, at, bytes } satisfies Seal, events);
  }

  /** Writes events that are then lost on their way. */
  record(userId: string, ...events: UserEvent[]): void {
    this.userLogs.set(userId, [...(this.userLogs.get(userId) ?? []), ...events]);
  }

  setBook(view: BookView): void {
    this.books.set(`${view.symbol}:${view.depth}`, view);
  }

  recordUpdate(update: BookUpdate): void {
    const key = `${update.symbol}:${update.depth}`;
    const next = foldBook(this.books.get(key)!, [["orderbook:update", update]]);
    if (next === null) throw new Error("the test's own updates form a chain");
    this.books.set(key, next);
  }

  publishUpdate(update: BookUpdate): void {
    this.recordUpdate(update);
    this.publish(rooms.book(update.symbol, update.depth), [["orderbook:update", update]]);
  }

  async readUserEvents(userId: string, afterSeq: number, countMax: number) {
    this.reads++;
    const log = this.userLogs.get(userId) ?? [];
    const missed = log.filter(([, { seq }]) => seq > afterSeq).slice(0, countMax);
    const first = missed[0]?.[1].seq;
    if (first !== undefined && first > afterSeq + 1) {
      return { kind: "trimmed" as const, seq: log.at(-1)![1].seq };
    }
    return { kind: "events" as const, events: missed };
  }

  async readBook(symbol: string, depth: number): Promise<BookView | null> {
    this.reads++;
    return this.books.get(`${symbol}:${depth}`) ?? null;
  }
}

export interface NodeOptions {
  readonly limits?: Partial<FanoutLimits>;
  readonly io?: Partial<ServerOptions>;
  /** Whether plain WebSocket may compress. */
  readonly perMessageDeflate?: boolean;
  /** Wraps the subscriber, to play with its time. */
  readonly subscriber?: (client: SubscriberClient) => SubscriberClient;
}

/** A gateway reduced to its delivery: Socket.IO and plain WebSocket on one port, every connection a member. */
export class Node {
  readonly http: HttpServer;
  readonly io: Server;
  readonly hub: Hub;
  readonly webSockets: WebSocketServer;
  readonly problems: string[] = [];
  readonly members: Member[] = [];
  resubscribed = 0;
  readonly disconnected: string[] = [];

  constructor(redis: RedisServer, leader: Leader, options: NodeOptions) {
    this.http = createServer();
    this.io = new Server(this.http, { ...options.io, destroyUpgrade: false });
    const client = redis.client() as unknown as SubscriberClient;
    this.hub = new Hub({
      io: this.io,
      publisher: redis.client(),
      subscriber: options.subscriber?.(client) ?? client,
      sources: leader,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      hooks: {
        onProblem: (problem) => this.problems.push(problem),
        onResubscribed: () => this.resubscribed++,
        onDisconnect: (_member, code) => this.disconnected.push(code),
      },
    });
    this.io.on("connection", (socket) => this.#welcome(socket));
    this.webSockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: options.perMessageDeflate ?? false,
    });
    this.http.on("upgrade", (request, socket, head) => {
      const url = new URL(request.url!, "http://node");
      if (url.pathname !== "/ws") return;
      this.webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        const dialect = (url.searchParams.get("dialect") ?? "streams") as DialectName;
        this.members.push(
          this.hub.addWebSocket(webSocket, {
            userId: url.searchParams.get("user"),
            roles: [],
            dialect,
          }),
        );
      });
    });
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  #welcome(socket: Socket): void {
    const { user, dialect } = socket.handshake.auth as { user?: string; dialect?: DialectName };
    this.members.push(
      this.hub.addSocketIo(socket, {
        userId: user ?? null,
        roles: [],
        dialect: dialect ?? "events",
      }),
    );
  }
}

export class FanoutCluster implements AsyncDisposable {
  readonly redis: RedisServer;
  readonly leader: Leader;
  readonly #nodes: Node[] = [];
  readonly #clients: { close(): void }[] = [];

  constructor(redis: RedisServer) {
    this.redis = redis;
    this.leader = new Leader(redis);
  }

  async node(options: NodeOptions = {}): Promise<Node> {
    const node = new Node(this.redis, this.leader, options);
    await new Promise<void>((resolve) => node.http.listen(0, "127.0.0.1", resolve));
    this.#nodes.push(node);
    return node;
  }

  /** A Socket.IO client, and the member it became. */
  async socketIo(
    node: Node,
    auth: { user?: string; dialect?: DialectName } = {},
    transports: string[] = ["websocket"],
  ): Promise<Client> {
    const socket = connect(`http://127.0.0.1:${node.port}`, {
      transports,
      auth,
      forceNew: true,
      reconnection: false,
    });
    this.#clients.push(socket);
    const messages: [string, unknown][] = [];
    socket.onAny((name, body) => messages.push([name, body]));
    await new Promise<void>((resolve, reject) => {
      socket.on("connect", resolve);
      socket.on("connect_error", reject);
    });
    const member = node.members.find(({ id }) => id === socket.id)!;
    return { messages, member, socket };
  }

  async webSocket(
    node: Node,
    query: { user?: string; dialect?: DialectName } = {},
  ): Promise<PlainClient> {
    const count = node.members.length;
    const socket = new WebSocket(`ws://127.0.0.1:${node.port}/ws?${new URLSearchParams(query)}`);
    this.#clients.push(socket);
    const messages: unknown[] = [];
    socket.on("message", (data) => messages.push(JSON.parse(String(data))));
    await new Promise<void>((resolve, reject) => {
      socket.on("open", resolve);
      socket.on("error", reject);
    });
    return { messages, member: node.members[count]!, socket };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    for (const node of this.#nodes) {
      await node.hub.close();
      for (const webSocket of node.webSockets.clients) webSocket.terminate();
      await node.io.close();
    }
    await this.leader.io.of("/").adapter.close();
    await this.redis[Symbol.asyncDispose]();
  }
}

export interface Client {
  readonly messages: [string, unknown][];
  readonly member: Member;
  readonly socket: ClientSocket;
}

export interface PlainClient {
  readonly messages: unknown[];
  readonly member: Member;
  readonly socket: WebSocket;
}

export async function startCluster(): Promise<FanoutCluster> {
  return new FanoutCluster(await startRedis());
}

/** The `seq` of each message a Socket.IO client received. */
export function seqs({ messages }: Client, name?: string): number[] {
  return messages
    .filter(([received]) => name === undefined || received === name)
    .map(([, body]) => (body as { seq: number }).seq);
}

/**
 * Who the page trades as. A first visitor becomes a guest without being asked; a kept session is used again; one that the
 * server no longer takes is replaced, and the page says so.
 */
import {
  ApiError,
  type Credentials,
  createStore,
  register,
  type Session,
  signIn,
  signInAsGuest,
} from "@mirrorbook/sdk";
import { recall, remember } from "../lib/kept.ts";

export interface SessionState {
  /** Null while a guest is being made, or when none can be had: then the page shows the market only. */
  readonly session: Session | null;
  readonly isGuest: boolean;
  /** Why there is no session. */
  readonly problem: string | null;
}

/** A session that ends within this time is not begun with. */
const SPARE_MS = 60_000;

export class Sessions {
  readonly state = createStore<SessionState>(stateOf(recall("session", isUsable)));
  readonly #url: () => string;
  #pending: Promise<Session | null> | null = null;

  /** @param url address of the gateway in use */
  constructor(url: () => string) {
    this.#url = url;
  }

  /** The token to connect with. @throws {ApiError} when the server cannot be reached; the SDK asks again. */
  token = async (): Promise<string | null> => {
    const { session } = this.state.getSnapshot();
    return (session ?? (await this.#beGuest()))?.token ?? null;
  };

  async signIn(credentials: Credentials): Promise<void> {
    this.#take(await signIn(this.#url(), credentials));
  }

  async register(credentials: Credentials): Promise<void> {
    this.#take(await register(this.#url(), credentials));
  }

  /** Forgets the session; the next token is a new guest's. */
  leave(problem: string | null = null): void {
    remember("session", null);
    this.state.set({ session: null, isGuest: true, problem });
  }

  /** One guest, however many ask at once. Too many guests from here: the market can still be watched. */
  async #beGuest(): Promise<Session | null> {
    this.#pending ??= signInAsGuest(this.#url()).finally(() => {
      this.#pending = null;
    });
    try {
      const session = await this.#pending;
      if (session !== null) this.#take(session);
      return session;
    } catch (error) {
      if (!(error instanceof ApiError) || error.code === "UNAVAILABLE") throw error;
      this.state.set({ session: null, isGuest: true, problem: error.message });
      return null;
    }
  }

  #take(session: Session): void {
    remember("session", session);
    this.state.set(stateOf(session));
  }
}

function stateOf(session: Session | null): SessionState {
  const isGuest =
    session === null || session.user.roles.includes("guest") || /^guest/i.test(session.user.name);
  return { session, isGuest, problem: null };
}

function isUsable(value: unknown): value is Session {
  const session = value as Session | null;
  return (
    typeof session?.token === "string" &&
    typeof session.user?.name === "string" &&
    Date.parse(session.expiresAt) > Date.now() + SPARE_MS
  );
}

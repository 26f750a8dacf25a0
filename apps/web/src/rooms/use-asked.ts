import { ApiError } from "@mirrorbook/sdk";
import { useEffect, useRef, useState } from "react";

export interface Asked<T> {
  /** The last answer; kept while a newer one is awaited or fails. */
  readonly value: T | null;
  /** Why there is no answer, in words. */
  readonly problem: string | null;
}

interface AskedAgain {
  /** Asks anew so often while mounted; null: once. */
  readonly everyMs?: number | null;
}

/** Asks at once when `key` is another, and again every now and then. The answer to an older key is dropped. */
export function useAsked<T>(
  key: string,
  question: () => Promise<T>,
  { everyMs = null }: AskedAgain = {},
): Asked<T> {
  const [state, setState] = useState<Asked<T> & { readonly key: string }>({
    key,
    value: null,
    problem: null,
  });
  const latest = useRef(question);
  latest.current = question;
  useEffect(() => {
    let isStopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (ms: number | null) => {
      if (ms !== null && !isStopped) timer = setTimeout(() => void ask(), ms);
    };
    async function ask(): Promise<void> {
      try {
        const value = await latest.current();
        if (!isStopped) setState({ key, value, problem: null });
        again(everyMs);
      } catch (error) {
        const problem = wordsOf(error);
        if (!isStopped) setState((now) => ({ ...now, key, problem }));
        again(everyMs ?? RETRY_MS);
      }
    }
    void ask();
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }, [key, everyMs]);
  return state;
}

const RETRY_MS = 3_000;

export function wordsOf(error: unknown): string {
  return error instanceof ApiError ? error.message : "Something went wrong. Try again.";
}

import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";

type Observer = (request: ClientRequest) => void;

const observers = new AsyncLocalStorage<Observer>();

subscribe("http.client.request.created", (message) => {
  observers.getStore()?.((message as { request: ClientRequest }).request);
});

/**
 * Runs `call` and shows `observer` the first HTTP request that it makes, now or later, before it is sent.
 *
 * That is how status, headers and socket of a request are seen that a library keeps to itself. Only the first one:
 * what is done in answer to it runs in the same asynchronous context and is none of the observer's business.
 */
export function observingRequest<T>(observer: Observer, call: () => T): T {
  let seen = false;
  return observers.run((request) => {
    if (seen) return;
    seen = true;
    observer(request);
  }, call);
}

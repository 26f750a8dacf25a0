import { z } from "zod";
import { asyncApi } from "../docs/async-api.ts";
import { openApi } from "../docs/open-api.ts";
import {
  errorsPage,
  indexPage,
  type MessageDocument,
  messagesPage,
  type RestDocument,
  restPage,
} from "../docs/pages.ts";
import type { MessageSpec } from "../sockets/messages.ts";
import { openRoute, Reply, type Route } from "./route.ts";

const Document = z.looseObject({});

/** The interface, described by what it is made of: for machines below `/api`, for people at `/docs`. */
export interface DocumentRoutes {
  readonly api: readonly Route[];
  readonly root: readonly Route[];
}

/** Documents are written once, when somebody first asks. `routes` and `rootRoutes` are all the others. */
export function documentRoutes(
  routes: readonly Route[],
  rootRoutes: readonly Route[],
  messages: readonly MessageSpec[],
): DocumentRoutes {
  const rest = once(() => openApi([...routes, ...api], [...rootRoutes, ...root]));
  const sockets = once(() => asyncApi(messages));
  const api: Route[] = [
    openRoute(
      { method: "get", path: "/openapi.json", summary: "This interface.", answer: Document },
      rest,
    ),
    openRoute(
      { method: "get", path: "/asyncapi.json", summary: "Messages and events.", answer: Document },
      sockets,
    ),
  ];
  const root: Route[] = [
    pageRoute("/docs", "The interfaces, for people.", indexPage),
    pageRoute("/docs/rest", "This interface, for people.", () =>
      restPage(rest() as unknown as RestDocument),
    ),
    pageRoute("/docs/messages", "Messages and events, for people.", () =>
      messagesPage(sockets() as unknown as MessageDocument),
    ),
    pageRoute("/docs/errors", "Error codes and disconnects, for people.", errorsPage),
  ];
  return { api, root };
}

function pageRoute(path: string, summary: string, make: () => string): Route {
  const made = once(make);
  return openRoute(
    { method: "get", path, summary, answer: z.string() },
    () => new Reply(200, made(), { "Content-Type": "text/html; charset=utf-8" }),
  );
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

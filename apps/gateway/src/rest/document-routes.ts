import { z } from "zod";
import { asyncApi } from "../docs/async-api.ts";
import { openApi } from "../docs/open-api.ts";
import type { MessageSpec } from "../sockets/messages.ts";
import { openRoute, type Route } from "./route.ts";

const Document = z.looseObject({});

/** The interface, described by what it is made of. Written once, when somebody first asks. */
export function documentRoutes(
  routes: readonly Route[],
  messages: readonly MessageSpec[],
): Route[] {
  const rest = once(() => openApi(routes));
  const sockets = once(() => asyncApi(messages));
  return [
    openRoute(
      { method: "get", path: "/openapi.json", summary: "This interface.", answer: Document },
      rest,
    ),
    openRoute(
      { method: "get", path: "/asyncapi.json", summary: "Messages and events.", answer: Document },
      sockets,
    ),
  ];
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

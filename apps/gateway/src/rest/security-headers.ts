import helmet from "helmet";

const PAGE = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", "data:"],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

/**
 * The page loads scripts, styles, pictures and data from its own origin and nothing else; `'self'` in connect-src
 * covers its WebSocket. It may also talk to the other gateways, to go on with one of them. Charts set inline styles.
 * Nobody may frame it.
 */
export function securityHeaders(gatewayUrls: readonly string[]) {
  const gateways = gatewayUrls.map((url) => new URL(url).origin);
  const sockets = gateways.map((origin) => origin.replace(/^http/, "ws"));
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        ...PAGE,
        connectSrc: ["'self'", ...gateways, ...sockets],
        manifestSrc: ["'self'"],
        workerSrc: ["'self'"],
      },
    },
    crossOriginResourcePolicy: { policy: "same-origin" },
    referrerPolicy: { policy: "no-referrer" },
  });
}

/** bull-board's page names the base of its addresses itself; the web font it asks for elsewhere it does not get. */
export function queuePageHeaders() {
  const directives = { ...PAGE, baseUri: ["'self'"] };
  return helmet.contentSecurityPolicy({ useDefaults: false, directives });
}

/**
 * One key for every way a client may write a market: "SIM_BTC/SIM_USD", "BTCUSDT", "BTC/USDT", "btc-usd" and "BTC" all
 * give "BTCUSD". Events carry pair and symbol; both lead to the key the caller's text led to. Only for finding the
 * right stream on this side: the server resolves the text itself and refuses markets it does not have.
 */
export function marketKey(text: string): string {
  const plain = text
    .toUpperCase()
    .replaceAll("SIM_", "")
    .replace(/[/\-_]/g, "");
  if (plain.endsWith("USDT")) return plain.slice(0, -1);
  return plain.endsWith("USD") ? plain : `${plain}USD`;
}

/** Colours of the page's tokens, for canvases. */
export interface ThemeColors {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly panel: string;
  readonly buy: string;
  readonly sell: string;
  readonly buyFaint: string;
  readonly sellFaint: string;
  readonly accent: string;
}

export function themeColors(): ThemeColors {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: token("text"),
    muted: token("muted"),
    line: token("line"),
    panel: token("panel"),
    buy: token("buy"),
    sell: token("sell"),
    buyFaint: token("buy-faint"),
    sellFaint: token("sell-faint"),
    accent: token("accent"),
  };
}

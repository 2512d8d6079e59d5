/** A name a person would give a browser: "Firefox on Linux". Null when it does not say what it is. */
export function deviceName(userAgent: string): string | null {
  const browser = first(userAgent, [["Edg", "Edge"], ["OPR/", "Opera"], ["SamsungBrowser/", "Samsung Internet"], ["Firefox/", "Firefox"], ["FxiOS/", "Firefox"], ["Chrome/", "Chrome"], ["CriOS/", "Chrome"], ["Safari/", "Safari"]]);
  const system = first(userAgent, [["iPhone", "iPhone"], ["iPad", "iPad"], ["Android", "Android"], ["Windows", "Windows"], ["Mac OS", "Mac"], ["Linux", "Linux"]]);
  return [browser, system].filter(Boolean).join(" on ") || null;
}

function first(text: string, pairs: [string, string][]): string | undefined {
  return pairs.find(([mark]) => text.includes(mark))?.[1];
}

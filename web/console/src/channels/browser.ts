/** A name a person would give: "Firefox on Linux". */
export function browserName(userAgent: string): string {
  const browser = first(userAgent, [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]]);
  const system = first(userAgent, [["iPhone", "iPhone"], ["iPad", "iPad"], ["Android", "Android"], ["Windows", "Windows"], ["Mac OS", "Mac"], ["Linux", "Linux"]]);
  return [browser, system].filter(Boolean).join(" on ") || "Browser";
}

function first(text: string, pairs: [string, string][]): string | undefined {
  return pairs.find(([mark]) => text.includes(mark))?.[1];
}

/** The queries of a dashboard. */
export function expressionsIn (dashboard: string): string[] {
  const { panels } = JSON.parse(dashboard) as { panels: { targets?: { expr: string }[] }[] }
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
}

/** The metrics that a text names. */
export function metricsIn (text: string): Set<string> {
  return new Set([...text.matchAll(/\bfastify_2fa_[a-z0-9_]+/g)].map(([name]) => name))
}

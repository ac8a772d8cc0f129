/** Returns the argument after a command-line flag. */
export const option = (name, fallback) => process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback

/** Formats milliseconds, with a decimal below 10. */
export const ms = (value) => value < 10 ? value.toFixed(1) : value.toFixed(0)

export function percentile (times, share) {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

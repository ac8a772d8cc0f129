/** The Core works in bursts every five minutes. A shorter stretch than this says nothing of how fast it is. */
const STRETCH_MS = 60_000

/**
 * Estimates how long the rest takes, from how long the latest stretch of work took: a Core that refuses one user per run
 * may have imported thousands in the run before.
 *
 * @returns a function that takes what is left, and returns seconds, or undefined as long as nothing is known
 */
export function createEstimate (now: () => number): (left: number) => number | undefined {
  let steps: Array<{ at: number, left: number }> = []
  return (left) => {
    const at = now()
    const before = steps.at(-1)
    if (before === undefined || left < before.left) steps.push({ at, left })
    const last = steps.at(-1) as { at: number, left: number }
    const start = steps.findLastIndex((step) => last.at - step.at >= STRETCH_MS)
    const first = steps[start]
    if (first === undefined) return undefined
    steps = steps.slice(start)
    const each = (last.at - first.at) / (first.left - last.left)
    return Math.max(left * each - (at - last.at), 0) / 1000
  }
}

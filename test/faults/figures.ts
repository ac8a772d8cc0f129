import type { Test } from 'tap'
import type { Answer } from './client.js'

/** What an answer is counted as: its status, and in the words of the service why. */
export function labelOf ({ status, body }: Answer): string {
  return [status, body.code ?? body.status].filter((part) => part !== undefined).join(' ')
}

/** Counts answers by kind, for the report and for what has to hold of all of them. */
export function createFigures () {
  const kinds = new Map<string, Answer[]>()

  function of (kind: string): Answer[] {
    return kinds.get(kind) ?? []
  }

  function times (kind: string): { median: number, longest: number } {
    const sorted = of(kind).map(({ ms }) => ms).sort((a, b) => a - b)
    return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, longest: sorted.at(-1) ?? 0 }
  }

  return {
    of,
    times,
    add (kind: string, answer: Answer): Answer {
      kinds.set(kind, [...of(kind), answer])
      return answer
    },
    labels (kind: string): Record<string, number> {
      const counts: Record<string, number> = {}
      for (const answer of of(kind)) counts[labelOf(answer)] = (counts[labelOf(answer)] ?? 0) + 1
      return counts
    },
    comment (t: Test): void {
      for (const kind of [...kinds.keys()].sort()) {
        const { median, longest } = times(kind)
        const counts = Object.entries(this.labels(kind)).map(([label, count]) => `${count} × ${label}`).join(', ')
        t.comment(`${kind}: ${counts}; median ${median.toFixed(0)} ms, longest ${longest.toFixed(0)} ms`)
      }
    }
  }
}

export type Figures = ReturnType<typeof createFigures>

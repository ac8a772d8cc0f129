/** What is kept of a change. */
export interface Kept {
  /** Hash of the request. */
  print: string
  /** Undefined while it is under way. */
  answer?: object
}

/** The answers to changes, by caller and name, for a day. */
export interface KeptAnswers {
  /** Takes a name for a change that begins. @returns what is there already, or undefined */
  take (caller: string, name: string, print: string): Promise<Kept | undefined>
  keep (caller: string, name: string, kept: Kept): Promise<void>
  drop (caller: string, name: string): Promise<void>
}

/** Of each caller; the oldest go first. */
export const MOST_KEPT = 1000
export const KEPT_MS = 86_400_000
/** A change that takes longer was ended by a crash. */
export const UNDER_WAY_MS = 60_000

interface Entry extends Kept {
  at: number
}

/** Keeps answers in this process. Callers are those of the configuration, so there is a ceiling to all of it. */
export function createKeptAnswers (): KeptAnswers {
  const all = new Map<string, Map<string, Entry>>()

  function ofCaller (caller: string): Map<string, Entry> {
    const known = all.get(caller) ?? new Map<string, Entry>()
    all.set(caller, known)
    return known
  }

  const isOver = ({ at, answer }: Entry): boolean => Date.now() - at >= (answer === undefined ? UNDER_WAY_MS : KEPT_MS)

  return {
    async take (caller, name, print) {
      const known = ofCaller(caller)
      const found = known.get(name)
      if (found !== undefined && !isOver(found)) return found
      known.delete(name)
      const [oldest] = known.keys()
      if (known.size >= MOST_KEPT && oldest !== undefined) known.delete(oldest)
      known.set(name, { print, at: Date.now() })
      return undefined
    },

    async keep (caller, name, kept) {
      const known = ofCaller(caller)
      if (known.has(name)) known.set(name, { ...kept, at: Date.now() })
    },

    async drop (caller, name) {
      ofCaller(caller).delete(name)
    }
  }
}

/** As long as a code can be answered (NIST SP 800-63B 3.1.3.2). */
const KEPT_MS = 600_000
/** Whatever strangers ask for, this is all that is remembered. */
const MOST = 10_000

/** Who took the newest code to each number, as long as nobody has answered it. In this process only. */
export function createRecent ({ most = MOST }: { most?: number } = {}) {
  const taken = new Map<string, { provider: string, at: number }>()

  return {
    /** The provider whose code to this number has not been answered. */
    get (to: string): string | undefined {
      const found = taken.get(to)
      if (found !== undefined && Date.now() - found.at < KEPT_MS) return found.provider
      taken.delete(to)
      return undefined
    },
    put (to: string, provider: string): void {
      taken.delete(to)
      taken.set(to, { provider, at: Date.now() })
      if (taken.size > most) taken.delete(taken.keys().next().value!)
    },
    delete (to: string): void {
      taken.delete(to)
    }
  }
}

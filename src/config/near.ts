import { distance } from 'fastest-levenshtein'

/** How many edits still count as a typo. Short names are too similar to each other for more than one. */
function slips (length: number): number {
  if (length < 6) return 1
  return length < 16 ? 2 : 3
}

/** Edit distance in which swapping two neighbouring letters counts once, not twice. Anything above `most` is too far. */
function edits (from: string, to: string, most: number): number {
  let least = distance(from, to)
  // A swap makes up for one edit at most.
  if (least - 1 > most) return least
  for (let i = 1; i < from.length; i++) {
    least = Math.min(least, 1 + distance(`${from.slice(0, i - 1)}${from[i]}${from[i - 1]}${from.slice(i + 1)}`, to))
  }
  return least
}

/** The candidate closest to a mistyped word. Differences in case and in `-`, `_` or spaces are ignored. */
export function nearest (word: string, candidates: Iterable<string>): string | undefined {
  // The comparison is quadratic, and no name is that long.
  if (word.length > 60) return undefined
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]/g, '')
  const from = plain(word)
  let best: string | undefined
  let least = Infinity
  for (const candidate of candidates) {
    const to = plain(candidate)
    const most = slips(Math.min(word.length, candidate.length))
    // Each edit makes up for one letter at most. Most names differ by more, and every route has some to check.
    if (Math.abs(from.length - to.length) > most) continue
    const count = edits(from, to, most)
    if (count <= most && count < least) {
      best = candidate
      least = count
    }
  }
  return best
}

/** ` Did you mean "x"?`, or an empty string if no candidate is close. */
export function didYouMean (word: string, candidates: Iterable<string>): string {
  const meant = nearest(word, candidates)
  return meant === undefined ? '' : ` Did you mean "${meant}"?`
}

import { ms, percentile } from '../script.js'

const MB = 2 ** 20
const mb = (bytes) => (bytes / MB).toFixed(0)
const row = (...cells) => `| ${cells.join(' | ')} |`
const SHOWN = ['guarded', 'sign-in', 'code', 'consume', 'refresh']

/** Growth of `value` per minute, by least squares. */
function slope (points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [minute, value] = [mean(({ minute }) => minute), mean(({ value }) => value)]
  const spread = points.reduce((sum, point) => sum + (point.minute - minute) ** 2, 0)
  return spread === 0 ? 0 : points.reduce((sum, point) => sum + (point.minute - minute) * (point.value - value), 0) / spread
}

const both = (times) => times.length === 0 ? '–' : `${ms(percentile(times, 0.5))} / ${ms(percentile(times, 0.99))}`

/**
 * Formats the run for the page.
 *
 * @param requests all requests: { kind, minute (a fraction), ms, wrong }
 * @param samples one every ten seconds: { minute, rss, heapUsed, delayP99, delayMax, live (once a minute) }
 */
export function report ({ requests, samples, minutes, about }) {
  const timesOf = (kind, from, to) => requests.filter((one) => one.kind === kind && one.minute >= from && one.minute < to).map((one) => one.ms)
  const lines = [`${about}\n`,
    row('minute', 'requests', 'unexpected', 'RSS MB', 'live heap MB', 'loop delay ms, p99 / most', ...SHOWN.map((kind) => `${kind} ms, p50 / p99`)),
    row('---:', '---:', '---:', '---:', '---:', '---:', ...SHOWN.map(() => '---:'))]
  for (let minute = 0; minute < minutes; minute++) {
    const within = (one) => one.minute >= minute && one.minute < minute + 1
    const [answered, taken] = [requests.filter(within), samples.filter((sample) => sample.minute > minute && sample.minute <= minute + 1)]
    const last = taken.at(-1)
    lines.push(row(minute + 1, answered.length, answered.filter(({ wrong }) => wrong !== undefined).length, last ? mb(last.rss) : '–', last?.live ? mb(last.live) : '–',
      `${ms(Math.max(...taken.map(({ delayP99 }) => delayP99)))} / ${ms(Math.max(...taken.map(({ delayMax }) => delayMax)))}`,
      ...SHOWN.map((kind) => both(timesOf(kind, minute, minute + 1)))))
  }

  // Ignore the start: a new heap grows until V8 has found its size.
  const warm = Math.max(1, minutes / 5)
  const third = minutes / 3
  lines.push('', row('class', 'requests', 'first third ms, p50 / p99', 'last third ms, p50 / p99', 'p99'), row('---', '---:', '---:', '---:', '---:'))
  for (const kind of [...new Set(requests.map((one) => one.kind))].sort()) {
    const [first, last] = [timesOf(kind, 0, third), timesOf(kind, minutes - third, Infinity)]
    const change = first.length > 0 && last.length > 0 ? `${((percentile(last, 0.99) / percentile(first, 0.99) - 1) * 100).toFixed(0)} %` : '–'
    lines.push(row(kind, requests.filter((one) => one.kind === kind).length, both(first), both(last), change))
  }

  const growth = (name, values) => {
    const points = values.filter(({ minute }) => minute >= warm)
    if (minutes < 3 || points.length < 3) return `${name}: the run was too short to tell`
    const gain = slope(points) * (minutes - warm)
    const mean = points.reduce((sum, { value }) => sum + value, 0) / points.length
    return `${name}: ${gain < 0 ? '−' : '+'}${(Math.abs(gain) / MB).toFixed(1)} MB by linear fit over the ${(minutes - warm).toFixed(1)} minutes after warm-up, ${(gain / mean * 100).toFixed(1)} % (${Math.abs(gain) < mean / 10 ? 'steady' : 'NOT steady'})`
  }
  const wrong = requests.filter((one) => one.wrong !== undefined)
  const kinds = [...new Set(wrong.map((one) => `${one.kind}: ${one.wrong}`))]
  lines.push('',
    `- ${growth('RSS', samples.map(({ minute, rss }) => ({ minute, value: rss })))}`,
    `- ${growth('Live heap', samples.filter(({ live }) => live !== undefined).map(({ minute, live }) => ({ minute, value: live })))}`,
    `- ${wrong.length === 0 ? `All ${requests.length} requests were answered as they had to be.` : `${wrong.length} of ${requests.length} requests were NOT answered as they had to be: ${kinds.join('; ')}`}`)
  return { text: lines.join('\n'), failed: wrong.length }
}

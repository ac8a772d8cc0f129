import type { ImportProgress } from './options.js'

const BAR = 30

/** Draws a progress bar on a terminal; otherwise writes a line for every tenth of the work, and for every new estimate. */
export function createProgress (write: (text: string) => void, isTerminal: boolean): { update: (progress: ImportProgress) => void, end: () => void } {
  let last = ''
  return {
    update ({ phase, done, total, secondsLeft }) {
      const part = total === 0 ? 1 : Math.min(done / total, 1)
      const estimate = secondsLeft === undefined ? '' : duration(secondsLeft)
      const count = `${done} of ${total}${estimate}`
      if (isTerminal) {
        const filled = Math.round(part * BAR)
        const bar = '#'.repeat(filled) + '-'.repeat(BAR - filled)
        write(`\r\x1b[K${phase.padEnd(9)} [${bar}] ${Math.floor(part * 100)} %  ${count}`)
        last = phase
      } else {
        const step = `${phase} ${Math.floor(part * 10)}${estimate}`
        if (step !== last) write(`${phase} ${count}\n`)
        last = step
      }
    },
    end () {
      if (isTerminal && last !== '') write('\r\x1b[K')
    }
  }
}

/** Rounded as coarsely as it is known. Less than a minute is not worth telling. */
function duration (seconds: number): string {
  const minutes = Math.round(seconds / 60)
  if (minutes < 1) return ''
  return minutes < 90 ? `, about ${minutes} min left` : `, about ${Math.round(minutes / 60)} h left`
}

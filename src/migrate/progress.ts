import type { ImportProgress } from './import-users.js'

const BAR = 30

/** Draws a progress bar on a terminal; otherwise writes a line for every tenth of the work. */
export function createProgress (write: (text: string) => void, isTerminal: boolean): { update: (progress: ImportProgress) => void, end: () => void } {
  let last = ''
  return {
    update ({ phase, done, total }) {
      const part = total === 0 ? 1 : Math.min(done / total, 1)
      const count = `${done} of ${total}`
      if (isTerminal) {
        const filled = Math.round(part * BAR)
        const bar = '#'.repeat(filled) + '-'.repeat(BAR - filled)
        write(`\r\x1b[K${phase.padEnd(9)} [${bar}] ${Math.floor(part * 100)} %  ${count}`)
        last = phase
      } else {
        const step = `${phase} ${Math.floor(part * 10)}`
        if (step !== last) write(`${phase} ${count}\n`)
        last = step
      }
    },
    end () {
      if (isTerminal && last !== '') write('\r\x1b[K')
    }
  }
}

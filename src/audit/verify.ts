import { type ChainNote, type Faults, type Head, isAuthentic, type Line, NOTHING, readLine, sha256 } from './chain.js'
import { linesOf } from './file-lines.js'

export interface VerifyOptions {
  /** Keys of the chain; without one, MACs are not looked at. */
  keys?: readonly string[]
  /** Ends of the chain that were kept elsewhere. */
  checkpoints?: readonly Head[]
}

export interface BadLine {
  file: string
  line: number
  problem: 'changed' | 'wrong-key' | 'no-mac' | 'not-a-line' | 'missing' | 'order' | 'foreign' | 'beginning' | 'checkpoint' | 'truncated'
  message: string
}

/** What is no sign of an attack, but worth knowing. */
export interface Notice {
  file: string
  line: number
  message: string
}

export interface Verified {
  ok: boolean
  lines: number
  events: number
  /** The first line that is there. What came before it is not proven, unless it is 1. */
  first: number | undefined
  /** The end. Keep it elsewhere: as a checkpoint, it proves later that nothing up to it has changed. */
  head: Head | undefined
  notices: Notice[]
  bad: BadLine | undefined
}

const FAULTS: Record<Faults, [BadLine['problem'], string]> = {
  'not-json': ['not-a-line', 'it is no line of the chain'],
  'not-a-line': ['not-a-line', 'it is no line of the chain'],
  hash: ['changed', 'it was changed: its content does not have its hash'],
  mac: ['wrong-key', 'its MAC is not of this key: it was changed by somebody without the key, or the key is another one'],
  'no-mac': ['no-mac', 'it has no MAC: it was written by somebody without the key']
}

/** Why a line does not follow the one before it. */
function misfit ({ sequence, previous }: Line, before: Head): Pick<BadLine, 'problem' | 'message'> | undefined {
  if (sequence > before.sequence + 1) return { problem: 'missing', message: `lines are missing before it: it is number ${sequence}, and ${before.sequence + 1} should follow` }
  if (sequence <= before.sequence) return { problem: 'order', message: `it is in the wrong place, or there twice: it is number ${sequence}, and ${before.sequence + 1} should follow` }
  return previous === before.hash ? undefined : { problem: 'changed', message: 'it does not follow the line before it: one of them was put there later' }
}

/** Thrown at the first bad line. */
class Bad extends Error {
  constructor (readonly bad: BadLine) { super(bad.message) }
}

/**
 * Checks files of one chain, the oldest first, and stops at the first line that is not as it was written.
 *
 * Proven is: these lines were written in this order, and none of them was changed, removed, inserted or moved, unless
 * by somebody who could write all that follow anew: with a key, only who has it. Not proven is that the end is there:
 * for that, compare with a checkpoint.
 */
export async function verifyChain (files: readonly string[], { keys = [], checkpoints = [] }: VerifyOptions = {}): Promise<Verified> {
  const result: Verified = { ok: false, lines: 0, events: 0, first: undefined, head: undefined, notices: [], bad: undefined }
  let place = { file: files[0] ?? '', line: 0 }

  const fail = (problem: BadLine['problem'], message: string): never => { throw new Bad({ ...place, problem, message }) }
  const notLine = (line: number): never => {
    place.line = line
    return fail(...FAULTS['not-json'])
  }

  /** A line that states what happened to the file. */
  function checkNote ({ state, torn, missing, chain }: ChainNote, line: Line, isFirstOfFile: boolean, junk: Buffer): void {
    if (state === 'begun' && (line.sequence !== 1 || line.previous !== NOTHING)) fail('beginning', 'it says that a chain begins, and is not the first of one')
    if (state !== 'repaired' && !isFirstOfFile) fail('beginning', 'it is the beginning of a file, and not at the beginning')
    if (result.head !== undefined && result.head.chain !== chain) fail('foreign', 'it is of another chain')
    if (torn !== undefined) {
      if (sha256(junk) !== torn.sha256) fail('not-a-line', 'what is before it is not what it repaired')
      result.notices.push({ ...place, message: `before it are ${torn.bytes} bytes of a line that was not finished: the process was killed, or the disk was full` })
    }
    if (missing !== undefined) fail('missing', `the service noticed that the lines ${missing.from} to ${missing.to} were not there any more: a power cut, or somebody removed them`)
  }

  function check (line: Line, isFirstOfFile: boolean, junk: Buffer[]): void {
    if (junk.length > 0 && line.note?.torn === undefined) notLine(place.line - junk.length)
    const misfits = result.head === undefined ? undefined : misfit(line, result.head)
    if (misfits !== undefined) fail(misfits.problem, misfits.message)
    if (line.note !== undefined) checkNote(line.note, line, isFirstOfFile, Buffer.concat(junk.flatMap((part, index) => index === 0 ? [part] : [Buffer.from('\n'), part])))
    else if (isFirstOfFile) fail('missing', 'a file begins with a line that says so: the first lines of this one are missing')
    const isAgainst = ({ sequence, hash }: Head): boolean => (sequence === line.sequence && hash !== line.hash) || (sequence === line.sequence - 1 && hash !== line.previous)
    if (checkpoints.some(isAgainst)) fail('checkpoint', 'it is not the one that the checkpoint names: it, or one before it, was written anew')
    result.head = { chain: line.note?.chain ?? result.head!.chain, sequence: line.sequence, hash: line.hash, ...(line.mac !== undefined && { mac: line.mac }) }
    result.first ??= line.sequence
    result.lines++
    if (line.event !== undefined) result.events++
  }

  async function checkFile (file: string): Promise<void> {
    place = { file, line: 0 }
    let isFirst = true
    let junk: Buffer[] = []
    let isEnded = true
    for await (const { bytes, isEnded: ended } of linesOf(file)) {
      isEnded = ended
      place.line++
      const found = readLine(bytes.toString(), keys)
      if ('line' in found) {
        check(found.line, isFirst, junk)
        isFirst = false
        junk = []
      } else if (found.fault === 'not-json') {
        // It may be what is left of a write that broke off: then the next line says so.
        junk.push(bytes)
      } else {
        if (junk.length > 0) notLine(place.line - junk.length)
        fail(...FAULTS[found.fault])
      }
    }
    if (junk.length > 1 || (junk.length > 0 && isEnded)) notLine(place.line - junk.length + 1)
    if (junk.length > 0) result.notices.push({ ...place, message: 'the last line is not finished: it is being written, or the process was killed. It proves nothing' })
  }

  try {
    for (const checkpoint of checkpoints) if (!isAuthentic(checkpoint, keys)) fail('wrong-key', 'the checkpoint has no MAC of this key')
    for (const file of files) await checkFile(file)
    const end = result.head?.sequence ?? 0
    const beyond = checkpoints.find(({ sequence }) => sequence > end)
    if (beyond !== undefined) fail('truncated', `the file ends here with number ${end}, and the checkpoint is of number ${beyond.sequence}: lines were cut off`)
  } catch (err) {
    if (!(err instanceof Bad)) throw err
    result.bad = err.bad
  }
  result.ok = result.bad === undefined
  return result
}

/** An event of a stream, as the HTML standard dispatches it (9.2.6). */
export interface Message {
  event: string
  data: string
}

/** Characters. No event of ours comes near it: whatever sends more is no server of ours. */
const LONGEST = 256 * 1024

/**
 * Reads Server-Sent Events. `lastId` moves with every complete block, also with one that has no data.
 *
 * @throws a RangeError for a block that does not end
 */
export function createEventParser (onMessage: (message: Message) => void) {
  let rest = ''
  let length = 0
  let block = { event: 'message', data: [] as string[], id: undefined as string | undefined }
  let lastId: string | undefined

  function dispatch (): void {
    const { event, data, id } = block
    block = { event: 'message', data: [], id: undefined }
    length = 0
    // Only now, and after the event was taken in: half a block must be sent again.
    if (data.length > 0) onMessage({ event, data: data.join('\n') })
    if (id !== undefined) lastId = id
  }

  function line (text: string): void {
    length += text.length
    if (text === '') { dispatch(); return }
    const colon = text.indexOf(':')
    const field = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') block.data.push(value)
    else if (field === 'event') block.event = value
    else if (field === 'id' && !value.includes('\0')) block.id = value
  }

  return {
    /** Takes the next part of the stream, wherever it was cut. */
    push (chunk: string): void {
      // A carriage return at the end may be half a line break.
      const text = rest + chunk
      const complete = text.endsWith('\r') ? text.slice(0, -1) : text
      const lines = complete.split(/\r\n|\n|\r/)
      rest = lines.pop()! + text.slice(complete.length)
      for (const one of lines) line(one)
      if (length + rest.length > LONGEST) throw new RangeError('an event is too long')
    },
    get lastId (): string | undefined { return lastId }
  }
}

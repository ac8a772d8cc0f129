import type { Sender } from './sender.js'

export interface SwappableSender<Message> extends Sender<Message> {
  close (): Promise<void>
  /** Sends further messages by another sender. The present one is closed when those on their way have left. */
  swap (next: Sender<Message>): void
}

/** A sender in whose place another can be put, as when its password changes. */
export function swappable<Message> (first: Sender<Message>): SwappableSender<Message> {
  let current = first
  /** How many messages are on their way by each sender that is in use. */
  const sending = new Map<Sender<Message>, number>()
  const closing = new Set<Promise<void>>()

  function release (sender: Sender<Message>): void {
    if (sender === current || (sending.get(sender) ?? 0) > 0) return
    sending.delete(sender)
    const closed = Promise.resolve(sender.close?.()).catch(() => {}).finally(() => { closing.delete(closed) })
    closing.add(closed)
  }

  return {
    get name () { return current.name },
    async send (message, context) {
      const sender = current
      sending.set(sender, (sending.get(sender) ?? 0) + 1)
      try {
        await sender.send(message, context)
      } finally {
        sending.set(sender, sending.get(sender)! - 1)
        release(sender)
      }
    },
    swap (next) {
      const before = current
      current = next
      release(before)
    },
    async close () {
      await Promise.all([...closing, current.close?.()])
    }
  }
}

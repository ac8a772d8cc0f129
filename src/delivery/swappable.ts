import type { Sender, SmsDelivery } from './sender.js'

interface Closable {
  close?(): void | Promise<void>
}

/** Something in use, in whose place something else can be put. */
function createSlot<One extends Closable> (first: One) {
  let current = first
  /** How much is under way by each that is in use. */
  const underWay = new Map<One, number>()
  const closing = new Set<Promise<void>>()

  function release (one: One): void {
    if (one === current || (underWay.get(one) ?? 0) > 0) return
    underWay.delete(one)
    const closed = Promise.resolve(one.close?.()).catch(() => {}).finally(() => { closing.delete(closed) })
    closing.add(closed)
  }

  return {
    get current () { return current },
    async use (work: (one: One) => Promise<void>): Promise<void> {
      const one = current
      underWay.set(one, (underWay.get(one) ?? 0) + 1)
      try {
        await work(one)
      } finally {
        underWay.set(one, underWay.get(one)! - 1)
        release(one)
      }
    },
    /** Sends further messages by another one. The present one is closed when those on their way have left. */
    swap (next: One): void {
      const before = current
      current = next
      release(before)
    },
    async close (): Promise<void> {
      await Promise.all([...closing, current.close?.()])
    }
  }
}

export interface SwappableSender<Message> extends Sender<Message> {
  close (): Promise<void>
  /** Sends further messages by another sender. The present one is closed when those on their way have left. */
  swap (next: Sender<Message>): void
}

/** A sender in whose place another can be put, as when its password changes. */
export function swappable<Message> (first: Sender<Message>): SwappableSender<Message> {
  const slot = createSlot(first)
  return {
    get name () { return slot.current.name },
    send: (message, context) => slot.use((sender) => sender.send(message, context)),
    swap: slot.swap,
    close: slot.close
  }
}

/** The same for what sends text messages. */
export function swappableSms (first: SmsDelivery): SmsDelivery & { swap (next: SmsDelivery): void } {
  const slot = createSlot(first)
  return {
    get name () { return slot.current.name },
    get names () { return slot.current.names },
    get receipts () { return slot.current.receipts },
    answered: (to) => slot.current.answered(to),
    send: (message, asker) => slot.use((delivery) => delivery.send(message, asker)),
    swap: slot.swap,
    close: slot.close
  }
}

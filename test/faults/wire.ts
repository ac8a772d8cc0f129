import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Test } from 'tap'

export interface Wire {
  /** To be called instead of the targets. */
  origin: string
  /** From now on everything takes this long on its way to the target, in milliseconds; what was held goes on. */
  delay (milliseconds: number): void
  /** From now on nothing arrives any more, and nobody is told. */
  hang (): void
  /** Told of everything that is about to be handed on, whatever answers. */
  onSend: (() => void) | undefined
}

/** A cable to one target, or a balancer between several that asks the next one when nobody listens: TCP, so nothing of HTTP is touched. */
export async function startWire (t: Test, targets: string[]): Promise<Wire> {
  const sockets = new Set<Socket>()
  let delayMs = 0
  let open: Promise<void> = Promise.resolve()
  let letGo = (): void => {}
  let turn = 0

  async function dial (): Promise<Socket> {
    const first = turn++
    for (const [index] of targets.entries()) {
      const { hostname, port } = new URL(targets[(first + index) % targets.length]!)
      const socket = connect(Number(port), hostname).setNoDelay(true)
      const connected = await once(socket, 'connect').then(() => true, () => false)
      if (connected) return socket
    }
    throw new Error('nobody listens')
  }

  async function join (client: Socket): Promise<void> {
    const target = await dial()
    sockets.add(target)
    target.on('error', () => client.destroy())
    target.on('close', () => client.destroy())
    client.on('close', () => target.destroy())
    target.pipe(client)
    for await (const chunk of client) {
      wire.onSend?.()
      await open
      if (delayMs > 0) await new Promise((resolve) => { setTimeout(resolve, delayMs) })
      target.write(chunk as Buffer)
    }
  }

  const server = createServer((client) => {
    sockets.add(client)
    client.setNoDelay(true).on('error', () => client.destroy())
    join(client).catch(() => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const wire: Wire = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delay (milliseconds) {
      delayMs = milliseconds
      letGo()
    },
    hang () {
      open = new Promise((resolve) => { letGo = resolve })
    },
    onSend: undefined
  }
  return wire
}
